import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { type ImageProblem, imageSet, type NamedImage } from '../../src/sources/images.ts'
import { SourceError } from '../../src/sources/source-error.ts'

/** A set of grey images of side · side pixels in memory, of three classes; those at `bad` cannot be used. */
function numbered(length: number, { side = 1, bad = [] as number[] } = {}) {
  return imageSet({
    classes: ['a', 'b', 'c'],
    height: side,
    width: side,
    channels: 1,
    length,
    read: async places =>
      Array.from(places, (place): NamedImage | ImageProblem => {
        const name = `image ${place}`
        if (bad.includes(place)) return { name, error: new SourceError(`images: ${name} is bad`) }
        const pixels = new Uint8Array(side * side).fill(place)
        return { pixels, height: side, width: side, channels: 1, label: place % 3, name }
      })
  })
}

const namesOf = (images: AsyncIterable<{ readonly name?: string }>) =>
  Array.fromAsync(images, image => image.name)

test('a pass gives every image as stored, or shuffled by a seed, as often as it is asked for', async () => {
  const set = numbered(700)
  const stored = Array.from({ length: 700 }, (_, i) => `image ${i}`)
  deepStrictEqual(await namesOf(set.images()), stored)
  const one = await namesOf(set.images({ seed: 1 }))
  notDeepStrictEqual(one, stored)
  deepStrictEqual(one.toSorted(), stored.toSorted())
  deepStrictEqual(await namesOf(set.images({ seed: 1 })), one)
  notDeepStrictEqual(await namesOf(set.images({ seed: 2 })), one)
})

test('positions count images, those left out included, and the last share is 1', async () => {
  const bad: string[] = []
  const chunks = await Array.fromAsync(
    numbered(600, { bad: [0, 599] })
      .images({ onBad: ({ name }) => bad.push(name) })
      .chunks()
  )
  deepStrictEqual(
    chunks.map(({ length, position }) => [length, position?.bytes]),
    [
      [255, 256],
      [256, 512],
      [87, 600]
    ]
  )
  deepStrictEqual(chunks.at(-1)?.position, { bytes: 600, totalBytes: 600, share: 1 })
  deepStrictEqual(bad, ['image 0', 'image 599'])
})

test('a chunk has no more than 1 MiB of pixels, and one image at least', async () => {
  for (const [side, wanted] of [
    [256, 16],
    [2000, 1]
  ]) {
    const [chunk] = await Array.fromAsync(numbered(17, { side }).images().chunks())
    strictEqual(chunk?.length, wanted)
  }
})

test('without onBad the first bad image ends the stream, after those before it', async () => {
  const got: string[] = []
  await rejects(
    async () => {
      for await (const { name } of numbered(10, { bad: [3, 5] }).images()) got.push(name ?? '')
    },
    { name: 'SourceError', message: 'images: image 3 is bad' }
  )
  deepStrictEqual(got, ['image 0', 'image 1', 'image 2'])
})

test('a label above those of the classes is a bad image', async () => {
  const set = imageSet({
    classes: ['no', 'yes'],
    height: 1,
    width: 1,
    channels: 1,
    length: 1,
    read: async () => [
      { pixels: Uint8Array.of(0), height: 1, width: 1, channels: 1, label: 2, name: 'labels.gz image 0' }
    ]
  })
  await rejects(namesOf(set.images()), {
    message:
      'images: labels.gz image 0: wanted a label from 0 to 1; got 2; repair the labels, or name all classes'
  })
})

test('an abort ends the stream before its next chunk', async () => {
  const ending = new AbortController()
  let images = 0
  for await (const chunk of numbered(1000).images({ signal: ending.signal }).chunks()) {
    images += chunk.length
    ending.abort()
  }
  strictEqual(images, 256)
  deepStrictEqual(await namesOf(numbered(1000).images({ signal: ending.signal })), [])
})

test('timers get their turn while images come from memory', async () => {
  let rang = false
  setTimeout(() => {
    rang = true
  })
  const start = performance.now()
  for await (const _ of numbered(2 ** 24).images()) {
    if (rang) break
    ok(performance.now() - start < 20_000, 'the timer rings while images are read')
  }
  ok(rang)
})

test('a seed that is no whole number of 32 bits is refused', () => {
  for (const seed of [1.5, Number.NaN, 2 ** 32, -(2 ** 31) - 1]) {
    throws(() => numbered(1).images({ seed }), {
      name: 'RangeError',
      message: `images: seed must be a whole number of 32 bits; got ${seed}`
    })
  }
})
