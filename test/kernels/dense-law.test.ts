import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyRow, packRow, type RowPlace, restoreRow } from '../../kernels/dense-law.ts'
import {
  applyRow as applyByDefinition,
  packRow as packByDefinition,
  type ReferenceRow
} from '../reference/delta.ts'

const UNIT = 2 ** -20
const LIMIT = 1843

function placeOf({ weights, shared }: ReferenceRow): RowPlace {
  // Neighbours on both sides, which must stay as they are.
  return {
    weights: Float32Array.from([77, ...weights, 77]),
    at: 1,
    shared: Int32Array.from([5, 5, ...shared, 5]),
    to: 2,
    length: weights.length
  }
}

const row = fc
  .array(
    fc.tuple(fc.integer({ min: -(2 ** 22), max: 2 ** 22 }), fc.float({ min: -2, max: 2, noNaN: true })),
    {
      minLength: 1,
      maxLength: 9
    }
  )
  .chain(values =>
    fc.record({
      values: fc.constant(values),
      contributions: fc.nat(5),
      scale: fc.constantFrom(1, 2 ** -6, 2 ** -18)
    })
  )
  .map(
    ({ values, contributions, scale }): ReferenceRow => ({
      weights: values.map(([shared, change]) => Math.fround(UNIT * shared + scale * change)),
      shared: values.map(([shared]) => shared),
      accumulator: 0,
      sharedAccumulator: 0,
      multiplier: 1,
      contributions,
      hits: 1
    })
  )

test('packing is what its definition says', () => {
  fc.assert(
    fc.property(row, fc.integer({ min: 1, max: 6 }), (reference, replicas) => {
      const place = placeOf(reference)
      const values = new Int8Array(reference.weights.length + 1)
      const alpha = 1 / Math.min(1 + reference.contributions, replicas)
      const before = place.weights.slice()
      const shift = packRow(place, UNIT, alpha, LIMIT, values, 1)
      const packed = packByDefinition(reference, UNIT, replicas)
      if (packed === undefined) {
        deepStrictEqual(shift, -1)
        deepStrictEqual(place.weights, before)
        return
      }
      deepStrictEqual(shift, packed.shift)
      deepStrictEqual(
        [...values.subarray(1)].map(Number),
        packed.values.map(q => q + 0)
      )
      deepStrictEqual([...place.shared], [5, 5, ...reference.shared, 5])
      const wanted = reference.weights.map(Math.fround)
      deepStrictEqual([...place.weights], [77, ...wanted, 77])
    })
  )
})

test('applying is what its definition says', () => {
  fc.assert(
    fc.property(row, fc.nat(24), fc.integer({ min: -128, max: 127 }), (reference, shift, value) => {
      const place = placeOf(reference)
      const length = reference.weights.length
      const values = new Int8Array(length).fill(value)
      applyRow(place, UNIT, values, 0, shift)
      applyByDefinition(reference, new Array(length).fill(value << shift), 0, 1, UNIT)
      deepStrictEqual([...place.shared], [5, 5, ...reference.shared.map(one => one | 0), 5])
      deepStrictEqual([...place.weights], [77, ...reference.weights.map(Math.fround), 77])
    })
  )
})

test('what rounding leaves goes out with the next packs, until less than half a unit is left', () => {
  const weights = Float32Array.from([0.123456, -0.3, 0.0001])
  const place = { weights, at: 0, shared: new Int32Array(3), to: 0, length: 3 }
  const values = new Int8Array(3)
  let packs = 0
  while (packRow(place, UNIT, 1, LIMIT, values, 0) >= 0) packs++
  ok(packs > 1 && packs < 12)
  for (const [i, weight] of weights.entries()) ok(Math.abs(weight - UNIT * place.shared[i]) <= UNIT / 2)
})

test('a row with a weight that is not finite, or too large, is not packed, and can be put back', () => {
  for (const sick of [Number.NaN, Number.POSITIVE_INFINITY, -1e4]) {
    const place = {
      weights: Float32Array.from([1, sick]),
      at: 0,
      shared: Int32Array.from([0, 2 ** 20]),
      to: 0,
      length: 2
    }
    ok(Number.isNaN(packRow(place, UNIT, 1, LIMIT, new Int8Array(2), 0)))
    deepStrictEqual(place.shared, Int32Array.from([0, 2 ** 20]))
    restoreRow(place, UNIT)
    deepStrictEqual(place.weights, Float32Array.from([0, 1]))
  }
})
