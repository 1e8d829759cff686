import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { type ExampleImage, type ExamplesOptions, examplesOf } from '../../src/models/image-examples.ts'
import type { ExampleChunk } from '../../src/models/layers-batch.ts'
import { chunkAt, stream } from '../../src/stream.ts'

/** An image of 3 · 4 pixels of two channels, whose bytes are `first`, `first + 1`, …. */
function image(first: number, label = 0): ExampleImage {
  const pixels = Uint8Array.from({ length: 24 }, (_, i) => first + i)
  return { pixels, height: 3, width: 4, channels: 2, label }
}

async function columnsOf(images: readonly ExampleImage[], options: ExamplesOptions): Promise<ExampleChunk> {
  const examples = examplesOf(options)(
    stream(async function* () {
      yield images
    })
  )
  const [chunk] = await Array.fromAsync(
    (examples as unknown as { chunks(): AsyncIterable<ExampleChunk> }).chunks()
  )
  return chunk
}

test('bytes become 0 to 1, −1 to 1, or stay', async () => {
  const one = { pixels: Uint8Array.of(0, 51, 255), height: 1, width: 3, channels: 1, label: 4 }
  const f32 = (...values: number[]) => Float32Array.from(values)
  deepStrictEqual((await columnsOf([one], {})).inputs, f32(0, 0.2, 1))
  deepStrictEqual((await columnsOf([one], { scale: 'signed' })).inputs, f32(-1, -0.6, 1))
  deepStrictEqual((await columnsOf([one], { scale: 'bytes' })).inputs, one.pixels)
})

test('an example is its image and its label, item by item and in columns; chunks, positions and empty chunks stay', async () => {
  const chunks = [
    chunkAt([image(0, 7), image(100, 3)], { bytes: 2 }),
    chunkAt<ExampleImage>([], { bytes: 5 }),
    [image(50, 1)]
  ]
  const images = () =>
    stream(async function* () {
      yield* chunks
    })
  const options = { scale: 'bytes' } as const
  const items = await Array.fromAsync(examplesOf(options)(images()))
  deepStrictEqual(
    items.map(({ input, label }) => [input[0], input.length, label]),
    [
      [0, 24, 7],
      [100, 24, 3],
      [50, 24, 1]
    ]
  )
  const examples = examplesOf(options)(images()) as ReturnType<typeof images> & AsyncIterable<unknown>
  const given = await Array.fromAsync(examples.chunks())
  deepStrictEqual(
    given.map(({ length, position }) => [length, position?.bytes]),
    [
      [2, 2],
      [0, 5],
      [1, undefined]
    ]
  )
})

/** What an image is, flipped or not, then moved by `right` and `down`. */
function moved({ pixels }: ExampleImage, flip: boolean, right: number, down: number): number[] {
  const values: number[] = []
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 4; x++) {
      const [row, column] = [y - down, x - right]
      const inside = row >= 0 && row < 3 && column >= 0 && column < 4
      const from = (row * 4 + (flip ? 3 - column : column)) * 2
      values.push(...(inside ? [pixels[from], pixels[from + 1]] : [0, 0]))
    }
  }
  return values
}

test('flips and shifts are all there are, and equally frequent', async () => {
  const one = image(1)
  const counts = new Map<string, number>()
  for (const flip of [false, true]) {
    for (const right of [-1, 0, 1])
      for (const down of [-1, 0, 1]) counts.set(String(moved(one, flip, right, down)), 0)
  }
  strictEqual(counts.size, 18)
  const many = 18 * 500
  const { inputs } = await columnsOf(Array(many).fill(one), { scale: 'bytes', flip: true, shift: 1, seed: 3 })
  for (let i = 0; i < many; i++) {
    const text = String([...inputs.subarray(i * 24, (i + 1) * 24)])
    const count = counts.get(text)
    ok(count !== undefined, `${text} is no image moved`)
    counts.set(text, count + 1)
  }
  // 500 are expected; five standard deviations of a binomial count are 109.
  for (const count of counts.values()) ok(Math.abs(count - 500) < 109, `${count} of ${many}`)
})

test('a shift beyond the image leaves it black', async () => {
  const { inputs } = await columnsOf(Array(200).fill(image(1)), { scale: 'bytes', flip: true, shift: 100 })
  const black = Array.from({ length: 200 }, (_, i) => inputs.subarray(i * 24, (i + 1) * 24)).filter(one =>
    one.every(value => value === 0)
  )
  // An image is seen where it is moved by less than 4 · 3 pixels: 7 · 5 places of 201 · 201.
  ok(black.length >= 190, `${black.length} of 200`)
})

test('what comes in at a shift is black, whatever the scale', async () => {
  const white = { ...image(0), pixels: new Uint8Array(24).fill(255) }
  const { inputs } = await columnsOf(Array(50).fill(white), { scale: 'signed', shift: 4 })
  deepStrictEqual([...new Set(inputs)].sort(), [-1, 1])
})

test('the same seed moves images alike, another one otherwise; without flip and shift none moves', async () => {
  const images = Array(40).fill(image(9))
  const inputs = async (seed: number, flip = true) =>
    (await columnsOf(images, { flip, shift: flip ? 2 : 0, seed, scale: 'bytes' })).inputs
  deepStrictEqual(await inputs(5), await inputs(5))
  notDeepStrictEqual(await inputs(5), await inputs(6))
  deepStrictEqual(await inputs(5, false), Uint8Array.from(images.flatMap(one => [...one.pixels])))
})

test('an image of another size, and options out of range, are refused', async () => {
  await rejects(columnsOf([image(0), { ...image(0), height: 4, width: 3 }], {}), {
    name: 'RangeError',
    message: 'examplesOf: wanted images of one size, 3 · 4 · 2; got 4 · 3 · 2 of 24 bytes'
  })
  await rejects(columnsOf([{ ...image(0), pixels: new Uint8Array(23) }], {}), /of 23 bytes$/)
  throws(() => examplesOf({ shift: 1.5 }), {
    message: 'examplesOf: shift must be a whole number of pixels, at least 0; got 1.5'
  })
  throws(() => examplesOf({ seed: 0.5 }), { message: 'examplesOf: seed must be a whole number; got 0.5' })
  throws(() => examplesOf({ scale: 'half' as 'unit' }), {
    message: 'examplesOf: scale must be unit, signed or bytes; got half'
  })
})
