import { SinkError } from './sink-error.ts'

/**
 * An item as a line of newline-delimited JSON, its line end included.
 *
 * @param index - of the item, counted from 0, for the message.
 * @throws SinkError where JSON cannot hold it: undefined, a function, a BigInt, a circle.
 */
export function ndjsonLine(sink: string, item: unknown, index: number): string {
  let json: string | undefined
  let cause: unknown
  try {
    json = JSON.stringify(item)
  } catch (error) {
    cause = error
  }
  if (json !== undefined) return `${json}\n`
  const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : `it is ${typeof item}`
  throw new SinkError(
    `${sink}: item ${index}: wanted a value that JSON can hold (${reason}); map it to one`,
    {
      cause
    }
  )
}
