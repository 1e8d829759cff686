import { chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { operatorError } from './call.ts'

/** Keys remembered unless told otherwise. */
const MOST_KEYS = 2 ** 20
/** Keys that a Set has room for. */
const ROOM = 2 ** 24 - 1

export interface DistinctOptions<Item> {
  /** What makes two items the same, compared as by Set: objects are the same only as themselves. Default: the item itself. */
  readonly key?: (item: Item) => unknown
  /** Keys remembered, at most 16777215. Default 1048576. */
  readonly most?: number
}

/**
 * Keeps the first item of each key, in order.
 *
 * The last `most` keys that items were kept for are remembered, which bounds the memory; of more, the one kept longest ago
 * is forgotten, however often it was met since, and an item of a forgotten key counts as the first again. Each stream is
 * remembered for itself. Chunks keep their positions, so a chunk of which nothing is left may be empty; one of which all
 * is left stays what it is.
 *
 * @throws RangeError where `most` is not a whole number from 1 to 16777215. Error naming the item, counted from 0, when
 * `key` throws; its error is the cause.
 */
export function distinct<Item>({
  key = item => item,
  most = MOST_KEYS
}: DistinctOptions<Item> = {}): Operator<Item, Item> {
  if (!Number.isSafeInteger(most) || most < 1 || most > ROOM) {
    throw new RangeError(`distinct: most must be a whole number of keys from 1 to ${ROOM}; got ${most}`)
  }
  return items => stream(() => firsts(chunksOf(items), key, most))
}

async function* firsts<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  key: (item: Item) => unknown,
  most: number
): AsyncGenerator<Chunk<Item>> {
  const seen = new Set<unknown>()
  // One iterator for good: a new one would have to pass all places that forgotten keys left.
  const oldest = seen.values()
  let index = 0
  for await (const chunk of chunks) {
    const kept: Item[] = []
    for (const item of chunk) {
      const one = keyOf(item, key, index++)
      if (seen.has(one)) continue
      if (seen.size === most) seen.delete(oldest.next().value)
      seen.add(one)
      kept.push(item)
    }
    const rest = kept.length === chunk.length ? chunk : restOf(kept, chunk)
    if (rest !== undefined) yield rest
  }
}

function keyOf<Item>(item: Item, key: (item: Item) => unknown, index: number): unknown {
  try {
    return key(item)
  } catch (error) {
    throw operatorError('distinct', index, error)
  }
}
