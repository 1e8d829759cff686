import { chunksOf, stream, unmarked } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { close, Inbox } from './inbox.ts'

/**
 * Items of several streams as they come; ends when all have ended.
 *
 * Items of one stream stay in their order, between streams there is none. Each stream is asked for a chunk at a time, at
 * once with the others, and for its next only when the reader has come back for more: it is then last in turn, so none
 * starves another, and no more than one chunk of each is held. Chunks stay what they are but have no positions, which
 * would be places in different sources, and no watermarks, which would be of one stream only.
 *
 * An error of one stream comes out after what came before it, and closes the others; so does a reader that stops. A
 * stream that is still waiting for an item of its own closes once it has that, and is not waited for. What closing throws
 * is dropped.
 */
export function merge<Item>(...streams: readonly AsyncIterable<Item>[]): Stream<Item> {
  return stream(() => merged(streams.map(items => chunksOf(items))))
}

type Reader<Item> = AsyncGenerator<Chunk<Item>>
type Arrival<Item> =
  | { readonly reader: Reader<Item>; readonly result: IteratorResult<Chunk<Item>> }
  | { readonly reader: Reader<Item>; readonly error: unknown }

async function* merged<Item>(readers: readonly Reader<Item>[]): AsyncGenerator<Chunk<Item>> {
  const open = new Set(readers)
  const asked = new Set<Reader<Item>>()
  const arrivals = new Inbox<Arrival<Item>>()
  const ask = (reader: Reader<Item>) => {
    const arrived = (arrival: Arrival<Item>) => {
      asked.delete(reader)
      arrivals.put(arrival)
    }
    asked.add(reader)
    reader.next().then(
      result => arrived({ reader, result }),
      error => arrived({ reader, error })
    )
  }
  try {
    for (const reader of readers) ask(reader)
    while (open.size > 0) {
      const arrival = await arrivals.take()
      const { reader } = arrival
      if ('error' in arrival) throw arrival.error
      if (arrival.result.done === true) {
        open.delete(reader)
        continue
      }
      if (arrival.result.value.length > 0) yield unmarked(arrival.result.value)
      ask(reader)
    }
  } finally {
    const closing = Array.from(open, reader => ({ reader, closed: close(reader) }))
    await Promise.all(closing.flatMap(({ reader, closed }) => (asked.has(reader) ? [] : [closed])))
  }
}
