import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from 'node:assert'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { z } from 'zod'
import { type CsvOptions, csv } from '../../src/sources/csv.ts'
import { SourceError } from '../../src/sources/source-error.ts'
import { temporary } from './temporary.ts'

async function written(t: TestContext, text: string | Buffer, name = 'table.csv'): Promise<string> {
  const path = join(await temporary(t), name)
  await writeFile(path, text)
  return path
}

const read = async (path: string, options: CsvOptions<false, Record<string, string>> = {}) =>
  Array.fromAsync(csv(path, options))

const birds = new URL('../../node_modules/vega-datasets/data/birdstrikes.csv', import.meta.url)

test('rows are objects by the names in the header; quotes hold delimiters, line ends and quotes', async t => {
  const path = await written(t, '\ufeffname,text\r\n"a","b, ""c""\nd"\r\n\r\nü,\r\n')
  deepStrictEqual(await read(path), [
    { name: 'a', text: 'b, "c"\nd' },
    { name: 'ü', text: '' }
  ])
})

test('columns may be given for a file without a header, and delimiter and quote may be others', async t => {
  const path = await written(t, "1;'a;b'\n2;\"c\n")
  deepStrictEqual(await read(path, { columns: ['id', 'text'], delimiter: ';', quote: "'" }), [
    { id: '1', text: 'a;b' },
    { id: '2', text: '"c' }
  ])
  const tabs = await written(t, 'a\tb\n"1\t2"\n')
  deepStrictEqual(await read(tabs, { delimiter: '\t', quote: false }), [{ a: '"1', b: '2"' }])
})

test('a real file gives what the parser makes of it whole', async () => {
  const expected = parse(await readFile(birds), { columns: true }) as Record<string, string>[]
  deepStrictEqual(await Array.fromAsync(csv(birds)), expected)
})

test('any fields come back as they were, with quotes or without', async t => {
  const field = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.stringMatching(/^[a,"\n\r]{0,4}$/),
    fc.string({ unit: 'grapheme', maxLength: 4 })
  )
  // A byte-order mark would go, and an empty row is none.
  const row = fc
    .record({ a: field, b: field, c: field })
    .map(({ a, b, c }) => ({ a: a.replaceAll('\ufeff', ''), b, c }))
  const folder = await temporary(t)
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.boolean(), async (rows, windows) => {
      const path = join(folder, 'any.csv')
      const record_delimiter = windows ? 'windows' : 'unix'
      await writeFile(
        path,
        stringify(rows, {
          header: true,
          columns: ['a', 'b', 'c'],
          record_delimiter,
          quote_record_delimiter: true
        })
      )
      deepStrictEqual(await read(path), rows)
    }),
    { numRuns: 150 }
  )
})

const many = Array.from({ length: 20_000 }, (_, id) => ({
  id: `${id}`,
  text: `row "${id}"\nof a longer table`
}))
const manyText = stringify(many, { header: true })

for (const [name, pack] of [
  ['many.csv', (text: string) => Buffer.from(text)],
  ['many.csv.gz', gzipSync],
  ['many.csv.zst', zstdCompressSync]
] as const) {
  test(`${name} can be gone on with at any chunk, with a header or with columns`, async t => {
    const path = await written(t, pack(manyText), name)
    const chunks = await Array.fromAsync(csv(path).chunks())
    deepStrictEqual(
      chunks.flatMap(chunk => [...chunk]),
      many
    )
    ok(chunks.length >= 10)
    strictEqual(chunks.at(-1)?.position?.bytes, Buffer.byteLength(manyText))
    let seen = 0
    for (const [i, chunk] of chunks.entries()) {
      seen += chunk.length
      if (i % 5 !== 0) continue
      const from = chunk.position?.bytes ?? 0
      deepStrictEqual(await read(path, { from }), many.slice(seen))
      deepStrictEqual(await read(path, { from, columns: ['id', 'text'] }), many.slice(seen))
    }
  })
}

test('each file of a folder has its own header, also when reading goes on inside of it', async t => {
  const folder = await temporary(t)
  await mkdir(join(folder, 'b'))
  await writeFile(join(folder, 'a.csv'), 'x,y\n1,2\n3,4')
  await writeFile(join(folder, 'b', 'b.csv'), '\ufeffy,x\n5,6\n7,8\n')
  const rows = [
    { x: '1', y: '2' },
    { x: '3', y: '4' },
    { y: '5', x: '6' },
    { y: '7', x: '8' }
  ]
  deepStrictEqual(await read(folder), rows)
  for (const [from, left] of [
    [8, 3],
    [11, 2],
    [18, 2],
    [22, 1],
    [26, 0]
  ] as const) {
    deepStrictEqual(await read(folder, { from }), rows.slice(4 - left), `from ${from}`)
  }
  await rejects(read(folder, { from: 100 }), {
    name: 'SourceError',
    message: `csv: wanted to go on at byte 100 of ${folder}, which has 26; it has changed, start from 0`
  })
})

test('numbers are cast only where that is asked for and loses nothing', async t => {
  const numbers = ['0', '-1.5', '1e3', '2.50', '9007199254740991']
  const texts = ['007', '9007199254740993', '1e999', '', '-', ' 1', '0x1', '1_0', 'NaN']
  const path = await written(t, `n\n${[...numbers, ...texts].map(field => `"${field}"`).join('\n')}\n`)
  deepStrictEqual(
    (await Array.fromAsync(csv(path, { cast: true }))).map(row => row.n),
    [...numbers.map(Number), ...texts]
  )
  deepStrictEqual(
    (await read(path)).map(row => row.n),
    [...numbers, ...texts]
  )
})

