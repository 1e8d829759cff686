import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { ErrorShift } from '../../src/dataflow/error-shift.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

test('the magnitude is the mean of the last 32 errors less that of all before', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { maxLength: 120 }), errors => {
      const shift = new ErrorShift()
      shift.add(1000)
      shift.reset()
      for (const error of errors) shift.add(error)
      const wanted = errors.length <= 32 ? 0 : mean(errors.slice(-32)) - mean(errors.slice(0, -32))
      ok(Math.abs(shift.magnitude - wanted) < 1e-9)
    })
  )
})

test('a step of the errors is its own magnitude', () => {
  const shift = new ErrorShift()
  for (let i = 0; i < 132; i++) shift.add(i < 100 ? 0.25 : 0.75)
  strictEqual(shift.magnitude, 0.5)
})
