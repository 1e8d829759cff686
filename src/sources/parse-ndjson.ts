import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { type BadRecord, type BadRecordOptions, BadRecords, type Fallible, fallible } from './bad-records.ts'
import { reasonOf, SourceError } from './source-error.ts'

export interface ParseNdjsonOptions<Item> extends BadRecordOptions {
  /** Checks a value and gives the item, or throws: a schema's `parse`, say. Default: the value as it is, whatever it is. */
  readonly as?: (value: unknown) => Item
}

/** Where lines come from, for messages. */
export interface LinesPlace {
  readonly source: string
  /** What follows a line's number: ` of FILE`. */
  readonly of: string
}

/**
 * Makes of each line the value that it is in JSON, in order; blank lines are left out. Chunks keep their positions.
 *
 * A line that is no JSON, or for which `as` throws, goes by `onError`; `failed` counts those left out, of all streams.
 *
 * @throws TypeError where `onError` is none; the stream throws SourceError naming the line, counted from 1.
 */
export function parseNdjson<Item = unknown>(
  options: ParseNdjsonOptions<Item> = {}
): Operator<string, Item> & Fallible {
  return parseNdjsonOf({ source: 'parseNdjson', of: '' }, options)
}

/** The same, with errors that name the place. */
export function parseNdjsonOf<Item>(
  place: LinesPlace,
  { as = value => value as Item, onError }: ParseNdjsonOptions<Item>
): Operator<string, Item> & Fallible {
  const bad = new BadRecords(place.source, onError)
  const parse: Operator<string, Item> = lines => stream(() => values(chunksOf(lines), place, as, bad))
  return fallible(parse, () => bad.count)
}

async function* values<Item>(
  chunks: AsyncIterable<Chunk<string>>,
  place: LinesPlace,
  as: (value: unknown) => Item,
  bad: BadRecords
): AsyncGenerator<Chunk<Item>> {
  let before = 0
  for await (const chunk of chunks) {
    const { items, wrong } = parseLines(chunk, before, place, as, bad.stops)
    before += chunk.length
    if (bad.stops && wrong.length > 0 && items.length > 0) yield items
    await bad.settle(wrong)
    if (items.length > 0 || chunk.position !== undefined) yield chunkAt(items, chunk.position)
  }
}

/** A plain function, since a loop in an async generator is slow. */
function parseLines<Item>(
  lines: Chunk<string>,
  before: number,
  place: LinesPlace,
  as: (value: unknown) => Item,
  stops: boolean
): { readonly items: Item[]; readonly wrong: BadRecord[] } {
  const items: Item[] = []
  const wrong: BadRecord[] = []
  let number = before
  for (const line of lines) {
    number++
    try {
      items.push(as(JSON.parse(line)))
    } catch (cause) {
      if (line.trim() === '') continue
      const reason = reasonOf(cause)
      const advice = 'repair the line, or leave such lines out with onError'
      const error = new SourceError(`${place.source}: line ${number}${place.of}: ${reason}; ${advice}`, {
        cause
      })
      wrong.push({ text: line, error })
      if (stops) break
    }
  }
  return { items, wrong }
}
