// The one thing that sources and operators share at run time: a stream that moves in chunks inside.

import type { Chunk, Position, Stream } from './types.ts'

/**
 * A stream of what `chunks` hands out. Iterating it gives the items one by one, `chunks()` the same items in chunks;
 * one reader, once. A reader that stops early closes the generator.
 *
 * @throws Error when it is read a second time.
 */
export function stream<Item>(chunks: () => AsyncGenerator<Chunk<Item>>): Stream<Item> {
  let read = false
  const open = () => {
    if (read) throw new Error('stream: wanted one reader, once; it has been read already, make another')
    read = true
    return chunks()
  }
  return {
    chunks: open,
    async *[Symbol.asyncIterator]() {
      for await (const chunk of open()) for (const item of chunk) yield item
    }
  }
}

/** The chunks of any stream: a Stream's own, and one-item chunks of a plain async iterable. */
export function chunksOf<Item>(items: AsyncIterable<Item>): AsyncGenerator<Chunk<Item>> {
  return isStream(items) ? items.chunks() : oneByOne(items)
}

/** Items with the place they end at, and the time before which nothing comes after them. */
export function chunkAt<Item>(
  items: readonly Item[],
  position: Position | undefined,
  watermark?: number
): Chunk<Item> {
  if (position === undefined && watermark === undefined) return items
  return {
    length: items.length,
    ...(position !== undefined && { position }),
    ...(watermark !== undefined && { watermark }),
    [Symbol.iterator]: () => items[Symbol.iterator]()
  }
}

/** The same chunk, columns and all, without its position and watermark: for one that goes where they do not hold. */
export function unmarked<Item>(chunk: Chunk<Item>): Chunk<Item> {
  if (chunk.position === undefined && chunk.watermark === undefined) return chunk
  const same: Chunk<Item> = Object.create(chunk, {
    position: { value: undefined },
    watermark: { value: undefined }
  })
  return same
}

/** What is left of a chunk, with its position and watermark; undefined where there is nothing to pass on. */
export function restOf<Item>(
  items: readonly Item[],
  { position, watermark }: Chunk<unknown>
): Chunk<Item> | undefined {
  if (items.length === 0 && position === undefined && watermark === undefined) return undefined
  return chunkAt(items, position, watermark)
}

function isStream<Item>(items: AsyncIterable<Item>): items is Stream<Item> {
  return 'chunks' in items && typeof items.chunks === 'function'
}

async function* oneByOne<Item>(items: AsyncIterable<Item>): AsyncGenerator<Chunk<Item>> {
  for await (const item of items) yield [item]
}
