import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { encode } from 'fast-png'
import { imageInputs } from '../../src/serving/server-images.ts'

const PNG = 'image/png'
const pixels = Uint8Array.of(0, 51, 102, 255, 204, 153)
const colours = encode({ width: 2, height: 1, channels: 3, data: pixels })

test('an image is an input, its bytes scaled as the network was trained', async () => {
  const wanted = {
    unit: [0, 0.2, 0.4, 1, 0.8, 0.6],
    signed: [-1, -0.6, -0.2, 1, 0.6, 0.2],
    bytes: [...pixels]
  }
  for (const scale of ['unit', 'signed', 'bytes'] as const) {
    const values = await imageInputs([1, 2, 3], scale)?.(colours, PNG)
    deepStrictEqual(values, Float32Array.from(wanted[scale]))
  }
  const grey = await imageInputs([1, 2, 1], 'bytes')?.(colours, PNG)
  // 0.299 R + 0.587 G + 0.114 B
  deepStrictEqual(grey, Float32Array.of(42, 213))
})

test('an image of another size, or none, is refused', async () => {
  const decode = imageInputs([2, 2, 3])
  await rejects(async () => decode?.(colours, PNG), /wanted 2 · 2 pixels, as the network has; got 2 · 1/)
  await rejects(async () => decode?.(Uint8Array.of(1, 2, 3), PNG), /wanted a JPEG or PNG image/)
  const torn = colours.subarray(0, 40)
  await rejects(async () => imageInputs([1, 2, 3])?.(torn, PNG), /the body cannot be decoded as PNG/)
})

test('a network of something else takes no images', () => {
  for (const input of [[784], [28, 28], [28, 28, 2], [2, 28, 28, 3]])
    strictEqual(imageInputs(input), undefined)
})
