import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { appendFile, mkdir, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lines } from '../../src/sources/lines.ts'
import { temporary } from './temporary.ts'

/** A file being followed; `next` waits for a line. */
async function follow(t: TestContext, text: string, from = 0) {
  const path = join(await temporary(t), 'growing.log')
  await writeFile(path, text)
  const abort = new AbortController()
  const chunks = lines(path, { follow: true, from, signal: abort.signal }).chunks()
  t.after(() => abort.abort())
  const waiting: string[] = []
  let bytes: number | undefined
  const next = async () => {
    while (waiting.length === 0) {
      const { value, done } = await chunks.next()
      if (done) return 'end'
      waiting.push(...value)
      bytes = value.position?.bytes
    }
    return waiting.shift()
  }
  return { path, abort, next, bytes: () => bytes }
}

test('a followed file gives what is there, then what is added', async t => {
  const { path, next } = await follow(t, 'one\n')
  strictEqual(await next(), 'one')
  for (const line of ['two', 'three', 'four']) {
    const [seen] = await Promise.all([next(), appendFile(path, `${line}\n`)])
    strictEqual(seen, line)
  }
})

test('a line of a followed file waits for its end', async t => {
  const { path, next, bytes } = await follow(t, 'one\ntw')
  strictEqual(await next(), 'one')
  strictEqual(bytes(), 4)
  await appendFile(path, 'o\n')
  strictEqual(await next(), 'two')
  strictEqual(bytes(), 8)
})

test('following ends when it is aborted, without the line that has no end yet', async t => {
  const { abort, next } = await follow(t, 'one\ntw')
  strictEqual(await next(), 'one')
  const waiting = next()
  abort.abort()
  strictEqual(await waiting, 'end')
})

test('a file that takes the followed name is read from its start, after the rest of the old one', async t => {
  const { path, next, bytes } = await follow(t, 'one\n')
  strictEqual(await next(), 'one')
  await appendFile(path, 'the rest')
  await rename(path, `${path}.1`)
  await writeFile(path, 'two\n')
  strictEqual(await next(), 'the rest')
  strictEqual(await next(), 'two')
  strictEqual(bytes(), 4, 'the position is one in the new file')
})

test('a followed file that is cut short is read from its start', async t => {
  const { path, next } = await follow(t, 'one\ntwo\n')
  strictEqual(await next(), 'one')
  strictEqual(await next(), 'two')
  await truncate(path, 0)
  await appendFile(path, 'new\n')
  strictEqual(await next(), 'new')
})

test('following goes on at a byte, or at the start where the file has become shorter', async t => {
  const inside = await follow(t, 'one\ntwo\n', 4)
  strictEqual(await inside.next(), 'two')
  const beyond = await follow(t, 'one\n', 100)
  strictEqual(await beyond.next(), 'one')
})

test('only a plain file can be followed', async t => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'text.gz'), '')
  for (const [source, message] of [
    [folder, `lines: wanted a plain file to follow; ${folder} is a directory`],
    [
      join(folder, 'text.gz'),
      `lines: wanted a plain file to follow; ${join(folder, 'text.gz')} is compressed`
    ],
    ['http://127.0.0.1/', 'lines: wanted a plain file to follow; got http://127.0.0.1/']
  ] as const) {
    await rejects(Array.fromAsync(lines(source, { follow: true })), { name: 'SourceError', message })
  }
  deepStrictEqual(
    await Array.fromAsync(lines(join(folder, 'inner', '..', 'text.gz'))).catch(e => e.name),
    'SourceError'
  )
})
