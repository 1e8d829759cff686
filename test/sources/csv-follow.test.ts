import { rejects, strictEqual } from 'node:assert'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type CsvOptions, csv } from '../../src/sources/csv.ts'
import { temporary } from './temporary.ts'

/** A file being followed; `next` waits for a row, as its fields with commas. */
async function follow(t: TestContext, text: string, options: CsvOptions = {}) {
  const path = join(await temporary(t), 'growing.csv')
  await writeFile(path, text)
  const abort = new AbortController()
  t.after(() => abort.abort())
  const chunks = csv(path, { ...options, follow: true, signal: abort.signal }).chunks()
  const waiting: string[] = []
  let bytes: number | undefined
  const next = async () => {
    while (waiting.length === 0) {
      const { value, done } = await chunks.next()
      if (done) return 'end'
      for (const row of value) waiting.push(Object.values(row).join())
      bytes = value.position?.bytes
    }
    return waiting.shift()
  }
  return { path, abort, next, bytes: () => bytes }
}

test('a row of a followed file waits for its end, also where a quote is open, and so does the header', async t => {
  const { path, next, bytes } = await follow(t, 'a,')
  const waiting = next()
  for (const part of ['b\n1,', '"x\n', 'y"', '\n2,z\n3']) await appendFile(path, part)
  strictEqual(await waiting, '1,x\ny')
  strictEqual(await next(), '2,z')
  strictEqual(bytes(), 16)
})

test('following ends when it is aborted, without the row that has no end yet', async t => {
  const { abort, next } = await follow(t, 'a\n1\n2')
  strictEqual(await next(), '1')
  const waiting = next()
  abort.abort()
  strictEqual(await waiting, 'end')
})

for (const options of [{ from: 6 }, { from: 6, columns: ['a', 'b'] }]) {
  const what = options.columns === undefined ? 'with a header' : 'with columns'
  test(`following goes on at a byte, and of a file that takes the name nothing is left out, ${what}`, async t => {
    const head = options.columns === undefined ? 'a,b\n' : ''
    const skipped = options.columns === undefined ? 'x\n' : '1,222\n'
    const { path, next } = await follow(t, `${head}${skipped}3,4\n`, options)
    strictEqual(await next(), '3,4')
    await rename(path, `${path}.1`)
    await writeFile(path, `${head}5,6\n`)
    strictEqual(await next(), '5,6')
  })

  test(`a file that is shorter than the place to go on at is another, and read from its start, ${what}`, async t => {
    const { path, next } = await follow(t, '', { ...options, from: 100 })
    const waiting = next()
    await appendFile(path, options.columns === undefined ? 'a,b\n1,2\n' : '1,2\n')
    strictEqual(await waiting, '1,2')
  })
}

test('only a plain file can be followed', async t => {
  const folder = await temporary(t)
  await rejects(Array.fromAsync(csv(folder, { follow: true })), {
    name: 'SourceError',
    message: `csv: wanted a plain file to follow; ${folder} is a directory`
  })
})
