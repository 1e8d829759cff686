import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pageHinkley } from '../../src/drift/page-hinkley.ts'
import { alarmsOf, congruentialErrors } from './alarms.ts'

test('a drift is where the sum of what is above the mean has risen by the threshold', () => {
  const values = [...Array(200).fill(0), ...Array(200).fill(1)]
  let [sum, least, mean] = [0, Number.POSITIVE_INFINITY, 0]
  const wanted = values.findIndex((x, i) => {
    mean = values.slice(0, i + 1).reduce((all, y) => all + y, 0) / (i + 1)
    sum = sum * 0.9999 + x - mean - 0.005
    least = Math.min(least, sum)
    return sum - least > 50
  })
  deepStrictEqual(alarmsOf(pageHinkley(), values), [wanted + 1])
  ok(wanted > 250 && wanted < 300)
})

test('a fall is no drift', () => {
  deepStrictEqual(
    alarmsOf(
      pageHinkley(),
      congruentialErrors(i => (i < 1000 ? 0.8 : 0.2), 3000)
    ),
    []
  )
})

test('scaling values, tolerance and threshold by a power of two changes no verdict', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 30, maxLength: 300, size: 'max' }),
      fc.integer({ min: -20, max: 20 }),
      (values, power) => {
        const k = 2 ** power
        const scaled = pageHinkley({ delta: 0.005 * k, threshold: 20 * k })
        deepStrictEqual(
          alarmsOf(
            scaled,
            values.map(x => x * k)
          ),
          alarmsOf(pageHinkley({ threshold: 20 }), values)
        )
      }
    )
  )
})

test('options out of range are refused', () => {
  throws(() => pageHinkley({ minimum: 0 }), /pageHinkley: minimum/)
  throws(() => pageHinkley({ delta: -1 }), /^RangeError: pageHinkley: delta must be at least 0; got -1$/)
  throws(() => pageHinkley({ threshold: 0 }), /pageHinkley: threshold must be above 0; got 0/)
  throws(() => pageHinkley({ alpha: 1.1 }), /pageHinkley: alpha must be above 0, at most 1; got 1.1/)
})
