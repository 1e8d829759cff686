import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import { part, shard } from '../../src/dataflow/shard.ts'
import { imagesOf } from '../../src/jobs/images-shard.ts'
import type { LabelledImage } from '../../src/sources/images.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'

const images = Array.from(
  { length: 300 },
  (_, i): LabelledImage => ({
    pixels: Uint8Array.of(i & 255, i >> 8, 3, 4),
    height: 2,
    width: 2,
    channels: 1,
    label: i % 10,
    name: String(i)
  })
)

async function namesOf(index: number, count: number): Promise<{ names: number[]; places: number[] }> {
  const chunks = stream(async function* () {
    for (let first = 0; first < images.length; first += 100)
      yield chunkAt(images.slice(first, first + 100), { bytes: first + 100 })
  })
  const names: number[] = []
  const places: number[] = []
  for await (const chunk of chunksOf(imagesOf(shard(part(index, count)))(chunks))) {
    names.push(...Array.from(chunk, ({ name }) => Number(name)))
    places.push(chunk.position?.bytes ?? 0)
  }
  return { names, places }
}

test('each image is one peer’s, in order, and chunks keep their positions', async () => {
  const parts = await Promise.all([1, 2, 3].map(index => namesOf(index, 3)))
  const all = parts.flatMap(({ names }) => names).sort((a, b) => a - b)
  deepStrictEqual(
    all,
    images.map((_, i) => i)
  )
  for (const { names, places } of parts) {
    ok(names.length > 60 && names.length < 140, String(names.length))
    deepStrictEqual(
      names,
      names.toSorted((a, b) => a - b)
    )
    deepStrictEqual(places, [100, 200, 300])
  }
})
