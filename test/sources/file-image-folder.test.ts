import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openImages } from '../../src/sources/file-images.ts'
import type { ImageProblem, ImageSet } from '../../src/sources/images.ts'
import { jpeg, png, sourceErrorOf, writeFiles } from './image-files.ts'
import { temporary } from './temporary.ts'

const RED = [200, 30, 20]
const BLUE = [10, 40, 220]

/** A pass: the names' ends and labels of good images, and the messages of the others, without the folder. */
async function pass(folder: string, set: ImageSet): Promise<{ good: string[]; bad: string[] }> {
  const problems: ImageProblem[] = []
  const good = await Array.fromAsync(
    set.images({ onBad: problem => problems.push(problem) }),
    ({ name, label }) => `${name?.slice(folder.length + 1)} ${label}`
  )
  return { good, bad: problems.map(({ error }) => error.message.replaceAll(`${folder}/`, '')) }
}

test('JPEG and PNG images get the class of their folder; other files and names with a dot are passed over', async t => {
  const folder = await writeFiles(await temporary(t), {
    'train/red/b.JPG': await jpeg(4, 3, RED),
    'train/red/a.jpeg': await jpeg(4, 3, RED),
    'train/red/notes.txt': 'no image',
    'train/red/.hidden.png': 'no image',
    'train/.cache/x.png': 'no image',
    'train/blue/c.png': png(4, 3, BLUE),
    'test/red/d.png': png(4, 3, RED),
    'test/blue/e.png': png(4, 3, BLUE)
  })
  const set = await openImages(folder)
  const { classes, height, width, channels, length } = set
  deepStrictEqual(
    { classes, height, width, channels, length },
    { classes: ['blue', 'red'], height: 3, width: 4, channels: 3, length: 3 }
  )
  deepStrictEqual(await pass(folder, set), {
    good: ['train/blue/c.png 0', 'train/red/a.jpeg 1', 'train/red/b.JPG 1'],
    bad: []
  })
  const test = await openImages(folder, { part: 'test' })
  deepStrictEqual((await pass(folder, test)).good, ['test/blue/e.png 0', 'test/red/d.png 1'])
})

test('pixels are those that were written: of PNG exactly, of JPEG within 6', async t => {
  const folder = await writeFiles(await temporary(t), {
    'red/a.jpg': await jpeg(32, 32, RED),
    'red/b.png': png(32, 32, RED),
    'red/c.png': png(32, 32, [...RED, 128]),
    'red/d.png': png(32, 32, [90])
  })
  const [a, b, c, d] = await Array.fromAsync((await openImages(folder)).images(), image => image.pixels)
  for (const [i, value] of a.entries()) ok(Math.abs(value - RED[i % 3]) <= 6, `value ${i} is ${value}`)
  const of = (colour: number[]) => Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => colour[i % 3])
  deepStrictEqual([b, c, d], [of(RED), of(RED), of([90, 90, 90])])
})

test('a first image that is grey makes all grey, and channels decides otherwise', async t => {
  const folder = await writeFiles(await temporary(t), {
    'one/a.png': png(1, 1, [90]),
    'one/b.png': png(1, 1, [255, 0, 0])
  })
  const pixels = async (channels?: 1 | 3) =>
    Array.fromAsync((await openImages(folder, channels && { channels })).images(), image => [...image.pixels])
  deepStrictEqual(await pixels(), [[90], [76]])
  deepStrictEqual(await pixels(3), [
    [90, 90, 90],
    [255, 0, 0]
  ])
})

test('the images to test with have the size and channels of those to train with', async t => {
  const folder = await writeFiles(await temporary(t), {
    'train/x/a.png': png(2, 2, RED),
    'test/x/a.png': png(2, 2, [90]),
    'test/x/b.png': png(3, 2, RED)
  })
  const set = await openImages(folder, { part: 'test' })
  deepStrictEqual([set.width, set.height, set.channels], [2, 2, 3])
  deepStrictEqual(await pass(folder, set), {
    good: ['test/x/a.png 0'],
    bad: ['images: test/x/b.png: wanted 2 · 2 pixels, as train/x/a.png has; got 3 · 2; resize or remove it']
  })
})

test('images may be there only to test with', async t => {
  const folder = await writeFiles(await temporary(t), { 'test/x/a.png': png(2, 2, RED) })
  deepStrictEqual((await pass(folder, await openImages(folder, { part: 'test' }))).good, ['test/x/a.png 0'])
})

test('each bad image costs one line and itself; those that follow are read', async t => {
  const [photo, drawing] = [await jpeg(8, 8, RED), png(8, 8, BLUE)]
  const corrupt = photo.slice()
  corrupt.fill(0xff, 200, 260)
  const folder = await writeFiles(await temporary(t), {
    'x/a-good.jpg': photo,
    'x/b-corrupt.jpg': corrupt,
    'x/c-broken-off.jpg': photo.subarray(0, -30),
    'x/d-broken-off.png': drawing.subarray(0, -20),
    'x/e-text.png': '<html>404</html>',
    'x/f-empty.jpg': '',
    'x/g-large.png': png(9, 8, BLUE),
    'x/h-good.jpg': photo
  })
  const { good, bad } = await pass(folder, await openImages(folder))
  deepStrictEqual(good, ['x/a-good.jpg 0', 'x/h-good.jpg 0'])
  const text = (size: number) =>
    `wanted a JPEG or PNG image; its ${size} bytes have no header of one; replace or remove it`
  strictEqual(bad.length, 6)
  ok(/^images: x\/b-corrupt.jpg cannot be decoded as JPEG \(.+\); replace or remove it$/.test(bad[0]), bad[0])
  strictEqual(
    bad[1],
    'images: x/c-broken-off.jpg cannot be decoded as JPEG (Premature end of JPEG file); replace or remove it'
  )
  ok(
    /^images: x\/d-broken-off.png cannot be decoded as PNG \(.+\); replace or remove it$/.test(bad[2]),
    bad[2]
  )
  deepStrictEqual(bad.slice(3), [
    `images: x/e-text.png: ${text(16)}`,
    `images: x/f-empty.jpg: ${text(0)}`,
    'images: x/g-large.png: wanted 8 · 8 pixels, as x/a-good.jpg has; got 9 · 8; resize or remove it'
  ])
})

