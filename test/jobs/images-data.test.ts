import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { openData } from '../../src/jobs/images-data.ts'
import type { LabelledImage } from '../../src/sources/images.ts'
import { folder } from '../cli/tensair.ts'
import { png, writeFiles } from '../sources/image-files.ts'

const never = new AbortController().signal

/** Images of two classes, each of another colour; `test` has two more. */
function imagesIn(path: string, count: number, withTest: boolean) {
  const files: Record<string, Uint8Array | string> = {}
  for (let i = 0; i < count; i++)
    files[`${withTest ? 'train/' : ''}${i % 2 === 0 ? 'even' : 'odd'}/${i}.png`] = png(4, 4, [i, 255 - i, 7])
  if (withTest) for (const name of ['even', 'odd']) files[`test/${name}/0.png`] = png(4, 4, [1, 2, 3])
  return writeFiles(path, files)
}

async function colours(images: AsyncIterable<LabelledImage>): Promise<number[]> {
  const found: number[] = []
  for await (const { pixels } of images) found.push(pixels[0])
  return found
}

test('images that are held out are the same in every pass and run, and never among those for training', async t => {
  const said: string[] = []
  const data = await openData({ data: await imagesIn(folder(t), 200, false), holdOut: undefined }, message =>
    said.push(message)
  )
  const train = await colours(data.training(1, never))
  const held = await colours(data.testing(1, never))
  deepStrictEqual(
    [...train, ...held].sort((a, b) => a - b),
    Array.from({ length: 200 }, (_, i) => i)
  )
  ok(held.length >= 8 && held.length <= 35, `${held.length} of 200 were held out`)
  const again = await openData({ data: await imagesIn(folder(t), 200, false), holdOut: 0.1 }, () => {})
  deepStrictEqual((await colours(again.testing(9, never))).sort(), held.toSorted())
  strictEqual(said.length, 1)
  ok(/10 % of the training images are held out instead$/.test(said[0]), said[0])
})

test('a set with images to test with keeps all others for training, unless a share is asked for', async t => {
  const path = await imagesIn(folder(t), 40, true)
  const data = await openData({ data: path, holdOut: undefined }, () => {})
  strictEqual((await colours(data.training(1, never))).length, 40)
  deepStrictEqual(await colours(data.testing(1, never)), [1, 1])
  const shared = await openData({ data: path, holdOut: 0.5 }, () => {})
  const held = await colours(shared.testing(1, never))
  ok(held.length > 5 && held.length < 35, String(held.length))
  strictEqual((await colours(shared.training(1, never))).length + held.length, 40)
})

test('each image that cannot be used counts once, however often it is read', async t => {
  const path = await imagesIn(folder(t), 6, true)
  await writeFiles(path, { 'train/odd/bad.png': 'no image', 'train/even/small.png': png(3, 4, [1, 2, 3]) })
  const said: string[] = []
  const data = await openData({ data: path, holdOut: undefined }, message => said.push(message))
  for (const seed of [1, 2]) strictEqual((await colours(data.training(seed, never))).length, 6)
  strictEqual(data.skipped, 2)
  strictEqual(said.length, 1)
  ok(/^skipped: images: .*(bad|small)\.png: /.test(said[0]), said[0])
})

test('damaged images to test with are refused, and none are held out instead', async t => {
  const path = await imagesIn(folder(t), 6, true)
  await writeFiles(path, { 'test/even/0.png': 'no image', 'test/third/0.png': 'nor this' })
  const said: string[] = []
  await rejects(
    openData({ data: path, holdOut: undefined }, message => said.push(message)),
    /^SourceError: images: .*: wanted the same classes in train and test; got third only in test; rename or remove folders$/
  )
  deepStrictEqual(said, [])
})

test('a folder without images is refused in one line', async t => {
  await rejects(
    openData({ data: folder(t), holdOut: undefined }, () => {}),
    /^SourceError: images: .*\n?$/
  )
})
