import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { RecordCutter } from '../../src/sources/record-cutter.ts'

const form = { delimiter: 0x2c, quote: 0x22, maxRecordBytes: 40 }

/** The records of a text that comes in blocks of the sizes given, and those that are too long. */
function cut(text: string, sizes: readonly number[], bound = form.maxRecordBytes) {
  const cutter = new RecordCutter({ ...form, maxRecordBytes: bound })
  const records: string[] = []
  const tooLong: number[] = []
  let done = 0
  const take = () => {
    const taken = cutter.take()
    tooLong.push(...taken.tooLong.map(i => i + records.length))
    taken.ends.forEach((end, i) => {
      records.push(Buffer.from(taken.bytes.subarray(i === 0 ? 0 : taken.ends[i - 1], end)).toString())
    })
  }
  const bytes = Buffer.from(text)
  for (let i = 0; done < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    cutter.push(bytes.subarray(done, done + size))
    done = Math.min(bytes.length, done + size)
    if (cutter.records > 0 && i % 2 === 0) take()
  }
  cutter.endText()
  take()
  strictEqual(cutter.openBytes, 0)
  return { records, tooLong }
}

test('a record ends at a line feed outside of quotes', () => {
  const text = 'a,b\n"a\nb","c""\nd"\r\n\n"",x"y\nlast'
  deepStrictEqual(cut(text, [100]).records, ['a,b\n', '"a\nb","c""\nd"\r\n', '\n', '"",x"y\n', 'last\n'])
})

test('a quote too many costs its line: at the end of the text, or where the record would be too long', () => {
  deepStrictEqual(cut('a\n"b\nc\nd\n', [100]).records, ['a\n', '"b\n', 'c\n', 'd\n'])
  deepStrictEqual(cut(`"a\n${'b\n'.repeat(30)}`, [100]).records, ['"a\n', ...Array(30).fill('b\n')])
  deepStrictEqual(cut('"open', [100]).records, ['"open\n'])
})

test('of a record that is too long the beginning is kept, and the next one begins after its line', () => {
  for (const start of ['', '"']) {
    deepStrictEqual(cut(`a\n${start}${'x'.repeat(100)}\nb\n`, [7]), {
      records: ['a\n', `${start}${'x'.repeat(100)}`.slice(0, 40), 'b\n'],
      tooLong: [1]
    })
  }
  deepStrictEqual(cut('x'.repeat(100), [30]), { records: ['x'.repeat(40)], tooLong: [0] })
  deepStrictEqual(cut(`${'x'.repeat(39)}\n`, [100]), { records: [`${'x'.repeat(39)}\n`], tooLong: [] })
  deepStrictEqual(cut(`${'x'.repeat(40)}\ny\n`, [100]), { records: ['x'.repeat(40), 'y\n'], tooLong: [0] })
})

test('where records end depends on the text alone, not on how it comes in, and nothing is lost but what is too long', () => {
  const text = fc.array(fc.constantFrom('a', ',', '"', '\n', '\r\n', 'é'), { maxLength: 120 })
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(text, sizes, fc.integer({ min: 16, max: 60 }), (parts, sizes, bound) => {
      const whole = parts.join('')
      const once = cut(whole, [whole.length + 1], bound)
      deepStrictEqual(cut(whole, sizes, bound), once)
      const ended = whole === '' || whole.endsWith('\n') ? whole : `${whole}\n`
      if (once.tooLong.length === 0) strictEqual(once.records.join(''), ended)
    }),
    { numRuns: 1000 }
  )
})
