import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { mkdir, readdir, readlink, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { lines } from '../../src/sources/lines.ts'
import { SourceError } from '../../src/sources/source-error.ts'
import { temporary } from './temporary.ts'

/** 1.5 MB of numbered lines: several chunks. */
const many = Array.from({ length: 45_000 }, (_, i) => `line ${i} of a longer text`)
const manyBytes = Buffer.from(`${many.join('\n')}\n`)

async function failure(source: string, options = {}): Promise<SourceError> {
  const error = await Array.fromAsync(lines(source, options)).catch(error => error)
  ok(error instanceof SourceError, `${source} gives a SourceError`)
  ok(!error.message.includes('\n'), 'its message is one line')
  return error
}

test('a file gives its lines, by path or by URL', async t => {
  const path = join(await temporary(t), 'a text.txt')
  await writeFile(path, 'one\r\ntwo\n\nthree')
  deepStrictEqual(await Array.fromAsync(lines(path)), ['one', 'two', '', 'three'])
  deepStrictEqual(await Array.fromAsync(lines(pathToFileURL(path))), ['one', 'two', '', 'three'])
  deepStrictEqual(await Array.fromAsync(lines(pathToFileURL(path).href)), ['one', 'two', '', 'three'])
})

test('an empty file has no lines and is no error', async t => {
  const path = join(await temporary(t), 'empty.txt')
  await writeFile(path, '')
  deepStrictEqual(await Array.fromAsync(lines(path)), [])
})

for (const [compression, name, compress] of [
  ['no compression', 'text.txt', (bytes: Buffer) => bytes],
  ['gzip by name', 'text.txt.gz', gzipSync],
  ['gzip by content', 'text', gzipSync],
  ['gzip of two members', 'two.gz', (bytes: Buffer) => twice(bytes, gzipSync)],
  ['zstd by name', 'text.txt.zst', zstdCompressSync],
  ['zstd by content', 'text', zstdCompressSync],
  ['zstd of two frames', 'two.zst', (bytes: Buffer) => twice(bytes, zstdCompressSync)]
] as const) {
  test(`a file with ${compression} gives its lines and can be gone on with at any chunk`, async t => {
    const path = join(await temporary(t), name)
    await writeFile(path, compress(manyBytes))
    const chunks = await Array.fromAsync(lines(path).chunks())
    deepStrictEqual(
      chunks.flatMap(chunk => [...chunk]),
      many
    )
    ok(chunks.length >= 3)
    const last = chunks.at(-1)?.position
    strictEqual(last?.bytes, manyBytes.length)
    strictEqual(last?.share, 1)
    strictEqual(last?.totalBytes, compression === 'no compression' ? manyBytes.length : undefined)
    for (let i = 0; i < chunks.length; i++) {
      const from = chunks[i]?.position?.bytes ?? 0
      const rest = await Array.fromAsync(lines(path, { from }).chunks())
      deepStrictEqual(
        rest.map(chunk => [...chunk]),
        chunks.slice(i + 1).map(chunk => [...chunk])
      )
    }
  })

  test(`a file with ${compression} that is shorter than the place to go on at says so`, async t => {
    const path = join(await temporary(t), name)
    await writeFile(path, compress(Buffer.from('one\n')))
    const { message } = await failure(path, { from: 100 })
    strictEqual(
      message,
      `lines: wanted to go on at byte 100 of ${path}, which has 4; it has changed, start from 0`
    )
  })
}

function twice(bytes: Buffer, compress: (bytes: Buffer) => Buffer): Buffer {
  return Buffer.concat([compress(bytes.subarray(0, 1000)), compress(bytes.subarray(1000))])
}

test('a reader that stops early closes the file', { skip: process.platform !== 'linux' }, async t => {
  const folder = await temporary(t)
  for (const [name, bytes] of [
    ['text.txt', manyBytes],
    ['text.gz', gzipSync(manyBytes)],
    ['text.zst', zstdCompressSync(manyBytes)]
  ] as const) {
    const path = join(folder, name)
    await writeFile(path, bytes)
    for await (const _ of lines(path).chunks()) {
      ok((await openFiles()).includes(path), `${name} is open while it is read`)
      break
    }
    ok(!(await openFiles()).includes(path), `${name} is closed`)
  }
})

async function openFiles(): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd')
  return Promise.all(numbers.map(number => readlink(`/proc/self/fd/${number}`).catch(() => 'gone')))
}

test('a binary file is refused at its first block, however large it is', async t => {
  const path = join(await temporary(t), 'long.txt')
  await writeFile(path, 'first\n')
  await truncate(path, 10_000_000_000) // a hole, which takes no space and reads as zero bytes
  strictEqual(
    (await failure(path)).message,
    `lines: ${path} looks binary (a zero byte at offset 6); give UTF-8 text, plain or compressed with gzip or zstd`
  )
})

