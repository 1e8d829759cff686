import { chunkAt } from '../stream.ts'
import type { Chunk } from '../types.ts'

/** A chunk in parts of at most `most` items, in order; the last one has the chunk's position and watermark. An empty chunk is one part. */
export function* partsOf<Item>(chunk: Chunk<Item>, most: number): Generator<Chunk<Item>> {
  if (chunk.length <= most) {
    yield chunk
    return
  }
  const items = Array.from(chunk)
  for (let end = most; ; end += most) {
    const part = items.slice(end - most, end)
    yield end < items.length ? part : chunkAt(part, chunk.position, chunk.watermark)
    if (end >= items.length) return
  }
}
