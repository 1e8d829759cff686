import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import { ecdd } from '../../src/drift/ecdd.ts'
import { alarmsOf, congruentialErrors } from './alarms.ts'

test('a sudden rise is found within a few values', () => {
  const values = [...Array.from({ length: 500 }, (_, i) => Number(i % 10 === 9)), ...Array(20).fill(1)]
  const alarms = alarmsOf(ecdd(), values)
  ok(alarms.length === 1 && (alarms[0] ?? 0) > 500 && (alarms[0] ?? 0) < 510, `${alarms}`)
})

test('while nothing changes, false alarms are some 400 values apart', () => {
  const steady = congruentialErrors(() => 0.1, 200_000)
  const apart = 200_000 / alarmsOf(ecdd(), steady).length
  ok(apart > 200 && apart < 800, `${apart}`)
})

test('a run of right answers is no drift, nor is a fall', () => {
  deepStrictEqual(alarmsOf(ecdd(), Array(1000).fill(0)), [])
  deepStrictEqual(
    alarmsOf(ecdd(), [
      ...Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
      ...Array(100).fill(0)
    ]),
    []
  )
})

test('values and options out of range are refused', () => {
  throws(() => ecdd().update(-0.1), /^RangeError: ecdd: each value must be an error, or a share of errors/)
  throws(() => ecdd({ lambda: 1 }), /ecdd: lambda must be above 0 and below 1; got 1/)
  throws(() => ecdd({ minimum: -1 }), /ecdd: minimum/)
})
