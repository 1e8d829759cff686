import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { csvFile } from '../../src/sinks/file-csv.ts'
import { linesFile } from '../../src/sinks/file-lines.ts'
import { csv } from '../../src/sources/csv.ts'
import { lines } from '../../src/sources/lines.ts'
import { temporary } from '../sources/temporary.ts'
import { textOf } from './growing-file.ts'

async function* each<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items
}

test('objects are rows under a header, quoted where they must be', async t => {
  const path = join(await temporary(t), 'out.csv')
  const items = [
    { text: 'a "quoted", text\nof two lines', n: 1.5, yes: true, day: new Date(0), 'a.b': [1, 'x'] },
    { text: '', n: -0, yes: false, day: null, 'a.b': { c: 2 } },
    { n: 3 }
  ]
  deepStrictEqual(await csvFile(path)(each(items)), { items: 3 })
  strictEqual(
    await textOf(path),
    'text,n,yes,day,a.b\n' +
      '"a ""quoted"", text\nof two lines",1.5,true,1970-01-01T00:00:00.000Z,"[1,""x""]"\n' +
      ',0,false,,"{""c"":2}"\n' +
      ',3,,,\n'
  )
})

test('any rows are read back as they were', async t => {
  const folder = await temporary(t)
  const field = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.stringMatching(/^[;,"\n\r ]{0,3}$/)
  )
  const table = fc
    .uniqueArray(field, { minLength: 1, maxLength: 4 })
    .map(names => names.map((name, i) => `${name.replaceAll('\ufeff', '')}${i}`))
    .chain(columns =>
      fc.record({
        columns: fc.constant(columns),
        rows: fc.array(fc.array(field, { minLength: columns.length, maxLength: columns.length }), {
          maxLength: 8
        }),
        delimiter: fc.constantFrom(',', ';', '\t')
      })
    )
  let run = 0
  await fc.assert(
    fc.asyncProperty(table, async ({ columns, rows, delimiter }) => {
      const path = join(folder, `${run++}.csv`)
      const items = rows.map(row => Object.fromEntries(columns.map((name, i) => [name, row[i] ?? ''])))
      await csvFile(path, { columns, delimiter })(each(items))
      deepStrictEqual(await Array.fromAsync(csv(path, { delimiter })), items)
    }),
    { numRuns: 100 }
  )
})

test('columns say what is written and in which order; without them no item may have more than the first', async t => {
  const folder = await temporary(t)
  const items = [
    { a: 1, b: 2 },
    { a: 3, b: 4, c: 5 }
  ]
  await csvFile(join(folder, 'a'), { columns: ['b', 'a'] })(each(items))
  strictEqual(await textOf(join(folder, 'a')), 'b,a\n2,1\n4,3\n')
  await rejects(csvFile(join(folder, 'b'))(each(items)), {
    name: 'SinkError',
    message: 'csvFile: item 1: "c" is no column of the first item; say with columns what to write'
  })
  strictEqual(await textOf(join(folder, 'b')), 'a,b\n1,2\n')
})

test('each file has its header, and one with another header is not gone on with', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'out.csv')
  const rows = Array.from({ length: 500 }, (_, id) => ({ id: `${id}`, text: 'x' }))
  await csvFile(path, { rotateBytes: 1000 })(each(rows))
  const parts = (await readdir(folder)).sort()
  deepStrictEqual(parts.slice(0, 2), ['out-000001.csv', 'out-000002.csv'])
  deepStrictEqual(await Array.fromAsync(csv(folder)), rows)

  const before = await textOf(path)
  await csvFile(path, { append: true })(each([{ id: 'more', text: 'y' }]))
  strictEqual(await textOf(path), `${before}more,y\n`)
  await rejects(csvFile(path, { append: true })(each([{ id: 1, word: 'y' }])), {
    name: 'SinkError',
    message: `csvFile: ${path} begins with "id,text", and the items with "id,word"; give another name`
  })
  await writeFile(join(folder, 'empty.csv'), '')
  await csvFile(join(folder, 'empty.csv'), { append: true })(each([{ a: 1 }]))
  strictEqual(await textOf(join(folder, 'empty.csv')), 'a\n1\n')
})

test('a compressed file is gone on with under its header', async t => {
  const path = join(await temporary(t), 'out.csv.gz')
  await csvFile(path)(each([{ a: 1 }]))
  await csvFile(path, { append: true })(each([{ a: 2 }]))
  strictEqual(gunzipSync(await readFile(path)).toString(), 'a\n1\n2\n')
  await rejects(csvFile(path, { append: true })(each([{ b: 2 }])), /begins with "a"/)
})

test('a stream without items leaves a file only where its columns are known', async t => {
  const folder = await temporary(t)
  await csvFile(join(folder, 'a'), { columns: ['x', 'y'] })(each([]))
  strictEqual(await textOf(join(folder, 'a')), 'x,y\n')
  deepStrictEqual(await csvFile(join(folder, 'b'))(each([])), { items: 0 })
  strictEqual(existsSync(join(folder, 'b')), false)
})

test('what is no row says so', async t => {
  const folder = await temporary(t)
  for (const [name, items, message] of [
    ['a', [1], 'csvFile: item 0: wanted an object; got number, map it to one'],
    ['b', [{ x: 1 }, [1]], 'csvFile: item 1: wanted an object; got an array, map it to one'],
    ['c', [null], 'csvFile: item 0: wanted an object; got null, map it to one'],
    ['d', [{}], 'csvFile: item 0: wanted columns; it has none'],
    ['e', [{ x: new Date(Number.NaN) }], 'csvFile: item 0: Invalid time value; map it to text and numbers']
  ] as const) {
    await rejects(csvFile<object>(join(folder, name))(each(items as unknown as object[])), {
      name: 'SinkError',
      message
    })
  }
  throws(() => csvFile('x', { columns: [] }), /^RangeError: csvFile: columns must be one at least/)
  throws(() => csvFile('x', { rotateBytes: 1.5 }), /^RangeError: csvFile: rotateBytes must be/)
})

test('linesFile writes strings, one a line, and they are read back', async t => {
  const folder = await temporary(t)
  const path = join(folder, 'out.txt')
  deepStrictEqual(await linesFile(path)(each(['one', 'naïve', '', 'two\nthree'])), { items: 4 })
  deepStrictEqual(await Array.fromAsync(lines(path)), ['one', 'naïve', '', 'two', 'three'])
  await linesFile(join(folder, 'out.gz'), { rotateBytes: 10_000 })(lines(path))
  deepStrictEqual(await Array.fromAsync(lines(join(folder, 'out.gz'))), ['one', 'naïve', '', 'two', 'three'])
  await rejects(linesFile(join(folder, 'odd'))(each([1]) as unknown as AsyncIterable<string>), {
    name: 'SinkError',
    message: 'linesFile: item 0: wanted a string; got number, map it to one'
  })
})
