import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Delta, deltaOfPacked, rowIncrements, splitDelta, sumDeltas } from '../../src/models/delta.ts'

const DIM = 3
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

/** A delta with few possible keys, so that rows meet. */
const delta: fc.Arbitrary<Delta> = fc
  .uniqueArray(fc.nat({ max: 7 }), { maxLength: 6 })
  .chain(keys =>
    fc.record({
      keys: fc.constant(keys),
      increments: fc.array(i32, { minLength: keys.length * DIM, maxLength: keys.length * DIM }),
      accumulators: fc.array(i32, { minLength: keys.length, maxLength: keys.length }),
      counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: keys.length, maxLength: keys.length })
    })
  )
  .map(({ keys, increments, accumulators, counts }) =>
    // Adding it up alone puts its rows in order.
    sumDeltas([
      {
        dim: DIM,
        keys: Uint32Array.from(keys.flatMap(key => [key & 3, key >> 2])),
        increments: Int32Array.from(increments),
        accumulators: Int32Array.from(accumulators),
        counts: Uint32Array.from(counts)
      }
    ])
  )

test('a sum of deltas is the same in any order', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 5 }), fc.array(fc.nat()), (deltas, order) => {
      const shuffled = deltas
        .map((one, i) => ({ one, place: order[i] ?? 0 }))
        .sort((a, b) => a.place - b.place)
        .map(({ one }) => one)
      deepStrictEqual(sumDeltas(shuffled), sumDeltas(deltas))
    })
  )
})

test('a sum of deltas is the same in any grouping', () => {
  fc.assert(
    fc.property(fc.array(delta, { maxLength: 6 }), fc.nat({ max: 6 }), (deltas, cut) => {
      const grouped = sumDeltas([sumDeltas(deltas.slice(0, cut)), sumDeltas(deltas.slice(cut))])
      deepStrictEqual(grouped, sumDeltas(deltas))
    })
  )
})

test('the parts of a split delta sum to it, whatever their size', () => {
  fc.assert(
    fc.property(delta, fc.integer({ min: 1, max: 4 }), (one, rows) => {
      const parts = splitDelta(one, rows)
      for (const part of parts) strictEqual(part.counts.length <= rows, true)
      deepStrictEqual(sumDeltas(parts), one)
    })
  )
})

test('rows of one key are added, values, accumulators and counts', () => {
  const one: Delta = {
    dim: 1,
    keys: Uint32Array.of(7, 0, 1, 5),
    increments: Int32Array.of(100, 3),
    accumulators: Int32Array.of(10, 1),
    counts: Uint32Array.of(1, 2)
  }
  const other: Delta = {
    dim: 1,
    keys: Uint32Array.of(1, 5, 9, 9),
    increments: Int32Array.of(-5, 8),
    accumulators: Int32Array.of(4, 5),
    counts: Uint32Array.of(1, 1)
  }
  deepStrictEqual(sumDeltas([one, other]), {
    dim: 1,
    keys: Uint32Array.of(7, 0, 1, 5, 9, 9),
    increments: Int32Array.of(100, -2, 8),
    accumulators: Int32Array.of(10, 5, 5),
    counts: Uint32Array.of(1, 3, 1)
  })
})

test('a packed row becomes q << shift under its key, ascending by key', () => {
  const packed = {
    rows: Uint32Array.of(0, 2),
    shifts: Uint8Array.of(0, 4),
    values: Int8Array.of(1, -1, 127, -127),
    accumulators: Int32Array.of(3, 5)
  }
  const keys = Uint32Array.of(50, 9, 0, 0, 60, 8)
  const made = deltaOfPacked(packed, keys)
  deepStrictEqual(made, {
    dim: 2,
    keys: Uint32Array.of(60, 8, 50, 9),
    increments: Int32Array.of(2032, -2032, 1, -1),
    accumulators: Int32Array.of(5, 3),
    counts: Uint32Array.of(1, 1)
  })
  deepStrictEqual(rowIncrements(made, Uint32Array.of(2, 0)), {
    rows: Uint32Array.of(2, 0),
    increments: made.increments,
    accumulators: made.accumulators,
    counts: made.counts
  })
})

test('rows of different widths cannot be added', () => {
  const row = (dim: number): Delta => ({
    dim,
    keys: Uint32Array.of(1, 1),
    increments: new Int32Array(dim),
    accumulators: Int32Array.of(0),
    counts: Uint32Array.of(1)
  })
  throws(() => sumDeltas([row(4), row(8)]), /delta: rows of 4 and of 8 values cannot be added/)
  throws(() => splitDelta(row(4), 0), /delta: rows a part must be at least 1; got 0/)
})
