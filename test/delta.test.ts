import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  deltaBytes,
  emptyDelta,
  expandRows,
  isEmptyDelta,
  negateDelta,
  splitDelta,
  subtractDelta,
  sumDeltas
} from '../src/delta.ts'
import type { Delta, RowChanges } from '../src/types.ts'

const WIDTHS = [3, 2]
const TABLES = WIDTHS.map(dim => ({ dim }))

/** Few possible rows, so that they meet; rows far apart, since memory must not follow their numbers. */
const row = fc.constantFrom(0, 1, 2, 5, 70_000, 2 ** 31, 2 ** 32 - 2)

function changes(dim: number): fc.Arbitrary<RowChanges> {
  const values = fc.oneof(
    fc.record({ Type: fc.constant(Int8Array), value: fc.constant(fc.integer({ min: -127, max: 127 })) }),
    fc.record({
      Type: fc.constant(Int16Array),
      value: fc.constant(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }))
    }),
    fc.record({
      Type: fc.constant(Int32Array),
      value: fc.constant(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
    })
  )
  return fc.tuple(fc.uniqueArray(row, { maxLength: 5 }), values).chain(([rows, { Type, value }]) => {
    const times = <Value>(count: number, of: fc.Arbitrary<Value>) =>
      fc.array(of, { minLength: count, maxLength: count })
    return fc.record({
      dim: fc.constant(dim),
      rows: fc.constant(Uint32Array.from(rows).sort()),
      shifts: times(rows.length, fc.nat({ max: 24 })).map(shifts => Uint8Array.from(shifts)),
      values: times(rows.length * dim, value).map(all => Type.from(all)),
      accumulators: times(rows.length, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })).map(all =>
        Int32Array.from(all)
      ),
      counts: times(rows.length, fc.integer({ min: 1, max: 9 })).map(all => Uint32Array.from(all))
    })
  })
}

const delta: fc.Arbitrary<Delta> = fc.tuple(...WIDTHS.map(changes))

/** For each table its rows, what they change as i32, accumulators and counts: all that a delta means. */
function meaning(delta: Delta) {
  return delta.map(part => ({
    rows: part.rows,
    increments: expandRows(part, 0, part.rows.length),
    accumulators: part.accumulators,
    counts: part.counts
  }))
}

test('a sum of deltas means the same in any order', () => {
  fc.assert(
    fc.property(
      fc
        .array(delta, { minLength: 1, maxLength: 5 })
        .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      ([deltas, shuffled]) => {
        deepStrictEqual(meaning(sumDeltas(shuffled)), meaning(sumDeltas(deltas)))
      }
    )
  )
})

test('a sum of deltas means the same in any grouping', () => {
  fc.assert(
    fc.property(fc.array(delta, { minLength: 2, maxLength: 6 }), fc.nat({ max: 4 }), (deltas, cut) => {
      const at = 1 + (cut % (deltas.length - 1))
      const grouped = sumDeltas([sumDeltas(deltas.slice(0, at)), sumDeltas(deltas.slice(at))])
      deepStrictEqual(meaning(grouped), meaning(sumDeltas(deltas)))
    })
  )
})

test('a sum is what adding row by row modulo 2^32 gives', () => {
  fc.assert(
    fc.property(fc.array(delta, { minLength: 1, maxLength: 4 }), deltas => {
      const rows = (table: number) => {
        const sums = new Map<number, number[]>()
        for (const { dim, rows, shifts, values, accumulators, counts } of deltas.map(delta => delta[table])) {
          rows.forEach((row, i) => {
            const sum = sums.get(row) ?? new Array<number>(dim + 2).fill(0)
            for (let d = 0; d < dim; d++) sum[d] = (sum[d] + (values[i * dim + d] << shifts[i])) | 0
            sum[dim] = (sum[dim] + accumulators[i]) | 0
            sum[dim + 1] += counts[i]
            sums.set(row, sum)
          })
        }
        return [...sums].sort(([a], [b]) => a - b)
      }
      const found = sumDeltas(deltas).map(part =>
        Array.from(part.rows, (row, i) => [
          row,
          [...expandRows(part, i, i + 1), part.accumulators[i], part.counts[i]]
        ])
      )
      deepStrictEqual(
        found,
        WIDTHS.map((_, table) => rows(table))
      )
    })
  )
})

