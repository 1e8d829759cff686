import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { criticalDistance, kswin } from '../../src/drift/kswin.ts'
import { randomValues } from '../random.ts'
import { alarmsOf } from './alarms.ts'

test('critical distances are those of the exact test', () => {
  // SciPy 1.17.1, ks_2samp of 30 and 30: 13/30 has a chance of 0.00654840, 14/30 of 0.00253006, 15/30 of 0.000899578.
  strictEqual(criticalDistance(30, 0.0066), 13)
  strictEqual(criticalDistance(30, 0.005), 14)
  strictEqual(criticalDistance(30, 0.002530063), 14)
  strictEqual(criticalDistance(30, 0.00253006), 15)
  strictEqual(criticalDistance(30, 0.0009), 15)
})

test('critical distances of small samples are those found by going through all orders', () => {
  // All ways to mix 4 and 4 values: 70.
  const distances: number[] = []
  const mix = (a: number, b: number, greatest: number) => {
    const here = Math.max(greatest, Math.abs(a - b))
    if (a === 4 && b === 4) distances.push(here)
    if (a < 4) mix(a + 1, b, here)
    if (b < 4) mix(a, b + 1, here)
  }
  mix(0, 0, 0)
  for (let k = 1; k <= 4; k++) {
    const chance = distances.filter(distance => distance >= k).length / 70
    strictEqual(criticalDistance(4, chance + 1e-12), k)
  }
  strictEqual(criticalDistance(4, 0.001), 5)
})

test('a change of the mean, and one of the spread alone, are found', () => {
  const noise = [...randomValues(1200, 7)]
  for (const changed of [(x: number) => x + 1.5, (x: number) => Math.sign(x) * 3]) {
    const values = noise.map((x, i) => (i < 600 ? x : changed(x)))
    const alarms = alarmsOf(kswin({ alpha: 1e-3 }), values).filter(place => place > 600)
    ok((alarms[0] ?? 0) > 600 && (alarms[0] ?? 0) < 650, `${alarms}`)
  }
})

test('equal values are no drift', () => {
  deepStrictEqual(alarmsOf(kswin(), Array(500).fill(3)), [])
})

test('an increasing function of the values changes no verdict', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 20, maxLength: 200, size: 'max' }),
      values => {
        const options = { window: 20, recent: 8, alpha: 0.3 }
        deepStrictEqual(
          alarmsOf(
            kswin(options),
            values.map(x => x ** 3 + 5)
          ),
          alarmsOf(kswin(options), values)
        )
      }
    )
  )
})

test('a seed gives the same draws, another others', () => {
  const values = [...randomValues(5000, 3)]
  const alarms = (seed: number) => alarmsOf(kswin({ alpha: 0.05, seed }), values)
  deepStrictEqual(alarms(4), alarms(4))
  ok(alarms(4).join() !== alarms(5).join())
})

test('options out of range are refused', () => {
  throws(() => kswin({ alpha: 0 }), /kswin: alpha must be above 0 and below 1; got 0/)
  throws(
    () => kswin({ recent: 51 }),
    /^RangeError: kswin: recent must be a whole number from 2 to 50; got 51$/
  )
  throws(() => kswin({ window: 3 }), /kswin: window/)
  throws(() => kswin({ seed: -1 }), /kswin: seed/)
})
