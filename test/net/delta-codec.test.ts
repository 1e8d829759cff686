import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyOf } from '../../src/models/word-key.ts'
import { CodecError, NoRoomError } from '../../src/net/codec-error.ts'
import { decodeDelta, encodeDelta } from '../../src/net/delta-codec.ts'
import { TextsSent } from '../../src/net/texts-sent.ts'
import type { Delta, RowChanges } from '../../src/types.ts'
import { deltas, joined, meaning, tableShape } from './deltas.ts'
import { numberNames, WordNames } from './row-names.ts'

const words = ['a', 'the', 'naïve', '語', '𝒳', '\ufeffmark', 'x'.repeat(256), 'of', 'and', 'to', 'in', 'it']
const tables = [tableShape('input', 4, 16), tableShape('output', 8, 20)]
const shuffles = fc.shuffledSubarray(words, { minLength: 0 })
const wordDeltas = deltas(tables, words.length)

const encode = (delta: Delta, names: WordNames, sent = new TextsSent()) =>
  joined(encodeDelta(delta, names, sent))

test('what one peer writes means the same to another that has the words in another order, or not yet', () => {
  fc.assert(
    fc.property(wordDeltas, shuffles, fc.nat({ max: 3 }), (delta, theirs, offset) => {
      const names = new WordNames(16, words)
      const others = new WordNames(16, theirs)
      const bytes = encode(delta, names)
      const moved = new Uint8Array(bytes.length + offset).subarray(offset)
      moved.set(bytes)

      const decoded = decodeDelta(moved, tables, others)
      deepStrictEqual(meaning(decoded, others), meaning(delta, names))
      for (const { rows } of decoded) ok(rows.every((row, i) => i === 0 || rows[i - 1] < row))
      const named = new Set(delta.flatMap(part => [...part.rows]))
      strictEqual(others.size, new Set([...theirs, ...[...named].map(row => words[row])]).size)
      deepStrictEqual(others.texts.slice(0, theirs.length), theirs)
    })
  )
})

test('rows of a width that is no multiple of four, and rows without texts, come as they went', () => {
  const odd = [tableShape('odd', 3, 40)]
  const names = numberNames(40)
  fc.assert(
    fc.property(deltas(odd, 40), delta => {
      const bytes = joined(encodeDelta(delta, names, new TextsSent()))
      deepStrictEqual(meaning(decodeDelta(bytes, odd, names), names), meaning(delta, names))
    })
  )
})

test('a row of a table costs its values, 9 bytes and its key, which the tables share', () => {
  const size = 3200
  const names = numberNames(size)
  const shapes = [tableShape('input', 100, size), tableShape('output', 100, size)]
  const change = changes({ dim: 100, rows: Uint32Array.from({ length: size }, (_, i) => i) })
  const bytes = joined(encodeDelta([change, change], names, new TextsSent()))
  strictEqual(bytes.length, 36 + size * (8 + 2 * (50 + 4 + 4 + 1)))
  const some = changes({ dim: 100, rows: Uint32Array.of(5, 6, 7) })
  strictEqual(
    joined(encodeDelta([change, some], names, new TextsSent())).length,
    36 + size * 67 + size / 8 + 180
  )
  deepStrictEqual(decodeDelta(bytes, shapes, names), [change, change])
})

test('values travel as narrow as they can', () => {
  const names = new WordNames(16, words)
  const widths = [
    [Int8Array.of(-8, 7, 0, 1), 1],
    [Int8Array.of(-9, 8, 0, 1), 1],
    [Int32Array.of(127, -128, 0, 1), 1],
    [Int16Array.of(0, 0, 0, 0), 1],
    [Int32Array.of(128, 0, 0, 0), 2],
    [Int32Array.of(-32768, 32767, 0, 0), 2],
    [Int16Array.of(-129, 0, 0, 0), 2],
    [Int32Array.of(0, 0, 0, 32768), 4],
    [Int32Array.of(0, 0, 0, -(2 ** 31)), 4]
  ] as const
  for (const [values, width] of widths) {
    const change = changes({ dim: 4, rows: Uint32Array.of(1), values })
    const [decoded] = decodeDelta(encode([change, none(8)], names), tables, names)
    strictEqual(decoded.values.BYTES_PER_ELEMENT, width)
    deepStrictEqual([...decoded.values], [...values])
  }
})