test('bad rows stop the stream after what came before, are skipped and counted, or handed to a function', async t => {
  const text = 'a,b\n1,2\n3\n4,5,6\n"7"x,8\n9,1"0\n11,12\n"13,14\n15,16\n'
  const path = await written(t, text)
  const seen: unknown[] = []
  const error = await (async () => {
    for await (const row of csv(path)) seen.push(row)
  })().catch(error => error)
  ok(error instanceof SourceError)
  strictEqual(
    error.message,
    `csv: row 3 of ${path}: it has 1 fields, wanted 2 (a, b); repair the row, or leave such rows out with onError`
  )
  deepStrictEqual(seen, [{ a: '1', b: '2' }])

  const good = [
    { a: '1', b: '2' },
    { a: '11', b: '12' },
    { a: '15', b: '16' }
  ]
  const skipping = csv(path, { onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(skipping), good)
  strictEqual(skipping.failed, 5)

  const dead: string[] = []
  const rows = csv(path, { onError: (row, error) => dead.push(`${row} – ${error.message}`) })
  deepStrictEqual(await Array.fromAsync(rows), good)
  const expected = [
    /^3 – csv: row 3 of .*: it has 1 fields/,
    /^4,5,6 – csv: row 4 of .*: it has 3 fields/,
    /^"7"x,8 – csv: row 5 of .*: something stands between a closing quote and the end of its field/,
    /^9,1"0 – csv: row 6 of .*: a quote stands inside a field that has none around it/,
    /^"13,14 – csv: row 8 of .*: a quote is not closed/
  ]
  strictEqual(dead.length, expected.length)
  expected.forEach((line, i) => {
    match(dead[i] ?? '', line)
  })
})

test('a row that is too long is a bad row and is never held whole', async t => {
  const path = await written(t, `a,b\n1,${'x'.repeat(3_000_000)}\n2,y\n`)
  const rows = csv(path, { onError: 'skip', maxRowBytes: 1000 })
  deepStrictEqual(await Array.fromAsync(rows), [{ a: '2', b: 'y' }])
  strictEqual(rows.failed, 1)
  await rejects(
    read(path, { maxRowBytes: 1000 }),
    /row 2 of .*: it is longer than maxRowBytes; repair the row/
  )
})

test('a schema gives items their type, and what it refuses is a bad row', async t => {
  const path = await written(t, 'origin,delay\nSFO,3\n,x\n')
  const flight = z.object({ origin: z.string().min(1), delay: z.number() })
  const flights = csv(path, { cast: true, as: flight.parse, onError: 'skip' })
  const items: { origin: string; delay: number }[] = await Array.fromAsync(flights)
  deepStrictEqual(items, [{ origin: 'SFO', delay: 3 }])
  strictEqual(flights.failed, 1)
})

test('a header that names no columns is refused, whatever the policy for rows', async t => {
  for (const [text, message] of [
    ['a,,b\n1,2,3\n', /row 1 of .*: wanted a name of its own for each column; got \["a","","b"\]/],
    ['a,a\n1,2\n', /wanted a name of its own for each column/],
    ['a,__proto__\n1,2\n', /wanted a name of its own for each column/],
    ['\n1,2\n', /row 1 of .* should name the columns, and is blank/],
    ['"a,b\n', /row 1 of .* should name the columns: a quote is not closed; repair it/]
  ] as const) {
    await rejects(read(await written(t, text), { onError: 'skip' }), { name: 'SourceError', message })
  }
})

test('an empty file and one that has only a header have no rows', async t => {
  deepStrictEqual(await read(await written(t, '')), [])
  deepStrictEqual(await read(await written(t, 'a,b')), [])
})

test('an abort ends the stream; a reader that stops early is no error', async t => {
  const path = await written(t, manyText)
  const abort = new AbortController()
  let count = 0
  for await (const chunk of csv(path, { signal: abort.signal }).chunks()) {
    count += chunk.length
    abort.abort()
  }
  ok(count > 0 && count < many.length)
  for await (const row of csv(path)) {
    deepStrictEqual(row, many[0])
    break
  }
})

test('what cannot be read says so as csv, and options are checked', async t => {
  const path = join(await temporary(t), 'absent.csv')
  await rejects(read(path), { name: 'SourceError', message: /^csv: no file .*absent\.csv; give a file/ })
  await rejects(read(await written(t, 'a\0b\n')), /^SourceError: csv: .* looks binary/)
  throws(() => csv(path, { delimiter: '::' }), /^RangeError: csv: delimiter must be one ASCII character/)
  throws(() => csv(path, { quote: '“' }), /^RangeError: csv: quote must be one ASCII character/)
  throws(() => csv(path, { quote: ',' }), /^RangeError: csv: quote and delimiter must differ/)
  throws(() => csv(path, { from: -1 }), /^RangeError: csv: from must be a whole number of bytes/)
  throws(() => csv(path, { maxRowBytes: 3 }), /^RangeError: csv: maxRowBytes must be/)
})
