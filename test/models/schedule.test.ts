import { ok, strictEqual, throws } from 'node:assert'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { constantRate, cosineRate, stepDecay, warmedUp } from '../../src/models/schedule.ts'

const rates = fc.double({ min: 1e-6, max: 10, noNaN: true })
const stepCounts = fc.integer({ min: 1, max: 5000 })
const schedules = fc.oneof(
  rates.map(constantRate),
  fc
    .tuple(rates, stepCounts, fc.double({ min: 0.01, max: 1, noNaN: true }))
    .map(([rate, every, factor]) => stepDecay(rate, { every, factor })),
  fc.tuple(rates, stepCounts).map(([rate, steps]) => cosineRate(rate, steps))
)

describe('a schedule', () => {
  test('never rises and is always above 0', () => {
    fc.assert(
      fc.property(schedules, fc.nat(10_000), fc.nat(10_000), (schedule, step, more) => {
        ok(schedule(step + more) <= schedule(step))
        ok(schedule(step + more) > 0)
      })
    )
  })

  test('with a warm-up rises first, then is what it is without', () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 1000 }), fc.nat(5000), (schedule, steps, step) => {
        const warm = warmedUp(schedule, steps)
        strictEqual(warm(steps + step), schedule(step))
        const early = step % steps
        ok(warm(early) > 0 && warm(early) < schedule(0))
        ok(early === 0 || warm(early) > warm(early - 1))
      })
    )
  })

  test('refuses rates, factors and steps that are out of range', () => {
    throws(() => constantRate(0), /^RangeError: schedule: the rate must be above 0; got 0$/)
    throws(() => cosineRate(Number.NaN, 10), /the rate must be above 0; got NaN/)
    throws(() => cosineRate(1, 0), /steps must be at least 1; got 0/)
    throws(() => stepDecay(1, { every: 0, factor: 0.5 }), /every must be a number of steps above 0; got 0/)
    throws(() => stepDecay(1, { every: 1, factor: 2 }), /factor must be above 0, at most 1; got 2/)
    throws(() => warmedUp(constantRate(1), -1), /at least 0 steps; got -1/)
  })
})

test('step decay multiplies by the factor after each so many steps', () => {
  const rate = stepDecay(0.8, { every: 10, factor: 0.5 })
  strictEqual(rate(9), 0.8)
  strictEqual(rate(10), 0.4)
  strictEqual(rate(29), 0.2)
})

test('a cosine is half of the rate in the middle, and its sum half of that of the constant rate', () => {
  const rate = cosineRate(2, 1001)
  ok(Math.abs(rate(500) - 1) < 1e-12)
  const sum = Array.from({ length: 1001 }, (_, step) => rate(step)).reduce((all, one) => all + one)
  ok(Math.abs(sum - 1001) < 1e-9)
  strictEqual(rate(5000), rate(1000))
})