test('a delta and its negative change no value; what accumulated stays, and the negative counts as one pack', () => {
  fc.assert(
    fc.property(delta, one => {
      const negative = negateDelta(one)
      const counts = (part: RowChanges, more: number) => part.counts.map(count => count + more)
      deepStrictEqual(
        meaning(sumDeltas([one, negative])),
        meaning(one).map((part, table) => ({
          ...part,
          increments: new Int32Array(part.increments.length),
          counts: counts(one[table], 1)
        }))
      )
      for (const part of negative) ok(part.counts.every(count => count === 1))
    })
  )
})

test('taking a part away undoes adding it', () => {
  fc.assert(
    fc.property(delta, delta, (one, other) => {
      deepStrictEqual(meaning(subtractDelta(sumDeltas([one, other]), other)), meaning(one))
      strictEqual(isEmptyDelta(subtractDelta(one, one)), true)
    })
  )
})

test('the parts of a split delta sum to it, and are as large as was said, or one row', () => {
  fc.assert(
    fc.property(delta, fc.integer({ min: 1, max: 100 }), (one, bytes) => {
      const parts = splitDelta(one, bytes)
      for (const part of parts) {
        const rows = part.reduce((sum, { rows }) => sum + rows.length, 0)
        ok(rows === 1 || (rows > 1 && deltaBytes(part) <= bytes), `${rows} rows, ${deltaBytes(part)} bytes`)
      }
      deepStrictEqual(meaning(sumDeltas([emptyDelta(TABLES), ...parts])), meaning(one))
    })
  )
})

test('values are of the narrowest type that holds them', () => {
  const one = (values: RowChanges['values'], shift: number): Delta => [
    {
      dim: 2,
      rows: Uint32Array.of(7),
      shifts: Uint8Array.of(shift),
      values,
      accumulators: Int32Array.of(1),
      counts: Uint32Array.of(1)
    }
  ]
  const sum = (a: Delta, b: Delta) => sumDeltas([a, b])[0]
  deepStrictEqual(
    sum(one(Int8Array.of(100, -100), 3), one(Int8Array.of(27, -28), 3)).values,
    Int8Array.of(127, -128)
  )
  deepStrictEqual(
    sum(one(Int8Array.of(100, -100), 3), one(Int8Array.of(28, 0), 3)).values,
    Int16Array.of(128, -100)
  )
  const wide = sum(one(Int8Array.of(1, 0), 16), one(Int8Array.of(0, -1), 0))
  deepStrictEqual([wide.values, wide.shifts], [Int32Array.of(65536, -1), Uint8Array.of(0)])
  deepStrictEqual(subtractDelta([wide], one(Int8Array.of(1, 0), 16))[0].values, Int8Array.of(0, -1))
})

test('the size of a delta is that of its arrays', () => {
  fc.assert(
    fc.property(delta, one => {
      const arrays = one.flatMap(({ rows, shifts, values, accumulators, counts }) => [
        rows,
        shifts,
        values,
        accumulators,
        counts
      ])
      strictEqual(
        deltaBytes(one),
        arrays.reduce((sum, { byteLength }) => sum + byteLength, 0)
      )
    })
  )
})

test('deltas that do not fit are refused', () => {
  const [empty] = emptyDelta([{ dim: 1 }])
  const row = (row: number, count: number): Delta => [
    {
      ...empty,
      rows: Uint32Array.of(row),
      shifts: Uint8Array.of(0),
      values: Int8Array.of(1),
      accumulators: Int32Array.of(0),
      counts: Uint32Array.of(count)
    }
  ]
  throws(() => sumDeltas([]), /delta: a sum wants at least one delta; got none/)
  throws(() => sumDeltas([[empty], emptyDelta(TABLES)]), /delta: tables of widths \[1\] wanted; got \[3, 2\]/)
  throws(
    () => subtractDelta(row(4, 1), row(5, 1)),
    /delta: 1 packs of row 5 are to be taken away; there are none/
  )
  throws(
    () => subtractDelta(row(4, 1), row(4, 2)),
    /delta: 2 packs of row 4 are to be taken away; there are 1/
  )
})