test('a text travels once on a link, and not at all to where the word came from', () => {
  const names = new WordNames(16, words)
  const others = new WordNames(16)
  const here = new TextsSent()
  const there = new TextsSent()
  const delta = [changes({ dim: 4, rows: Uint32Array.of(1, 3) }), none(8)]

  const first = encode(delta, names, here)
  decodeDelta(first, tables, others, there)
  deepStrictEqual(others.texts, ['the', '語'])
  const second = encode(delta, names, here)
  strictEqual(first.length - second.length, 12) // a bitmap, two lengths, 3 + 3 bytes
  deepStrictEqual(meaning(decodeDelta(second, tables, others, there), others), meaning(delta, names))

  const back = [changes({ dim: 4, rows: Uint32Array.of(0, 1) }), none(8)]
  strictEqual(encode(back, others, there).length, second.length)
  strictEqual(encode(back, others).length, first.length)
})

test('what is not a delta of these tables is refused, says why, and admits nothing', () => {
  const names = new WordNames(16, words)
  const good = [changes({ dim: 4, rows: Uint32Array.of(0, 1, 2) }), none(8)]
  const refused: [string, Delta | Uint8Array, RegExp][] = [
    ['a table less', [good[0]], /delta: tables must be 2; got 1/],
    [
      'another dim',
      [changes({ dim: 8, rows: Uint32Array.of(0) }), none(8)],
      /dim of table input must be 4; got 8/
    ],
    [
      'a large shift',
      [{ ...good[0], shifts: Uint8Array.of(0, 25, 0) }, good[1]],
      /shifts .*at most 24; got 25/
    ],
    [
      'a large count',
      edit([{ ...good[0], counts: Uint32Array.of(0, 0, 12345) }, good[1]], bytes =>
        setU32(bytes, 4 * new Uint32Array(bytes.buffer).indexOf(12345), 2 ** 24 + 1)
      ),
      /counts .*at most 16777216; got 16777217/
    ],
    ['a row twice', edit(good, bytes => bytes.copyWithin(20, 12, 20)), /each row must come once/],
    [
      'more rows than there can be',
      edit(good, bytes => setU32(bytes, 4, 17)),
      /number of rows must be at most 16; got 17/
    ],
    ['rows that are not there', edit(good, bytes => setU32(bytes, 4, 16)), /must have \d+ bytes; got/],
    [
      'more texts than rows',
      edit(good, bytes => setU32(bytes, 8, 4)),
      /number of texts must be at most 3; got 4/
    ],
    ['fewer texts than it says', edit(good, bytes => setU32(bytes, 36, 3)), /3 rows must have a text; got 2/],
    [
      'more texts than it says',
      edit(good, bytes => setU32(bytes, 8, 2)),
      /2 rows must have a text; got more/
    ],
    ['a row without its text', edit(good, (_, known) => known), /must come with its text; got none/],
    ['a text of other bytes', edit(good, bytes => bytes.fill(0xff, 43, 44)), /text of a row must be UTF-8/],
    [
      'values of 3 bits',
      edit(good, bytes => setU32(bytes, 64, 3)),
      /bits of values of table input must be 8, 16 or 32, or 4 where dim is a multiple of 4; got 3/
    ],
    [
      'filling that is not zero',
      edit(good, bytes => bytes.fill(1, bytes.length - 17, bytes.length - 16)),
      /filling/
    ],
    [
      'another byte',
      edit(good, bytes => joined([bytes, new Uint8Array(1)])),
      /nothing must follow; got 1 bytes more/
    ],
    ['nothing', new Uint8Array(0), /the number of tables must have 4 bytes; got 0/]
  ]
  for (const [what, wrong, reason] of refused) {
    const others = new WordNames(16, ['naïve'])
    const bytes = wrong instanceof Uint8Array ? wrong : encode(wrong, names)
    throws(
      () => decodeDelta(bytes, tables, others),
      (error: unknown) => error instanceof CodecError && reason.test(error.message),
      what
    )
    deepStrictEqual(others.texts, ['naïve'], what)
  }
  strictEqual(decodeDelta(encode(good, names), tables, new WordNames(16, ['naïve']))[0].rows.length, 3)
})

