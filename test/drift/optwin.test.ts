import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { optwin } from '../../src/drift/optwin.ts'
import { alarmsOf, congruentialErrors } from './alarms.ts'

const A = Array.from({ length: 2000 }, (_, i) => (i < 1000 ? 0.2 : 0.8))
const B = congruentialErrors(i => (i < 1000 ? 0.2 : 0.8), 2000)
const C = congruentialErrors(i => (i < 4000 ? 0.1 : i < 6000 ? 0.3 : i < 8000 ? 0.1 : 0.5), 10_000)

/** Drifts on A and B with the default window, and on C, where it slides, with one of 1000. */
function golden(options: Parameters<typeof optwin>[0]): number[][] {
  const sliding = optwin({ ...options, maxWindow: 1000 })
  return [alarmsOf(optwin(options), A), alarmsOf(optwin(options), B), alarmsOf(sliding, C)]
}

test('drifts on the golden streams are those of the exact window', () => {
  const exact = { constantHistory: 'noise' } as const
  deepStrictEqual(golden({ ...exact, rho: 0.1 }), [[1001], [1093], [30, 4061, 7591, 8053]])
  deepStrictEqual(golden({ ...exact, rho: 0.5 }), [[1001], [1033, 1971], [30, 4024, 7189, 7571, 8020]])
  deepStrictEqual(golden({ ...exact, rho: 1 }), [[1001], [1022, 1934], [30, 4023, 8025]])
})

test('the published form adds false alarms where the window slides', () => {
  const [a, b, c] = golden({ published: true })
  deepStrictEqual([a, b], [[1001], [1033, 1971]])
  deepStrictEqual(c, [30, 4024, 7165, 7254, 7438, 7535, 8023])
})

test('counting what a constant history leaves open moves the first alarm of C, and that of A for ρ 0.1, and no other', () => {
  deepStrictEqual(golden({ rho: 0.1 }), [[1006], [1093], [86, 4061, 7591, 8053]])
  deepStrictEqual(golden({ rho: 0.5 }), [[1001], [1033, 1971], [86, 4024, 7189, 7571, 8020]])
  deepStrictEqual(golden({ rho: 1 }), [[1001], [1022, 1934], [76, 4023, 8025]])
})

test('one error after 29 right answers is no drift, though published it is', () => {
  const values = [...Array(29).fill(0), 1]
  deepStrictEqual(alarmsOf(optwin({ published: true }), values), [30])
  deepStrictEqual(alarmsOf(optwin(), values), [])
})

test('a warning comes before a drift that is slow to show', () => {
  const detector = optwin()
  const values = congruentialErrors(i => (i < 1000 ? 0.2 : 0.5), 2000)
  const verdicts = values.map(value => detector.update(value))
  const drift = verdicts.indexOf('drift', 1000)
  ok(drift > 1000)
  ok(verdicts.slice(1000, drift).includes('warning'))
})

test('a fall of the loss is no drift', () => {
  deepStrictEqual(
    alarmsOf(
      optwin(),
      congruentialErrors(i => (i < 1000 ? 0.8 : 0.2), 3000)
    ),
    []
  )
})

test('adding a constant to every loss changes no verdict', () => {
  const losses = fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 30, maxLength: 400, size: 'max' })
  fc.assert(
    fc.property(losses, fc.integer({ min: -1000, max: 1000 }), (losses, shift) => {
      const verdicts = (values: number[]) => {
        const detector = optwin({ maxWindow: 100 })
        return values.map(value => detector.update(value))
      }
      deepStrictEqual(verdicts(losses.map(x => x / 64 + shift)), verdicts(losses.map(x => x / 64)))
    }),
    { numRuns: 50 }
  )
})

test('it holds at most the window, and as much as it has seen before', () => {
  const detector = optwin({ maxWindow: 200 })
  for (const [i, value] of C.slice(0, 1000).entries()) {
    const drift = detector.update(value) === 'drift'
    ok(detector.save().values.length <= 7 + Math.min(i + 1, 200))
    if (drift) strictEqual(detector.save().values.length, 7 + 1)
  }
})

test('options out of range are refused', () => {
  throws(() => optwin({ rho: 0 }), /^RangeError: optwin: rho must be above 0; got 0$/)
  throws(() => optwin({ confidence: 1 }), /optwin: confidence must be above 0 and below 1; got 1/)
  throws(() => optwin({ minWindow: 9 }), /minWindow must be a whole number from 10/)
  throws(() => optwin({ maxWindow: 29 }), /maxWindow must be a whole number from 30 to 100000; got 29/)
  throws(() => optwin({ noise: 0 }), /noise/)
  const wrong = { constantHistory: 'guess' } as unknown as Parameters<typeof optwin>[0]
  throws(() => optwin(wrong), /constantHistory must be counted or noise; got guess/)
})
