import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { type Fallible, fallible } from './bad-records.ts'
import { type LinesOptions, lines } from './lines.ts'
import { type ParseNdjsonOptions, parseNdjsonOf } from './parse-ndjson.ts'
import { saidBy } from './source-error.ts'

export interface NdjsonOptions<Item> extends ParseNdjsonOptions<Item>, LinesOptions {}

/** Longest line in bytes, unless told otherwise: a value is greater than a line of prose. */
const MAX_LINE_BYTES = 16 * 1024 * 1024

/**
 * The values of newline-delimited JSON, one a line: a file, a directory, `-` for standard input, or an http(s) address, plain
 * or compressed, all as `lines` reads them; positions are bytes, and `from`, `follow` and `signal` are those of `lines`. Of
 * lines that come from elsewhere, `parseNdjson` makes the same.
 *
 * A line longer than `maxLineBytes` (default 16 MiB) comes in pieces, which are no JSON and go by `onError`, as does what
 * else is none or is refused by `as`.
 *
 * @throws RangeError or TypeError for options out of range; the stream throws SourceError, naming the line, counted from 1
 * where reading began, or saying why the source cannot be read.
 */
export function ndjson<Item = unknown>(
  source: string | URL,
  options: NdjsonOptions<Item> = {}
): Stream<Item> & Fallible {
  const { from = 0 } = options
  const text = lines(source, { maxLineBytes: MAX_LINE_BYTES, ...options })
  const place = { source: 'ndjson', of: ` of ${source}${from > 0 ? ` after byte ${from}` : ''}` }
  const parse = parseNdjsonOf(place, options)
  const values = stream(() => saidByNdjson(chunksOf(parse(text))))
  return fallible(values, () => parse.failed)
}

async function* saidByNdjson<Item>(chunks: AsyncIterable<Chunk<Item>>): AsyncGenerator<Chunk<Item>> {
  try {
    yield* chunks
  } catch (error) {
    throw saidBy('ndjson', error)
  }
}
