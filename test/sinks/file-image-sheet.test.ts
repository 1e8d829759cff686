import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decode } from 'fast-png'
import { imageSheet } from '../../src/sinks/file-image-sheet.ts'
import type { PredictedImage } from '../../src/sinks/image-sheet.ts'
import { temporary } from '../sources/temporary.ts'

/** An image of 48 · 24 pixels, drawn twice as large; its left half is `left` and its right half `right`. */
function image(left: number[], right: number[], truth = 'cat', predicted = truth): PredictedImage {
  const pixels = Array.from({ length: 48 * 24 }, (_, i) => (i % 48 < 24 ? left : right)).flat()
  return { pixels: Uint8Array.from(pixels), height: 24, width: 48, channels: left.length, truth, predicted }
}

const given = async function* (...images: readonly PredictedImage[]) {
  yield* images
}

const GREEN = [30, 150, 60]
const RED = [200, 40, 40]
const WHITE = [255, 255, 255]
const [BLUE, BROWN] = [
  [10, 20, 200],
  [120, 80, 30]
]

test('images stand in rows, each framed by whether its prediction is right, above its names', async t => {
  const path = join(await temporary(t), 'deep', 'samples.png')
  const images = [
    image(BLUE, BROWN),
    image(BROWN, BLUE, 'cat', 'dog'),
    image(BLUE, BLUE),
    image(BLUE, BLUE, 'a name of more letters than there is room for')
  ]
  strictEqual(await imageSheet(path, { columns: 3 })(given(...images)), 4)
  const { width, height, data, channels } = decode(readFileSync(path))
  const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
  // A tile is 102 wide, with its frame, and 75 high, with its names; tiles and the border are 8 apart.
  const [tile, row, gap] = [102, 75, 8]
  deepStrictEqual([width, height, channels], [gap + 3 * (tile + gap), gap + 2 * (row + gap), 3])
  deepStrictEqual([at(0, 0), at(gap - 1, gap)], [WHITE, WHITE])
  deepStrictEqual([at(gap, gap), at(gap + tile - 1, gap + 53)], [GREEN, GREEN])
  deepStrictEqual([at(gap + 3, gap + 3), at(gap + 50, gap + 50)], [BLUE, BLUE])
  deepStrictEqual([at(gap + 51, gap + 3), at(gap + 98, gap + 50)], [BROWN, BROWN])
  const second = gap + tile + gap
  deepStrictEqual([at(second, gap), at(second + 3, gap + 3)], [RED, BROWN])
  deepStrictEqual(at(gap, gap + row + gap), GREEN)
  deepStrictEqual(at(second, gap + row + gap), WHITE, 'after the last image the row is empty')

  const colours = (x: number, y: number, high: number) => {
    const found = new Set<string>()
    for (let dy = 0; dy < high; dy++)
      for (let dx = 0; dx < tile + gap; dx++) found.add(String(at(x + dx, y + dy)))
    return [...found].sort()
  }
  const ink = '40,40,40'
  deepStrictEqual(colours(gap, gap + 54, 20), [String(WHITE), ink].sort(), 'a right one has its class')
  deepStrictEqual(
    colours(second, gap + 54, 20),
    [String(RED), String(WHITE), ink].sort(),
    'a wrong one has both'
  )
  deepStrictEqual(colours(second - gap, gap + row + gap + 54, 10), [String(WHITE)], 'a long name is cut')
})

test('grey images are drawn grey, and large ones as they are', async t => {
  const path = join(await temporary(t), 'grey.png')
  const large = { ...image([77], [77]), pixels: new Uint8Array(300 * 2).fill(77), height: 2, width: 300 }
  await imageSheet(path)(given(large))
  const { width, data } = decode(readFileSync(path))
  strictEqual(width, 8 + 306 + 8)
  const middle = ((8 + 3) * width + 100) * 3
  deepStrictEqual([...data.subarray(middle, middle + 3)], [77, 77, 77])
})

test('after limit images the stream is closed', async t => {
  const path = join(await temporary(t), 'few.png')
  let closed = false
  async function* endless() {
    try {
      for (;;) yield image(BLUE, BLUE)
    } finally {
      closed = true
    }
  }
  strictEqual(await imageSheet(path, { limit: 5, columns: 2 })(endless()), 5)
  ok(closed)
  strictEqual(decode(readFileSync(path)).height, 8 + 3 * (75 + 8))
})

test('a sheet replaces the one before it and leaves nothing else; without images there is no file', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'samples.png')
  strictEqual(await imageSheet(path)(given()), 0)
  ok(!existsSync(path))
  writeFileSync(path, 'an older one')
  await imageSheet(path)(given(image(BLUE, BLUE)))
  deepStrictEqual(readdirSync(folder), ['samples.png'])
  strictEqual(decode(readFileSync(path)).width, 8 + 102 + 8)
})

test('images of other sizes, or too large, and a path that cannot be written are refused in one line', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'samples.png')
  const failure = (message: string | RegExp) => ({ name: 'SinkError', message })
  await rejects(
    imageSheet(path)(given(image(BLUE, BLUE), image([1], [1]))),
    failure(
      'imageSheet: wanted images of one size, 24 · 48 · 3, grey (1) or coloured (3); got 24 · 48 · 1 of 1152 bytes'
    )
  )
  await rejects(
    imageSheet(path)(given({ ...image(BLUE, BLUE), pixels: new Uint8Array(9) })),
    failure(/got 24 · 48 · 3 of 9 bytes$/)
  )
  await rejects(
    imageSheet(path)(given(image([1, 2], [1, 2]))),
    failure(/grey \(1\) or coloured \(3\); got 24 · 48 · 2/)
  )
  const large = { ...image([1], [1]), pixels: new Uint8Array(2 ** 19), height: 2 ** 9, width: 2 ** 10 }
  await rejects(
    imageSheet(path)(given(large)),
    failure('imageSheet: wanted 16777216 pixels in 64 images at most; got 524288 in one; lower limit')
  )
  const narrow = { ...image([1], [1]), pixels: new Uint8Array(2 ** 8), height: 2 ** 8, width: 1 }
  await rejects(
    imageSheet(path)(given(narrow)),
    failure(/in 64 images at most; got 2359296 in one; lower limit$/)
  )
  ok(!existsSync(path))
  mkdirSync(path)
  await rejects(
    imageSheet(path)(given(image(BLUE, BLUE))),
    failure(/^imageSheet: .*samples\.png: not written, [^\n]+$/)
  )
  deepStrictEqual(readdirSync(folder), ['samples.png'])
})

test('options out of range are refused', () => {
  throws(() => imageSheet('a.png', { columns: 0 }), {
    name: 'RangeError',
    message: 'imageSheet: columns must be a whole number, 1 to 256; got 0'
  })
  throws(() => imageSheet('a.png', { limit: 1000 }), /limit must be a whole number, 1 to 256; got 1000/)
})
