import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { ddm } from '../../src/drift/ddm.ts'
import { alarmsOf } from './alarms.ts'

/** The obvious form: rate and deviation of all values from scratch each time. */
function verdicts(values: readonly number[], minimum: number): string[] {
  let least = { rate: Number.MAX_VALUE, deviation: Number.MAX_VALUE }
  return values.map((_, i) => {
    const n = i + 1
    const rate = values.slice(0, n).reduce((sum, x) => sum + x, 0) / n
    const deviation = Math.sqrt((rate * (1 - rate)) / n)
    if (n + 1 < minimum) return 'none'
    if (rate + deviation <= least.rate + least.deviation) least = { rate, deviation }
    const above = (rate + deviation - least.rate) / least.deviation
    return above > 3 ? 'drift' : above > 2 ? 'warning' : 'none'
  })
}

test('verdicts are those of rates and deviations from scratch, up to the first drift', () => {
  const values = Array.from({ length: 300 }, (_, i) => (i < 200 ? Number(i % 4 === 0) : Number(i % 3 !== 0)))
  const wanted = verdicts(values, 30)
  const first = wanted.indexOf('drift')
  const detector = ddm()
  deepStrictEqual(
    values.slice(0, first + 1).map(value => detector.update(value)),
    wanted.slice(0, first + 1)
  )
  strictEqual(wanted.slice(0, first).includes('warning'), true)
})

test('one error after thirty right answers is a drift, since the least deviation is 0', () => {
  deepStrictEqual(alarmsOf(ddm(), [...Array(40).fill(0), 1]), [41])
  deepStrictEqual(alarmsOf(ddm(), Array(100).fill(1)), [])
})

test('shares of errors in batches are taken, and nothing else', () => {
  deepStrictEqual(alarmsOf(ddm(), [...Array(40).fill(0.25), ...Array(40).fill(0.75)]).length, 1)
  throws(
    () => ddm().update(1.01),
    /^RangeError: ddm: each value must be an error, or a share of errors, from 0 to 1; got 1.01$/
  )
})

test('options out of range are refused', () => {
  throws(
    () => ddm({ minimum: 0 }),
    /^RangeError: ddm: minimum must be a whole number from 1 to 1000000000; got 0$/
  )
  throws(() => ddm({ warning: 0 }), /ddm: warning must be above 0; got 0/)
  throws(() => ddm({ drift: Number.NaN }), /ddm: drift must be above 0; got NaN/)
})
