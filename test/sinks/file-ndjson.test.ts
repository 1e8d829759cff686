import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ndjsonFile } from '../../src/sinks/file-ndjson.ts'
import { chunkAt, stream } from '../../src/stream.ts'
import { temporary } from '../sources/temporary.ts'
import { feed, textOf, until } from './growing-file.ts'

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ n: from + i }))
const textLines = (items: readonly unknown[]) => items.map(item => `${JSON.stringify(item)}\n`).join('')

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items
}

test('items are lines of the file, whose folder is made', async t => {
  const path = join(await temporary(t), 'deep', 'er', 'out.ndjson')
  const items = [{ text: 'naïve\n' }, null, 3, [1, 'two']]
  deepStrictEqual(await ndjsonFile(path)(each(items)), { items: 4 })
  strictEqual(await textOf(path), textLines(items))
  await ndjsonFile(`${path}2`)(each([]))
  ok(existsSync(`${path}2`), 'a stream without items leaves an empty file')
})

test('a line is in the file while the stream is still open', async t => {
  const path = join(await temporary(t), 'out.ndjson')
  const { items, give, end } = feed<unknown>()
  const writing = ndjsonFile(path)(items)
  give({ n: 1 })
  await until(async () => (await textOf(path)) === '{"n":1}\n')
  give({ n: 2 }, { n: 3 })
  await until(async () => (await textOf(path)).endsWith('{"n":3}\n'))
  end()
  deepStrictEqual(await writing, { items: 3 })
})

test('a file that is there is refused, or gone on with', async t => {
  const path = join(await temporary(t), 'out.ndjson')
  await ndjsonFile(path)(each([1]))
  await rejects(ndjsonFile(path)(each([2])), {
    name: 'SinkError',
    message: `ndjsonFile: ${path} exists already; give another name, or go on in it with append: true`
  })
  await ndjsonFile(path, { append: true })(each([2]))
  strictEqual(await textOf(path), '1\n2\n')
  await appendFile(path, '{"torn":')
  await ndjsonFile(path, { append: true })(each([3]))
  strictEqual(await textOf(path), '1\n2\n{"torn":\n3\n')
})

test('what came before a failure of the stream, or an item that JSON cannot hold, is written', async t => {
  const folder = await temporary(t)
  const { items, give, fail } = feed<unknown>()
  give(1, 2)
  fail(new Error('the source is gone'))
  await rejects(ndjsonFile(join(folder, 'a'))(items), /^Error: the source is gone$/)
  strictEqual(await textOf(join(folder, 'a')), '1\n2\n')

  for (const [name, item, reason] of [
    ['b', undefined, /it is undefined/],
    ['c', 3n, /BigInt/],
    ['d', () => {}, /it is function/]
  ] as const) {
    await rejects(ndjsonFile(join(folder, name))(each([1, item, 2])), error => {
      ok(error instanceof Error && reason.test(error.message), String(error))
      ok(error.message.startsWith('ndjsonFile: item 1: wanted a value that JSON can hold ('))
      return true
    })
    strictEqual(await textOf(join(folder, name)), '1\n')
  }
})

test('with rotateBytes a file of that size gets a number; no line is lost, cut or written twice', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'out.ndjson')
  const items = lines(1000)
  await ndjsonFile(path, { rotateBytes: 2000 })(each(items))
  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map(name => textOf(join(folder, name))))
  strictEqual(texts.join(''), textLines(items))
  deepStrictEqual(names.slice(0, 2), ['out-000001.ndjson', 'out-000002.ndjson'])
  strictEqual(names.at(-1), 'out.ndjson')
  for (const text of texts.slice(0, -1)) ok(text.length >= 2000 && text.length < 2000 + 12, `${text.length}`)

  await rejects(
    ndjsonFile(join(folder, 'out.ndjson'), { rotateBytes: 2000 })(each([])),
    /out-00000\d\.ndjson exists already; give another name, or go on in it with append: true$/
  )
  await ndjsonFile(path, { rotateBytes: 2000, append: true })(each(lines(300, 1000)))
  const after = (await readdir(folder)).sort()
  ok(after.length > names.length)
  const all = await Promise.all(after.map(name => textOf(join(folder, name))))
  strictEqual(all.join(''), textLines(lines(1300)))
})

test('with rotateSeconds a file of that age gets a number, also while the stream is silent; an empty one does not', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'out.ndjson')
  const { items, give, end } = feed<number>()
  const writing = ndjsonFile(path, { rotateSeconds: 0.02 })(items)
  give(1)
  await until(async () => (await textOf(join(folder, 'out-000001.ndjson'))) === '1\n')
  give(2)
  await until(async () => (await textOf(join(folder, 'out-000002.ndjson'))) === '2\n')
  end()
  await writing
  deepStrictEqual((await readdir(folder)).sort(), ['out-000001.ndjson', 'out-000002.ndjson', 'out.ndjson'])
  strictEqual(await textOf(path), '')
})

test('with rotateBytes and rotateSeconds whichever comes first gives a file its number, and begins the other anew', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'out.ndjson')
  const part = (n: number) => textOf(join(folder, `out-00000${n}.ndjson`))
  const { items, give, end } = feed<string>()
  const writing = ndjsonFile(path, { rotateBytes: 100, rotateSeconds: 0.05 })(items)
  const [long, short] = ['x'.repeat(100), 'y']
  give(long)
  await until(async () => (await part(1)) === `"${long}"\n`)
  give(short)
  await until(async () => (await part(2)) === `"${short}"\n`)
  // More files for their size than one whose time is over: no empty one is among them.
  give(long, long, long, short)
  await until(async () => (await part(6)) === `"${short}"\n`)
  end()
  deepStrictEqual(await writing, { items: 6 })
  for (const n of [3, 4, 5]) strictEqual(await part(n), `"${long}"\n`)
  strictEqual((await readdir(folder)).length, 7)
  strictEqual(await textOf(path), '')
})