test('truncated and damaged compression says which file, after the lines that came whole', async t => {
  const folder = await temporary(t)
  for (const [name, compress] of [
    ['text.gz', gzipSync],
    ['text.zst', zstdCompressSync]
  ] as const) {
    const path = join(folder, name)
    const packed = compress(manyBytes)
    await writeFile(path, packed.subarray(0, packed.length - 20_000))
    const seen: string[] = []
    await rejects(
      async () => {
        for await (const line of lines(path)) seen.push(line)
      },
      {
        name: 'SourceError',
        message: new RegExp(`^lines: ${path} is damaged (gzip|zstd) \\(.*\\); get the file again$`)
      }
    )
    ok(seen.length > 1000)
    deepStrictEqual(seen, many.slice(0, seen.length))

    await writeFile(path, 'plain text with a wrong name\n')
    ok((await failure(path)).message.startsWith(`lines: ${path} is damaged`))
    await writeFile(path, '')
    ok((await failure(path)).message.startsWith(`lines: ${path} is damaged`))
  }
})

test('a missing file says what could be given', async t => {
  const path = join(await temporary(t), 'absent.txt')
  const { message } = await failure(path)
  strictEqual(message, `lines: no file ${path}; give a file, a directory, a URL, or - for standard input`)
  ok((await failure('file:///no/such/file')).message.startsWith('lines: no file /no/such/file;'))
  ok((await failure('ftp://host/file')).message.startsWith('lines: no file ftp://host/file;'))
})

test('a directory gives the lines of all its files, in the order of their paths', async t => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'b', 'deep'), { recursive: true })
  await mkdir(join(folder, '.git'))
  await writeFile(join(folder, 'c.txt'), '\uFEFFfive\n')
  await writeFile(join(folder, 'a.txt.gz'), gzipSync('one\ntwo'))
  await writeFile(join(folder, 'b', 'deep', 'x.txt'), 'three')
  await writeFile(join(folder, 'b', 'y.txt'), 'four\n')
  await writeFile(join(folder, '.hidden'), 'not this\n')
  await writeFile(join(folder, '.git', 'config'), 'nor this\n')
  await symlink(join(folder, 'c.txt'), join(folder, 'd.txt'))
  const all = ['one', 'two', 'three', 'four', 'five', 'five']
  deepStrictEqual(await Array.fromAsync(lines(folder)), all)

  const [chunk] = await Array.fromAsync(lines(folder).chunks())
  deepStrictEqual(chunk?.position, { bytes: 7 + 5 + 5 + 8 + 8, share: 1 })
})

test('a directory can be gone on with at the start and in the middle of each file', async t => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'a.txt'), 'one\ntwo\n')
  await writeFile(join(folder, 'b.txt.gz'), gzipSync('three\nfour\n'))
  await writeFile(join(folder, 'c.txt'), '')
  await writeFile(join(folder, 'd.txt'), 'five\nsix\n')
  const all = ['one', 'two', 'three', 'four', 'five', 'six']
  let from = 0
  for (let i = 0; i <= all.length; i++) {
    deepStrictEqual(await Array.fromAsync(lines(folder, { from })), all.slice(i), `from ${from}`)
    from += (all[i] ?? '').length + 1
  }
  ok(
    (await failure(folder, { from })).message.startsWith(
      `lines: wanted to go on at byte ${from} of ${folder}`
    )
  )
})

test('a file that is gone on with at its start may begin with a byte-order mark', async t => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'a.txt'), 'one\n')
  await writeFile(join(folder, 'b.txt'), '\uFEFFtwo\n')
  deepStrictEqual(await Array.fromAsync(lines(folder, { from: 4 })), ['two'])
})

test('a directory of plain files knows its bytes in all', async t => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'a.txt'), 'one\ntwo\n')
  await writeFile(join(folder, 'b.txt'), 'three\n')
  const [chunk] = await Array.fromAsync(lines(folder).chunks())
  deepStrictEqual(chunk?.position, { bytes: 14, totalBytes: 14, share: 1 })
})

test('a directory without files says so', async t => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'empty'))
  strictEqual(
    (await failure(folder)).message,
    `lines: no files in the directory ${folder}; put text files there, or give another one`
  )
})

test('a binary file in a directory is named', async t => {
  const folder = await temporary(t)
  await writeFile(join(folder, 'a.txt'), 'one\n')
  await writeFile(join(folder, 'b.bin'), Uint8Array.of(1, 2, 3, 0))
  ok(
    (await failure(folder)).message.startsWith(
      `lines: ${join(folder, 'b.bin')} looks binary (a zero byte at offset 3)`
    )
  )
})

test('options out of range are refused before anything is read', () => {
  for (const [options, message] of [
    [{ from: -1 }, 'lines: from must be a whole number of bytes, at least 0; got -1'],
    [{ maxLineBytes: 1.5 }, 'lines: maxLineBytes must be a whole number, at least 16; got 1.5']
  ] as const) {
    throws(() => lines('x', options), { name: 'RangeError', message })
  }
})

test('an aborted stream ends without an error', async t => {
  const path = join(await temporary(t), 'text.txt')
  await writeFile(path, manyBytes)
  const abort = new AbortController()
  let chunks = 0
  for await (const _ of lines(path, { signal: abort.signal }).chunks()) {
    chunks++
    abort.abort()
  }
  strictEqual(chunks, 1)
  deepStrictEqual(await Array.fromAsync(lines(path, { signal: abort.signal })), [])
})
