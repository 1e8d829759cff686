import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { rowEnergy, topRows } from '../../kernels/dense-top-rows.ts'

test('no row that is left out has changed more than one that is chosen', () => {
  const energies = fc.array(fc.constantFrom(0, 1, 2, 3.5, Number.POSITIVE_INFINITY), { maxLength: 20 })
  fc.assert(
    fc.property(energies, fc.integer({ min: 1, max: 25 }), (values, count) => {
      const chosen = topRows(Float64Array.from(values), count)
      const wanted = values
        .map((energy, row) => ({ energy, row }))
        .filter(({ energy }) => energy > 0)
        .sort((a, b) => (a.energy === b.energy ? a.row - b.row : a.energy < b.energy ? 1 : -1))
        .slice(0, count)
        .map(({ row }) => row)
        .sort((a, b) => a - b)
      deepStrictEqual(
        [...chosen.keys()].filter(row => chosen[row] === 1),
        wanted
      )
    })
  )
})

test("a row's energy is the squared length of its change, and infinite where it is not a number", () => {
  const place = { at: 1, shared: Int32Array.of(0, 0, 4, 2), to: 2, length: 2 }
  deepStrictEqual(rowEnergy({ ...place, weights: Float32Array.of(9, 1, 4, 9) }, 0.5), 1 + 9)
  deepStrictEqual(
    rowEnergy({ ...place, weights: Float32Array.of(9, Number.NaN, 4, 9) }, 0.5),
    Number.POSITIVE_INFINITY
  )
})
