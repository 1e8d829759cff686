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

/** Items with the place they end at. */
export function chunkAt<Item>(items: readonly Item[], position: Position | undefined): Chunk<Item> {
  if (position === undefined) return items
  return { length: items.length, position, [Symbol.iterator]: () => items[Symbol.iterator]() }
}

function isStream<Item>(items: AsyncIterable<Item>): items is Stream<Item> {
  return 'chunks' in items && typeof items.chunks === 'function'
}

async function* oneByOne<Item>(items: AsyncIterable<Item>): AsyncGenerator<Chunk<Item>> {
  for await (const item of items) yield [item]
}