test('a name says how the file is compressed, and it is whole after every write', async t => {
  const folder = await temporary(t)
  const items = lines(20_000)
  for (const [name, unpack] of [
    ['out.ndjson.gz', gunzipSync],
    ['out.ndjson.zst', zstdDecompressSync]
  ] as const) {
    const path = join(folder, name)
    await ndjsonFile(path)(each(items.slice(0, 15_000)))
    await ndjsonFile(path, { append: true })(each(items.slice(15_000)))
    const packed = await readFile(path)
    strictEqual(unpack(packed).toString(), textLines(items))
    ok(packed.length < textLines(items).length / 3)
  }
  const { items: slow, give, end } = feed<number>()
  const writing = ndjsonFile(join(folder, 'slow'), { compress: 'gzip' })(slow)
  give(1)
  await until(
    async () => existsSync(join(folder, 'slow')) && (await readFile(join(folder, 'slow'))).length > 0
  )
  strictEqual(gunzipSync(await readFile(join(folder, 'slow'))).toString(), '1\n')
  end()
  await writing
  await ndjsonFile(join(folder, 'part.ndjson.gz'), { rotateBytes: 1000 })(each(items.slice(0, 5000)))
  const parts = (await readdir(folder)).filter(name => name.startsWith('part')).sort()
  deepStrictEqual(parts.slice(0, 2), ['part-000001.ndjson.gz', 'part-000002.ndjson.gz'])
  const unpacked = await Promise.all(
    parts.map(async name => gunzipSync(await readFile(join(folder, name))).toString())
  )
  strictEqual(unpacked.join(''), textLines(items.slice(0, 5000)))
})

test('commit hears positions once their items are in the file, in order, and the last', async t => {
  const path = join(await temporary(t), 'out.ndjson')
  const heard: number[] = []
  const source = stream<number>(async function* () {
    for (let n = 1; n <= 300; n++) {
      yield chunkAt(Array(1000).fill(n), { bytes: n })
    }
    yield chunkAt([], { bytes: 301 })
  })
  const commit = async ({ bytes }: { bytes: number }) => {
    const written = (await textOf(path)).trimEnd().split('\n')
    ok(written.length >= Math.min(bytes, 300) * 1000, `${bytes}: ${written.length} lines`)
    heard.push(bytes)
  }
  await ndjsonFile(path, { commit })(source)
  strictEqual(heard.at(-1), 301)
  deepStrictEqual(
    heard,
    heard.toSorted((a, b) => a - b)
  )

  const failing = ndjsonFile(`${path}2`, {
    commit: () => {
      throw new Error('the broker is gone')
    }
  })
  const one = stream<number>(async function* () {
    yield chunkAt([1], { bytes: 1 })
  })
  await rejects(failing(one), { name: 'SinkError', message: 'ndjsonFile: commit: the broker is gone' })
  strictEqual(await textOf(`${path}2`), '1\n')
})

const noFullDevice = existsSync('/dev/full') ? false : 'there is no /dev/full here'

test('a full disk is one clear line, and the source is closed', { skip: noFullDevice }, async () => {
  let closed = false
  async function* source() {
    try {
      for (;;) yield 'x'.repeat(10_000)
    } finally {
      closed = true
    }
  }
  await rejects(ndjsonFile('/dev/full', { append: true })(source()), {
    name: 'SinkError',
    message: 'ndjsonFile: /dev/full: not written, no space left on the disk; what was there before is kept'
  })
  ok(closed)
})

test('where a file cannot be made, the error says which and why', async t => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'taken'), '')
  await mkdir(join(folder, 'folder'))
  await rejects(ndjsonFile(join(folder, 'taken', 'out'))(each([1])), {
    name: 'SinkError',
    message: /taken\/out: not written, E(EXIST|NOTDIR)/
  })
  await rejects(
    ndjsonFile(join(folder, 'folder'), { append: true })(each([1])),
    /folder: not written, EISDIR/
  )
  throws(() => ndjsonFile('x', { rotateBytes: 0 }), /^RangeError: ndjsonFile: rotateBytes must be/)
  throws(() => ndjsonFile('x', { rotateSeconds: 3e6 }), /^RangeError: ndjsonFile: rotateSeconds must be/)
})

test('of a killed process the lines are there up to some place, and can be gone on with', async t => {
  const path = join(await temporary(t), 'out.ndjson')
  const writer = fileURLToPath(new URL('write-endlessly.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=tensair-source', writer, path], { stdio: 'inherit' })
  await until(async () => (await textOf(path)).length > 100_000)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const written = await textOf(path)
  const count = written.split('\n').length
  ok(textLines(lines(count)).startsWith(written))

  await ndjsonFile(path, { append: true })(each(['more']))
  const after = written.endsWith('\n') ? written : `${written}\n`
  strictEqual(await textOf(path), `${after}"more"\n`)
})

test('gzip and other programs read what was written', { skip: process.platform === 'win32' }, async t => {
  const path = join(await temporary(t), 'out.ndjson.gz')
  await ndjsonFile(path)(each(lines(3)))
  await ndjsonFile(path, { append: true })(each(lines(2, 3)))
  strictEqual(execFileSync('gzip', ['-dc', path]).toString(), textLines(lines(5)))
})
