import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { linesOf } from '../../src/sources/memory.ts'

test('each string is a line, or several where it has line ends inside', async () => {
  deepStrictEqual(await Array.fromAsync(linesOf(['one', 'two\nthree', '', 'four\n', '\n'])), [
    'one',
    'two',
    'three',
    '',
    'four',
    ''
  ])
  deepStrictEqual(await Array.fromAsync(linesOf([])), [])
})

test('any strings without line ends come back as they were', async () => {
  const line = fc.string({ unit: 'grapheme' }).map(text => text.replaceAll(/[\r\n]/g, ''))
  await fc.assert(
    fc.asyncProperty(fc.array(line), async lines => {
      deepStrictEqual(await Array.fromAsync(linesOf(lines)), lines)
    })
  )
})

test('many strings become a few chunks, which say how far they are and where to go on', async () => {
  const strings = Array.from({ length: 100_000 }, (_, i) => `línea ${i}`)
  const chunks = await Array.fromAsync(linesOf(strings).chunks())
  ok(chunks.length >= 2 && chunks.length < 10)
  const [first, last] = [chunks[0], chunks.at(-1)]
  ok((first?.position?.share ?? 1) < 1)
  strictEqual(last?.position?.share, 1)
  const rest = linesOf(strings, { from: first?.position?.bytes ?? 0 })
  deepStrictEqual(await Array.fromAsync(rest), strings.slice(first?.length))
  await rejects(
    Array.fromAsync(linesOf(['one'], { from: 5 })),
    /^SourceError: lines: wanted to go on at byte 5/
  )
})

test('strings may come from any iterable, of which no more is taken than is read', async () => {
  let taken = 0
  async function* endless() {
    for (;;) yield `line ${taken++} ${'x'.repeat(1000)}`
  }
  let count = 0
  for await (const _ of linesOf(endless())) if (++count === 10) break
  ok(taken < 2000, `${taken} strings were taken`)
})
