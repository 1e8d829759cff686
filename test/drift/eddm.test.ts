import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { eddm } from '../../src/drift/eddm.ts'
import { alarmsOf, congruentialErrors } from './alarms.ts'

const rising = congruentialErrors(i => (i < 1000 ? 0.1 : 0.5), 1500)
const falling = congruentialErrors(i => (i < 300 ? 0.5 : 0.1), 1500)

test('errors that come closer together are a drift, those that come apart are not', () => {
  ok(alarmsOf(eddm(), rising).some(place => place > 1000 && place < 1200))
  ok(alarmsOf(eddm(), falling).every(place => place < 300 || place > 1000))
})

test('a drift is where mean and twice the deviation of the distances fall below 0.9 of the greatest', () => {
  const distances: number[] = []
  let last = -1
  let greatest = 0
  const wanted = rising.findIndex((error, i) => {
    if (error === 0) return false
    distances.push(i - last)
    last = i
    const mean = distances.reduce((sum, d) => sum + d, 0) / distances.length
    const deviation = Math.sqrt(distances.reduce((sum, d) => sum + (d - mean) ** 2, 0) / distances.length)
    const reach = mean + 2 * deviation
    if (i + 1 < 30) return false
    greatest = Math.max(greatest, reach)
    return distances.length > 30 && reach / greatest < 0.9
  })
  ok(wanted > 0)
  strictEqual(alarmsOf(eddm(), rising)[0], wanted + 1)
})

test('a warning stands until the next error', () => {
  const detector = eddm({ drift: 0.01 })
  const verdicts = rising.map(value => detector.update(value))
  const first = verdicts.findIndex((verdict, i) => verdict === 'warning' && rising[i + 1] === 0)
  const next = rising.indexOf(1, first + 1)
  ok(first > 0 && next > first + 1)
  deepStrictEqual(new Set(verdicts.slice(first, next)), new Set(['warning']))
})

test('values that are not 0 or 1, and options out of range, are refused', () => {
  throws(
    () => eddm().update(0.5),
    /^RangeError: eddm: each value must be 0 \(right\) or 1 \(wrong\); got 0.5$/
  )
  throws(() => eddm({ minimum: 1.5 }), /eddm: minimum/)
  throws(() => eddm({ warning: 1 }), /eddm: warning must be above 0 and below 1; got 1/)
  throws(() => eddm({ drift: 0 }), /eddm: drift/)
})
