import type { Writable } from 'node:stream'
import { chunksOf } from '../stream.ts'
import type { Chunk } from '../types.ts'
import type { Written } from './file-items.ts'
import { ndjsonLine } from './ndjson-line.ts'
import { SinkError } from './sink-error.ts'
import { textLine } from './text-line.ts'

export interface StandardOutputOptions {
  /** `ndjson`: each item as a line of JSON. `lines`: each item, a string, as a line. Default `ndjson`. */
  readonly format?: 'ndjson' | 'lines'
}

/** Characters written at once; a chunk may be greater. */
const GATHERED = 64 * 1024

/**
 * Writes items to standard output, one a line, as fast as it takes them (on Linux Node writes to a pipe at once, so a slow
 * reader holds up the whole process). Where the reader goes away (`| head`), the stream is closed and that is no error;
 * `items` then counts those that the system had taken.
 *
 * @throws TypeError where `format` is none; the sink rejects with SinkError where output cannot be written, or an item is nothing
 * that JSON can hold, or no string.
 */
export function standardOutput<Item = unknown>({
  format = 'ndjson'
}: StandardOutputOptions = {}): (items: AsyncIterable<Item>) => Promise<Written> {
  if (format !== 'ndjson' && format !== 'lines') {
    throw new TypeError(`standardOutput: format must be 'ndjson' or 'lines'; got ${String(format)}`)
  }
  const lineOf = format === 'ndjson' ? ndjsonLine : textLine
  return async items => {
    const { stdout } = process
    // The failure comes to who writes; without a listener it would end the process as well.
    const ignore = () => {}
    stdout.on('error', ignore)
    let count = 0
    for await (const chunk of chunksOf(items)) {
      const lines = (item: Item, i: number) => lineOf('standardOutput', item, count + i)
      let before = 0
      for (const { text, end } of textsOf(chunk, lines)) {
        if (!(await written(stdout, text))) return { items: count + before }
        before = end
      }
      count += chunk.length
    }
    stdout.off('error', ignore)
    return { items: count }
  }
}

/** The lines of a chunk's items, gathered, each text with the number of items up to its end; what a line throws comes after those before it. */
function* textsOf<Item>(
  chunk: Chunk<Item>,
  line: (item: Item, index: number) => string
): Generator<{ readonly text: string; readonly end: number }> {
  let text = ''
  let end = 0
  let failure: { readonly error: unknown } | undefined
  for (const item of chunk) {
    try {
      text += line(item, end)
    } catch (error) {
      failure = { error }
      break
    }
    end++
    if (text.length < GATHERED) continue
    yield { text, end }
    text = ''
  }
  if (text !== '') yield { text, end }
  if (failure !== undefined) throw failure.error
}

/** Resolves when the system has the text; false where nobody reads any more. */
function written(output: Writable, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    output.write(text, error => {
      const code = error && 'code' in error ? error.code : undefined
      if (!error) resolve(true)
      else if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') resolve(false)
      else {
        const reason = code === 'ENOSPC' ? 'no space left on the disk' : error.message
        reject(new SinkError(`standardOutput: not written, ${reason}`, { cause: error }))
      }
    })
  })
}
