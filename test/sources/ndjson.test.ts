import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { z } from 'zod'
import { linesOf } from '../../src/sources/memory.ts'
import { ndjson } from '../../src/sources/ndjson.ts'
import { parseNdjson } from '../../src/sources/parse-ndjson.ts'
import { SourceError } from '../../src/sources/source-error.ts'
import { chunksOf } from '../../src/stream.ts'
import { temporary } from './temporary.ts'

const many = Array.from({ length: 30_000 }, (_, id) => ({ id, text: `naïve ${id}`, tags: ['a', 'b'] }))
const manyLines = `${many.map(value => JSON.stringify(value)).join('\n')}\n`

test('parseNdjson gives back any values that were written as JSON', async () => {
  const values = fc.array(fc.jsonValue())
  await fc.assert(
    fc.asyncProperty(values, async values => {
      const written = values.map(value => JSON.stringify(value))
      deepStrictEqual(
        await Array.fromAsync(parseNdjson()(linesOf(written))),
        written.map(line => JSON.parse(line))
      )
    })
  )
})

test('a file, plain or compressed, gives its values and can be gone on with at any chunk', async t => {
  const folder = await temporary(t)
  for (const [name, bytes] of [
    ['plain.ndjson', Buffer.from(manyLines)],
    ['packed.ndjson.gz', gzipSync(manyLines)],
    ['packed.ndjson.zst', zstdCompressSync(manyLines)]
  ] as const) {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const chunks = await Array.fromAsync(ndjson(path).chunks())
    deepStrictEqual(
      chunks.flatMap(chunk => [...chunk]),
      many
    )
    ok(chunks.length >= 3, 'values come in chunks')
    strictEqual(chunks.at(-1)?.position?.bytes, Buffer.byteLength(manyLines))
    const from = chunks[0]?.position?.bytes ?? 0
    deepStrictEqual(await Array.fromAsync(ndjson(path, { from })), many.slice(chunks[0]?.length))
  }
})

test('a folder gives the values of its files, and blank lines and a byte-order mark are none', async t => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'a.ndjson'), '\ufeff{"a":1}\r\n\r\n  \n[2]')
  await writeFile(join(folder, 'inner', 'b.ndjson'), 'null\n"three"\n')
  deepStrictEqual(await Array.fromAsync(ndjson(folder)), [{ a: 1 }, [2], null, 'three'])
})

test('a followed file gives values as they are written, until it is aborted', async t => {
  const path = join(await temporary(t), 'growing.ndjson')
  await writeFile(path, '{"n":1}\n')
  const abort = new AbortController()
  t.after(() => abort.abort())
  const values = ndjson(path, { follow: true, signal: abort.signal })[Symbol.asyncIterator]()
  deepStrictEqual((await values.next()).value, { n: 1 })
  await appendFile(path, '{"n":2}\n{"n"')
  deepStrictEqual((await values.next()).value, { n: 2 })
  await appendFile(path, ':3}\n')
  deepStrictEqual((await values.next()).value, { n: 3 })
  abort.abort()
  strictEqual((await values.next()).done, true)
})

test('a line that is no JSON stops the stream after what came before it, naming the file and the line', async t => {
  const path = join(await temporary(t), 'bad.ndjson')
  await writeFile(path, '{"n":1}\n\n{"n":2}\n{oh no}\n{"n":3}\n')
  const seen: unknown[] = []
  const values = ndjson(path)
  const error = await (async () => {
    for await (const value of values) seen.push(value)
  })().catch(error => error)
  ok(error instanceof SourceError)
  match(error.message, /^ndjson: line 4 of .*bad\.ndjson: .*JSON.*; repair the line, or leave such lines out/)
  deepStrictEqual(seen, [{ n: 1 }, { n: 2 }])
  strictEqual(values.failed, 0)
})

test('bad lines are skipped and counted, or handed to a function that is awaited in order', async () => {
  const text = ['1', 'two', '3', '{"four"', '5']
  const skipping = parseNdjson({ onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(skipping(linesOf(text))), [1, 3, 5])
  strictEqual(skipping.failed, 2)

  const dead: string[] = []
  const catching = parseNdjson({
    onError: async (line, error) => {
      await new Promise(setImmediate)
      dead.push(`${line} – ${error.message.slice(0, 20)}`)
    }
  })
  deepStrictEqual(await Array.fromAsync(catching(linesOf(text))), [1, 3, 5])
  deepStrictEqual(dead, ['two – parseNdjson: line 2:', '{"four" – parseNdjson: line 4:'])
  strictEqual(catching.failed, 2)

  const failing = parseNdjson({
    onError: () => {
      throw new Error('the sink is full')
    }
  })
  await rejects(Array.fromAsync(failing(linesOf(text))), {
    name: 'SourceError',
    message: /^parseNdjson: onError failed \(the sink is full\) for: parseNdjson: line 2: /
  })
})

test('a chunk of which nothing is left still has its position', async () => {
  const chunks = await Array.fromAsync(chunksOf(parseNdjson({ onError: 'skip' })(linesOf(['no', 'no']))))
  deepStrictEqual(
    chunks.map(chunk => [chunk.length, chunk.position?.bytes]),
    [[0, 6]]
  )
})

test('a schema gives the items their type, and what it refuses is a bad line', async () => {
  const flight = z.object({ origin: z.string(), delay: z.number().default(0) })
  const read = parseNdjson({ as: flight.parse, onError: 'skip' })
  const flights: { origin: string; delay: number }[] = await Array.fromAsync(
    read(linesOf(['{"origin":"SFO","delay":3}', '{"origin":7}', '{"origin":"JFK"}']))
  )
  deepStrictEqual(flights, [
    { origin: 'SFO', delay: 3 },
    { origin: 'JFK', delay: 0 }
  ])
  strictEqual(read.failed, 1)
  await rejects(Array.fromAsync(parseNdjson({ as: flight.parse })(linesOf(['{}']))), {
    name: 'SourceError',
    message: /^parseNdjson: line 1: [^\n]+; repair the line/
  })
})

test('a line longer than the bound is a bad line, whatever it holds', async t => {
  const path = join(await temporary(t), 'long.ndjson')
  await writeFile(path, `1\n"${'x'.repeat(1000)}"\n2\n`)
  const values = ndjson(path, { maxLineBytes: 600, onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(values), [1, 2])
  strictEqual(values.failed, 2, 'it came in two pieces')
})

test('what cannot be read says so as ndjson', async t => {
  const path = join(await temporary(t), 'absent.ndjson')
  await rejects(Array.fromAsync(ndjson(path)), {
    name: 'SourceError',
    message: `ndjson: no file ${path}; give a file, a directory, a URL, or - for standard input`
  })
  throws(() => ndjson(path, { from: -1 }), RangeError)
  throws(() => ndjson(path, { onError: 'ignore' as 'skip' }), {
    name: 'TypeError',
    message: "ndjson: onError must be 'stop', 'skip' or a function; got ignore"
  })
})
