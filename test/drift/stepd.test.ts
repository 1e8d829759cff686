import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { stepd } from '../../src/drift/stepd.ts'
import { alarmsOf } from './alarms.ts'

const right = Array(60).fill(0)

test('a drift is where the recent error rate is higher by the test of equal proportions', () => {
  const values = [...Array.from({ length: 60 }, (_, i) => Number(i % 15 === 0)), ...Array(30).fill(1)]
  const wanted = values.findIndex((_, i) => {
    if (i + 1 < 60) return false
    const errors = (from: number, to: number) => values.slice(from, to).reduce((sum, x) => sum + x, 0)
    const older = i + 1 - 30
    const [before, recent] = [errors(0, older), errors(older, i + 1)]
    const p = (before + recent) / (i + 1)
    const sizes = 1 / older + 1 / 30
    const z = (recent / 30 - before / older - sizes / 2) / Math.sqrt(p * (1 - p) * sizes)
    return z > 2.9677379253417833 // normal quantile of 1 − 0.003 / 2
  })
  deepStrictEqual(alarmsOf(stepd(), values).slice(0, 1), [wanted + 1])
})

test('equal values are no drift, and neither is a fall; in the published form they are', () => {
  const fall = [...Array(60).fill(1), ...Array(40).fill(0)]
  deepStrictEqual(alarmsOf(stepd(), [...right, ...right]), [])
  deepStrictEqual(alarmsOf(stepd({ published: true }), [...right, ...right]), [60, 120])
  deepStrictEqual(alarmsOf(stepd(), fall), [])
  deepStrictEqual(
    alarmsOf(stepd({ published: true, window: 20 }), [...Array(39).fill(1), ...Array(40).fill(0)]).length > 0,
    true
  )
})

test('a warning comes at a lower rise than a drift', () => {
  const detector = stepd()
  for (const value of right) detector.update(value)
  deepStrictEqual(
    Array.from({ length: 9 }, () => detector.update(1)),
    ['none', 'none', 'none', 'none', 'warning', 'warning', 'warning', 'drift', 'none']
  )
})

test('values that are not 0 or 1, and options out of range, are refused', () => {
  throws(() => stepd().update(2), /^RangeError: stepd: each value must be 0 \(right\) or 1 \(wrong\); got 2$/)
  throws(() => stepd({ window: 1 }), /stepd: window/)
  throws(() => stepd({ warning: 1 }), /stepd: warning/)
  throws(() => stepd({ drift: 0 }), /stepd: drift/)
})
