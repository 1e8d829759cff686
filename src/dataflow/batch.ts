import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, Position } from '../types.ts'

export interface BatchOptions {
  /** Items in a batch. */
  readonly size: number
}

/**
 * Groups items into arrays of `size`, in order; the last may be shorter and is never empty.
 *
 * Items wait here until their batch is full, so a chunk's position is the last one before any that still waits.
 *
 * @throws RangeError where `size` is not a whole number, at least 1.
 */
export function batch<Item>({ size }: BatchOptions): Operator<Item, Item[]> {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`batch: size must be a whole number of items, at least 1; got ${size}`)
  }
  return items => stream(() => batched(chunksOf(items), size))
}

async function* batched<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  size: number
): AsyncGenerator<Chunk<Item[]>> {
  let waiting: Item[] = []
  let before: Position | undefined // the place before the first item that waits
  let last: Position | undefined
  for await (const chunk of chunks) {
    const full: Item[][] = []
    for (const item of chunk) {
      if (waiting.length === 0) before = last
      if (waiting.push(item) < size) continue
      full.push(waiting)
      waiting = []
    }
    last = chunk.position
    const position = waiting.length === 0 ? last : before
    if (full.length > 0) yield chunkAt(full, position)
  }
  if (waiting.length > 0) yield chunkAt([waiting], last)
}