test('the first image that can be read gives the size, and what its header claims beyond reason is not allocated', async t => {
  const enormous = png(8, 8, RED).slice()
  new DataView(enormous.buffer).setUint32(16, 2 ** 31)
  const folder = await writeFiles(await temporary(t), { 'x/a.png': enormous, 'x/b.png': png(8, 8, RED) })
  const set = await openImages(folder)
  deepStrictEqual([set.width, set.height], [8, 8])
  deepStrictEqual((await pass(folder, set)).bad, [
    'images: x/a.png: wanted 67108864 pixels at most; got 2147483648 · 8; make it smaller or remove it'
  ])
  await rm(join(folder, 'x/b.png'))
  strictEqual(
    (await sourceErrorOf(openImages(folder))).replaceAll(`${folder}/`, ''),
    'images: x/a.png: wanted 67108864 pixels at most; got 2147483648 · 8; make it smaller or remove it (none of the first 1 images can be read)'
  )
})

test('images that are kept are not read again, and not more are kept than there is room for', async t => {
  const folder = await writeFiles(await temporary(t), {
    'x/a.png': png(8, 8, RED),
    'x/b.png': png(8, 8, RED),
    'x/c.png': png(8, 8, RED)
  })
  const set = await openImages(folder, { keepBytes: 2 * 8 * 8 * 3 + 1 })
  strictEqual((await pass(folder, set)).good.length, 3)
  await rm(join(folder, 'x'), { recursive: true })
  const { good, bad } = await pass(folder, set)
  // Files are read several at a time: which are kept depends on which came first.
  strictEqual(good.length, 2)
  ok(/^images: x\/[abc].png cannot be read \(ENOENT.*\); check/.test(bad[0]), bad[0])
})

test('folders of classes may be links', async t => {
  const folder = await writeFiles(await temporary(t), {
    'elsewhere/a.png': png(2, 2, RED),
    'set/y/b.png': png(2, 2, RED)
  })
  await symlink(join(folder, 'elsewhere'), join(folder, 'set/x'))
  await symlink(join(folder, 'nowhere'), join(folder, 'set/z'))
  deepStrictEqual((await openImages(join(folder, 'set'))).classes, ['x', 'y'])
})

test('a folder that cannot be used as a whole is refused when it is opened', async t => {
  const image = png(2, 2, RED)
  const cases: [Record<string, Uint8Array>, 'train' | 'test', string][] = [
    [
      { 'a.png': image },
      'train',
      'F: wanted a folder of images for each class, or the files of MNIST or CIFAR-10; got neither; give another folder'
    ],
    [
      { 'x/a.png': image },
      'test',
      'F: wanted a folder test; got none; put folders of images for each class into F/test'
    ],
    [
      { 'test/x/a.png': image },
      'train',
      'F: wanted a folder train; got none; put folders of images for each class into F/train'
    ],
    [
      { 'x/a.png': image, 'y/a.gif': image },
      'train',
      'F/y: wanted .jpg, .jpeg or .png files; got none; put some there or remove the class'
    ],
    [
      { 'train/x/a.png': image, 'train/y/a.png': image, 'test/x/a.png': image, 'test/z/a.png': image },
      'train',
      'F: wanted the same classes in train and test; got y only in train, z only in test; rename or remove folders'
    ]
  ]
  for (const [files, part, message] of cases) {
    const folder = await writeFiles(await temporary(t), files)
    strictEqual(
      (await sourceErrorOf(openImages(folder, { part }))).replaceAll(folder, 'F'),
      `images: ${message}`
    )
  }
})

const cifar = fileURLToPath(new URL('../../../shared/data/images/cifar10-jpeg-q75.tar.gz', import.meta.url))

test('the test part of CIFAR-10 as JPEG files: 5,000 images, 500 of each class, none bad, as a mean picture grey', {
  skip: !existsSync(cifar) && 'there is no ../shared/data/images here'
}, async t => {
  const folder = await temporary(t)
  execFileSync('tar', ['-xzf', cifar, '-C', folder, 'test'])
  const set = await openImages(folder, { part: 'test' })
  const counts = new Array(10).fill(0)
  let sum = 0
  for await (const { pixels, label } of set.images({ seed: 1 })) {
    counts[label]++
    for (const value of pixels) sum += value
  }
  deepStrictEqual(counts, new Array(10).fill(500))
  // CIFAR-10's mean value is 0.473 of 255.
  const mean = sum / (5000 * 32 * 32 * 3) / 255
  ok(Math.abs(mean - 0.473) < 0.01, `mean ${mean}`)
})
