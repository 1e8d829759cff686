import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openImages } from '../../src/sources/file-images.ts'
import { sourceErrorOf, writeFiles } from './image-files.ts'
import { temporary } from './temporary.ts'

/** An IDX file of bytes. */
function idx(sizes: readonly number[], values: Iterable<number>): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * sizes.length))
  head.setUint32(0, 0x0800 + sizes.length)
  for (const [i, size] of sizes.entries()) head.setUint32(4 + 4 * i, size)
  return Uint8Array.of(...new Uint8Array(head.buffer), ...values)
}

const count = (length: number) => Array.from({ length }, (_, i) => i % 256)
const MNIST = {
  'train-images-idx3-ubyte': idx([3, 2, 2], count(12)),
  'train-labels-idx1-ubyte': idx([3], [9, 0, 5]),
  't10k-images-idx3-ubyte.gz': gzipSync(idx([1, 2, 2], [1, 2, 3, 4])),
  't10k-labels-idx1-ubyte.gz': gzipSync(idx([1], [7]))
}

/** CIFAR-10's records: a label, and planes that are all `3 · label`, `3 · label + 1` and `3 · label + 2`, but for their first value. */
function cifar(...labels: readonly number[]): Uint8Array {
  const records = labels.map(label => {
    const record = new Uint8Array(3073)
    record[0] = label
    for (let plane = 0; plane < 3; plane++)
      record.fill(3 * label + plane, 1 + plane * 1024, 1025 + plane * 1024)
    record[1] = 255
    return record
  })
  return Buffer.concat(records)
}

async function pass(folder: string, options: Parameters<typeof openImages>[1] = {}) {
  const images = (await openImages(folder, options)).images()
  return Array.fromAsync(images, ({ pixels, label, name }) => ({
    pixels: [...pixels.subarray(0, 6)],
    label,
    name
  }))
}

test('IDX files give their images and labels, gzipped or not', async t => {
  const folder = await writeFiles(await temporary(t), MNIST)
  const { classes, height, width, channels, length } = await openImages(folder)
  deepStrictEqual(
    { classes, height, width, channels, length },
    { classes: [...'0123456789'], height: 2, width: 2, channels: 1, length: 3 }
  )
  const name = 'train-images-idx3-ubyte image'
  deepStrictEqual(await pass(folder), [
    { pixels: [0, 1, 2, 3], label: 9, name: `${name} 0` },
    { pixels: [4, 5, 6, 7], label: 0, name: `${name} 1` },
    { pixels: [8, 9, 10, 11], label: 5, name: `${name} 2` }
  ])
  deepStrictEqual(await pass(folder, { part: 'test' }), [
    { pixels: [1, 2, 3, 4], label: 7, name: 't10k-images-idx3-ubyte.gz image 0' }
  ])
})

test('names with a dot are known too, and a plain file comes before its gzipped copy', async t => {
  const folder = await writeFiles(await temporary(t), {
    'train-images.idx3-ubyte': idx([1, 1, 1], [42]),
    'train-images.idx3-ubyte.gz': 'not read',
    'train-labels.idx1-ubyte': idx([1], [1])
  })
  deepStrictEqual((await pass(folder))[0]?.pixels, [42])
})

test('a folder of Fashion-MNIST has its classes, and classes names others', async t => {
  const folder = await temporary(t)
  await writeFiles(join(folder, 'fashion-mnist'), MNIST)
  const fashion = await openImages(join(folder, 'fashion-mnist'))
  deepStrictEqual([fashion.classes.length, fashion.classes[9]], [10, 'Ankle boot'])
  const named = await openImages(join(folder, 'fashion-mnist'), { classes: ['a', 'b'] })
  deepStrictEqual(named.classes, ['a', 'b'])
  const bad: string[] = []
  const good = await Array.fromAsync(named.images({ onBad: ({ error }) => bad.push(error.message) }))
  deepStrictEqual(
    good.map(image => image.label),
    [0]
  )
  strictEqual(bad.length, 2)
  strictEqual(
    bad[0],
    'images: train-images-idx3-ubyte image 0: wanted a label from 0 to 1; got 9; repair the labels, or name all classes'
  )
})

test('IDX files that are broken as a whole are refused when they are opened', async t => {
  const images = 'train-images-idx3-ubyte'
  const labels = 'train-labels-idx1-ubyte'
  const packed = gzipSync(MNIST[images])
  const cases: [Record<string, Uint8Array | string>, RegExp | string][] = [
    [{ [images]: MNIST[images] }, `F: wanted ${labels} or ${labels}.gz; got neither; put it there`],
    [
      { ...MNIST, [images]: MNIST[images].subarray(0, -1) },
      `F/${images}: wanted 28 bytes for 3 · 2 · 2, as its header says; got 27; get it again`
    ],
    [
      { ...MNIST, [images]: packed.subarray(0, -12) },
      `F/${images} cannot be unpacked (unexpected end of file); get it again`
    ],
    [
      { ...MNIST, [images]: MNIST[labels] },
      `F/${images}: wanted an IDX file of bytes, beginning 00 00 08 03; got 00 00 08 01; get it again`
    ],
    [
      { ...MNIST, [images]: '' },
      `F/${images}: wanted an IDX file of bytes, beginning 00 00 08 03; got nothing; get it again`
    ],
    [
      { ...MNIST, [labels]: idx([2], [1, 2]) },
      `F/${labels}: wanted a label for each of the 3 images of F/${images}; got 2; get both again`
    ],
    [
      { [images]: idx([0, 28, 28], []), [labels]: idx([0], []) },
      `F/${images}: wanted images; got 0 · 28 · 28 pixels; get it again`
    ]
  ]
  for (const [files, message] of cases) {
    const folder = await writeFiles(await temporary(t), files)
    strictEqual((await sourceErrorOf(openImages(folder))).replaceAll(folder, 'F'), `images: ${message}`)
  }
})

