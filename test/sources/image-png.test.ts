import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import { encode } from 'fast-png'
import { decodePng } from '../../src/sources/image-png.ts'
import { png } from './image-files.ts'

test('8 bits of every number of channels are given as they are', () => {
  for (const colour of [[7], [7, 8], [7, 8, 9], [7, 8, 9, 10]]) {
    const { data, channels } = decodePng(png(2, 1, colour))
    deepStrictEqual([channels, ...Array.from(data)], [colour.length, ...colour, ...colour])
  }
})

test('16 bits give their upper 8; fewer are spread over 0 to 255', () => {
  const deep = encode({ width: 2, height: 1, data: Uint16Array.of(0x1234, 0xffff), channels: 1, depth: 16 })
  deepStrictEqual([...Array.from(decodePng(deep).data)], [0x12, 0xff])
  // Two bits a pixel, 0 1 2 3, in one byte.
  const shallow = encode({ width: 4, height: 1, data: Uint8Array.of(0b00011011), channels: 1, depth: 2 })
  const { data, channels } = decodePng(shallow)
  deepStrictEqual(
    Array.from(data),
    [0, 85, 170, 255].flatMap(grey => Array(channels).fill(grey))
  )
})

test('a palette gives its colours', () => {
  const file = encode({
    width: 3,
    height: 1,
    data: Uint8Array.of(1, 0, 1),
    channels: 1,
    depth: 8,
    palette: [
      [1, 2, 3],
      [4, 5, 6]
    ]
  })
  deepStrictEqual(Array.from(decodePng(file).data), [4, 5, 6, 1, 2, 3, 4, 5, 6])
})

test('a file that ends early, wherever, or has a changed byte in its chunks is refused', () => {
  const file = png(5, 5, [10, 20, 30])
  // Its last chunk, 12 bytes of IEND, could be done without, but a file that lacks it was broken off.
  for (let end = 0; end < file.length - 4; end++)
    throws(() => decodePng(file.subarray(0, end)), `${end} bytes`)
  let refused = 0
  for (let at = 8; at < file.length; at++) {
    const changed = file.slice()
    changed[at] ^= 0x10
    try {
      decodePng(changed)
    } catch {
      refused++
    }
  }
  ok(refused === file.length - 8, `${refused} of ${file.length - 8}`)
})
