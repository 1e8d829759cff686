import { deepStrictEqual, rejects } from 'node:assert'
import { test } from 'node:test'
import { unzip } from '../../src/models/keras-zip.ts'
import { zipOf } from './saved/zip.ts'

const text = (value: string) => new TextEncoder().encode(value)

test('files come out of an archive as they went in, stored or deflated; what is not wanted stays', async () => {
  const files = { 'a.json': text('{}'), 'b/c.h5': text('weights '.repeat(1000)), empty: text('') }
  for (const deflate of [false, true]) {
    const found = await unzip(zipOf(files, { deflate }), ['b/c.h5', 'empty', 'absent'])
    deepStrictEqual([...found.keys()], ['b/c.h5', 'empty'])
    deepStrictEqual(found.get('b/c.h5'), files['b/c.h5'])
    deepStrictEqual(found.get('empty')?.length, 0)
  }
})

test('a comment at the end of an archive does no harm', async () => {
  const archive = zipOf({ a: text('1') }, { comment: 'PK\x05\x06 is how the end begins' })
  deepStrictEqual((await unzip(archive, ['a'])).get('a'), text('1'))
})

test('an archive that is cut off anywhere is refused', async () => {
  const archive = zipOf({ a: text('some weights') })
  for (let length = 0; length < archive.length; length++) {
    await rejects(unzip(archive.slice(0, length), ['a']), { message: 'the archive is cut off or damaged' })
  }
})

test('a file of which a bit has flipped is refused', async () => {
  for (const deflate of [false, true]) {
    const archive = zipOf({ a: text('some weights, some weights') }, { deflate })
    archive[35] = (archive[35] ?? 0) ^ 4
    await rejects(unzip(archive, ['a']), { name: 'SavedModelError', message: /damaged$/ })
  }
})

test('a file packed in another way is refused by name', async () => {
  const archive = zipOf({ a: text('1') })
  const entry = archive.length - 22 - 46 - 1
  archive[entry + 10] = 14
  await rejects(unzip(archive, ['a']), {
    message: 'a is packed by method 14; 0 (stored) and 8 (deflate) can be read'
  })
})
