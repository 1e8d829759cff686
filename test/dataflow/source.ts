import { chunkAt, stream } from '../../src/stream.ts'
import type { Stream } from '../../src/types.ts'

/** What has happened to a source while it was read. */
export interface Account {
  chunks: number
  closed: number
}

/**
 * A stream of chunks that keeps account of its reader. The position of a chunk is the number of items up to its end; an
 * `end` is thrown after the last chunk.
 */
export function source<Item>(
  chunks: Iterable<readonly Item[]>,
  account: Account = { chunks: 0, closed: 0 },
  end?: Error
): Stream<Item> {
  return stream(async function* () {
    let bytes = 0
    try {
      for (const items of chunks) {
        account.chunks++
        bytes += items.length
        yield chunkAt(items, { bytes })
      }
      if (end !== undefined) throw end
    } finally {
      account.closed++
    }
  })
}

/** Chunks as plain values, to be compared. */
export async function read<Item>(chunks: AsyncIterable<Iterable<Item> & { position?: { bytes: number } }>) {
  const seen: { items: Item[]; at: number | undefined }[] = []
  for await (const chunk of chunks) seen.push({ items: [...chunk], at: chunk.position?.bytes })
  return seen
}
