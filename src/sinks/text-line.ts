import { SinkError } from './sink-error.ts'

/**
 * An item as a line of text, its line end included.
 *
 * @param index - of the item, counted from 0, for the message.
 * @throws SinkError where it is no string.
 */
export function textLine(sink: string, item: unknown, index: number): string {
  if (typeof item === 'string') return `${item}\n`
  throw new SinkError(`${sink}: item ${index}: wanted a string; got ${typeof item}, map it to one`)
}