test('counts that add up to more than the other side takes are sent as the most it takes', () => {
  const names = new WordNames(16, words)
  const delta = [changes({ dim: 4, rows: Uint32Array.of(0), counts: Uint32Array.of(2 ** 25) }), none(8)]
  strictEqual(decodeDelta(encode(delta, names), tables, names)[0].counts[0], 2 ** 24)
})

test('rows that a table has must be among those of the message', () => {
  const names = numberNames(16)
  const two = [changes({ dim: 4, rows: Uint32Array.of(0, 1) }), changes({ dim: 8, rows: Uint32Array.of(1) })]
  const bytes = joined(encodeDelta(two, names, new TextsSent()))
  const bitmap = 4 + 8 + 16 + 12 + 2 * 8 + 4 + 4 + 12
  strictEqual(new DataView(bytes.buffer).getUint32(bitmap, true), 0b10)
  for (const wrong of [0b00, 0b11, 0b100, 0b110, 0x80000000]) {
    const changed = bytes.slice()
    setU32(changed, bitmap, wrong)
    throws(() => decodeDelta(changed, tables, names), /which rows of table output must be 1 of 2/)
  }
})

test('an unknown key that comes twice, or with the text of another, is refused', () => {
  const names = new WordNames(16, words)
  const delta = [changes({ dim: 4, rows: Uint32Array.of(0, 1) }), none(8)]
  const twice = encode(delta, names)
  twice.copyWithin(20, 12, 20)
  throws(() => decodeDelta(twice, tables, new WordNames(16)), /each row must come once/)
  const other = encode(delta, names)
  other.set(new Uint8Array(keyOf('other').buffer), 20)
  const others = new WordNames(16)
  throws(() => decodeDelta(other, tables, others), /a text must belong to its key; got "the"/)
  strictEqual(others.size, 0)
})

test('words that find no room are told apart from wrong bytes, and none of them is admitted', () => {
  const names = new WordNames(16, words)
  const bytes = encode([changes({ dim: 4, rows: Uint32Array.of(0, 1) }), none(8)], names)
  const small = [tableShape('input', 4, 2), tableShape('output', 8, 2)]
  const others = new WordNames(2, ['in'])
  throws(
    () => decodeDelta(bytes, small, others),
    (error: unknown) =>
      error instanceof NoRoomError &&
      /find room \(raise the capacity, now 2\); got 2 beside 1/.test(error.message)
  )
  deepStrictEqual(others.texts, ['in'])
  throws(() => decodeDelta(bytes, tables, new WordNames(1)), NoRoomError)
})

test('rows that are only numbers take no texts', () => {
  const names = new WordNames(16, words)
  const bytes = encode([changes({ dim: 4, rows: Uint32Array.of(0) }), none(8)], names)
  throws(() => decodeDelta(bytes, tables, numberNames(16)), /only numbers must have no texts; got 1/)
})

/** Changes of a row or more, shift 1, count 1; by default each value is its row. */
function changes(some: Pick<RowChanges, 'dim' | 'rows'> & Partial<RowChanges>): RowChanges {
  const { dim, rows } = some
  return {
    shifts: new Uint8Array(rows.length).fill(1),
    values: Int8Array.from({ length: rows.length * dim }, (_, i) => rows[Math.floor(i / dim)] % 8),
    accumulators: Int32Array.from(rows),
    counts: new Uint32Array(rows.length).fill(1),
    ...some
  }
}

/** Changes of no row. */
function none(dim: number): RowChanges {
  return changes({ dim, rows: new Uint32Array(0) })
}

/** The bytes of a delta after `change` has been at them, or what it returns; `known` are those where all texts were sent before. */
function edit(
  delta: Delta,
  change: (bytes: Uint8Array, known: Uint8Array) => Uint8Array | undefined
): Uint8Array {
  const names = new WordNames(16, words)
  const sent = new TextsSent()
  const bytes = encode(delta, names, sent)
  return change(bytes, encode(delta, names, sent)) ?? bytes
}

function setU32(bytes: Uint8Array, at: number, value: number): undefined {
  new DataView(bytes.buffer).setUint32(at, value, true)
}
