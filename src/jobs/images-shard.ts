import type { LabelledImage } from '../sources/images.ts'
import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Operator } from '../types.ts'
import { pixelHash } from './images-data.ts'

/** Keeps the images that are this peer's, by a rule that keeps lines: an image goes by a line that its pixels give. */
export function imagesOf(shard: Operator<string, string>): Operator<LabelledImage, LabelledImage> {
  return images =>
    stream(async function* () {
      for await (const chunk of chunksOf(images)) {
        const keyed = Array.from(chunk, image => ({ image, key: String(pixelHash(image)) }))
        const own = new Set<string>()
        for await (const key of shard(lines(keyed.map(({ key }) => key)))) own.add(key)
        yield chunkAt(
          keyed.filter(({ key }) => own.has(key)).map(({ image }) => image),
          chunk.position
        )
      }
    })
}

function lines(texts: readonly string[]): AsyncIterable<string> {
  return stream(async function* () {
    yield texts
  })
}
