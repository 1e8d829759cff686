import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { aliasTable, samplingOf } from '../../src/models/noise.ts'

/** What each column's mass comes to, over all columns; full columns have 2^32 - 1 and themselves as alias. */
function distributionOf(threshold: Uint32Array, alias: Uint32Array): Float64Array {
  const share = new Float64Array(threshold.length)
  threshold.forEach((value, column) => {
    share[column] += value / 2 ** 32 / threshold.length
    share[alias[column]] += (1 - value / 2 ** 32) / threshold.length
  })
  return share
}

test('an alias table has the distribution it was made of', () => {
  const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true }))
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 200 }), fc.nat({ max: 199 }), (weights, some) => {
      weights[some % weights.length] += 1
      const sum = weights.reduce((total, value) => total + value, 0)
      const { threshold, alias } = aliasTable(Float64Array.from(weights))
      distributionOf(threshold, alias).forEach((share, column) => {
        const error = Math.abs(share - weights[column] / sum)
        ok(error <= weights.length * 2 ** -32 + 1e-12, `column ${column}: off by ${error}`)
        // A word without weight must never be drawn, not even by rounding.
        if (weights[column] === 0) strictEqual(share, 0)
      })
    })
  )
})

test('negatives are drawn in proportion to count^0.75', () => {
  const counts = Float64Array.of(10_000, 5, 300, 81)
  const sum = counts.reduce((total, count) => total + count ** 0.75, 0)
  const { threshold, alias } = samplingOf(counts, 4, 1e-4)
  distributionOf(threshold, alias).forEach((share, row) => {
    ok(Math.abs(share - counts[row] ** 0.75 / sum) < 1e-8, `row ${row}: ${share}`)
  })
})

test('a word of share f is kept with probability √(t/f) + t/f, rare ones always', () => {
  const counts = Float64Array.of(90_000, 9_990, 10)
  const { keep } = samplingOf(counts, 3, 1e-3)
  const expected = [0.9, 0.0999].map(f => Math.sqrt(1e-3 / f) + 1e-3 / f)
  expected.forEach((probability, row) => {
    ok(Math.abs((keep[row] + 1) / 2 ** 32 - probability) < 1e-9, `row ${row}: ${keep[row] / 2 ** 32}`)
  })
  strictEqual(keep[2], 0xffff_ffff)
})

test('subsample 0 keeps every word', () => {
  deepStrictEqual([...samplingOf(Float64Array.of(1e9, 1), 2, 0).keep], [0xffff_ffff, 0xffff_ffff])
})

test('rows beyond the counts are kept always and drawn never', () => {
  const { keep, threshold, alias } = samplingOf(Float64Array.of(500, 20, 3), 10, 1e-4)
  deepStrictEqual([...keep.subarray(3)], new Array(7).fill(0xffff_ffff))
  const share = distributionOf(threshold, alias)
  deepStrictEqual([...share.subarray(3)], new Array(7).fill(0))
  ok(Math.abs(share[0] + share[1] + share[2] - 1) < 1e-8)
})