test('a part that is not there is told from one that is damaged', async t => {
  const png = new Uint8Array(0)
  const cases: [files: Record<string, Uint8Array | string>, error: string][] = [
    [{ 'train-images-idx3-ubyte': '', 'train-labels-idx1-ubyte': '' }, 'MissingPartError'],
    [{ ...MNIST, 't10k-images-idx3-ubyte.gz': 'damaged' }, 'SourceError'],
    [{ 't10k-labels-idx1-ubyte.gz': '' }, 'SourceError'],
    [{ 'data_batch_1.bin': cifar(1) }, 'MissingPartError'],
    [{ 'test_batch.bin': cifar(1).subarray(1) }, 'SourceError'],
    [{ 'cat/1.png': png, 'dog/1.png': png }, 'MissingPartError'],
    [{ 'train/cat/1.png': png }, 'MissingPartError'],
    [{ 'train/cat/1.png': png, 'test/dog/1.png': png }, 'SourceError']
  ]
  for (const [files, name] of cases) {
    const folder = await writeFiles(await temporary(t), files)
    await rejects(openImages(folder, { part: 'test' }), { name }, Object.keys(files).join())
  }
})

test("CIFAR-10's batches give their records in the order of their numbers, planes woven to pixels", async t => {
  const folder = await writeFiles(await temporary(t), {
    'data_batch_10.bin': cifar(3),
    'data_batch_2.bin': cifar(1, 2),
    'test_batch.bin': cifar(4),
    'batches.meta.txt': 'air\nauto\nbird\ncat\ndeer\n\n'
  })
  const { classes, height, width, channels, length } = await openImages(folder)
  deepStrictEqual(
    { classes, height, width, channels, length },
    { classes: ['air', 'auto', 'bird', 'cat', 'deer'], height: 32, width: 32, channels: 3, length: 3 }
  )
  deepStrictEqual(await pass(folder), [
    { pixels: [255, 4, 5, 3, 4, 5], label: 1, name: 'data_batch_2.bin image 0' },
    { pixels: [255, 7, 8, 6, 7, 8], label: 2, name: 'data_batch_2.bin image 1' },
    { pixels: [255, 10, 11, 9, 10, 11], label: 3, name: 'data_batch_10.bin image 0' }
  ])
  deepStrictEqual((await pass(folder, { part: 'test' }))[0]?.label, 4)
  const shuffled = (await openImages(folder)).images({ seed: 7 })
  deepStrictEqual((await Array.fromAsync(shuffled, image => image.label)).sort(), [1, 2, 3])
})

test('a label of CIFAR-10 that no class has is a bad image', async t => {
  const folder = await writeFiles(await temporary(t), { 'data_batch_1.bin': cifar(1, 10, 2) })
  await rejects(pass(folder), {
    message:
      'images: data_batch_1.bin image 1: wanted a label from 0 to 9; got 10; repair the labels, or name all classes'
  })
})

test('batches that are missing, broken off, or cut while they are read are refused', async t => {
  const cut = 'wanted records of 3073 bytes; got 3072 bytes, no multiple of that; get it again'
  const folder = await writeFiles(await temporary(t), { 'data_batch_1.bin': cifar(1).subarray(1) })
  const path = join(folder, 'data_batch_1.bin')
  strictEqual(await sourceErrorOf(openImages(folder)), `images: ${path}: ${cut}`)
  strictEqual(
    await sourceErrorOf(openImages(folder, { part: 'test' })),
    `images: ${folder}: wanted test_batch.bin; got none; put CIFAR-10's binary version there`
  )
  await writeFile(path, cifar(1, 2))
  const set = await openImages(folder)
  await truncate(path, 3072)
  strictEqual(await sourceErrorOf(Array.fromAsync(set.images())), `images: ${path}: ${cut}`)
})

test('a path that is no folder is refused in one line', async t => {
  const folder = await writeFiles(await temporary(t), { 'cifar-10-binary.tar.gz': 'packed' })
  const file = join(folder, 'cifar-10-binary.tar.gz')
  strictEqual(
    await sourceErrorOf(openImages(file)),
    `images: ${file}: wanted a folder; got a file; unpack an archive first, or give the file's folder`
  )
  const message = await sourceErrorOf(openImages(join(folder, 'nowhere')))
  ok(/nowhere cannot be read \(ENOENT.*\); check its name/.test(message), message)
})

test('options out of range are refused', async () => {
  for (const [options, message] of [
    [{ part: 'valid' }, 'images: part must be train or test; got valid'],
    [{ channels: 4 }, 'images: channels must be 1 or 3; got 4'],
    [{ keepBytes: Number.NaN }, 'images: keepBytes must be a number, at least 0; got NaN'],
    [{ classes: [] }, 'images: classes must be 1 to 256 names; got 0']
  ] as const) {
    await rejects(openImages('.', options as object), { name: 'RangeError', message })
  }
})
