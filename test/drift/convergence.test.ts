import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ConvergenceOptions, convergence } from '../../src/drift/convergence.ts'
import type { DetectorState } from '../../src/types.ts'

/** The definition: where it converges, in a whole stream of losses. */
function convergedAt(losses: readonly number[], { epoch, epochs, tolerance }: Required<ConvergenceOptions>) {
  const at: number[] = []
  let start = 0
  for (let end = epoch; end <= losses.length; end += epoch) {
    const means: number[] = []
    for (let i = Math.max(start, end - epochs * epoch); i < end; i += epoch) {
      means.push(losses.slice(i, i + epoch).reduce((a, b) => a + b) / epoch)
    }
    const last = means.at(-1) as number
    if (means.length < epochs || means.some(mean => Math.abs(mean - last) > tolerance)) continue
    at.push(end - 1)
    start = end
  }
  return at
}

const found = (losses: readonly number[], options: ConvergenceOptions, saved?: DetectorState) => {
  const rule = convergence(options, saved)
  return losses.flatMap((loss, i) => (rule.update(loss) ? [i] : []))
}

// Eighths, so that means are exact, however they are summed.
const eighths = fc.array(
  fc.integer({ min: 0, max: 16 }).map(n => n / 8),
  { maxLength: 120 }
)
const someOptions = fc.record({
  epoch: fc.constantFrom(1, 2, 4, 8),
  epochs: fc.integer({ min: 2, max: 4 }),
  tolerance: fc.constantFrom(0.05, 0.3, 0.6)
})

test('training has converged where the mean loss of an epoch is near those of all epochs compared', () => {
  fc.assert(
    fc.property(eighths, someOptions, (losses, options) => {
      deepStrictEqual(found(losses, options), convergedAt(losses, options))
    }),
    { numRuns: 300 }
  )
})

test('one opened from a state goes on as if it were that one', () => {
  fc.assert(
    fc.property(eighths, someOptions, fc.nat(120), (losses, options, cut) => {
      const rule = convergence(options)
      const first = losses.slice(0, cut).map(loss => rule.update(loss))
      const state = JSON.parse(JSON.stringify(rule.save())) as DetectorState
      const second = convergence(options, state)
      deepStrictEqual(
        [...first, ...losses.slice(cut).map(loss => second.update(loss))],
        (all => losses.map(loss => all.update(loss)))(convergence(options))
      )
    })
  )
})

const epochsOf = (means: readonly number[], epoch = 10) =>
  means.flatMap(mean => Array.from({ length: epoch }, (_, i) => mean + (i % 2 === 0 ? 0.1 : -0.1)))

test('a falling loss has not converged, and neither has a rising one, which TensAIR takes for it', () => {
  const options = { epoch: 10, epochs: 2, tolerance: 0.02 }
  deepStrictEqual(found(epochsOf([2, 1.5, 1.2, 1, 0.9]), options), [])
  deepStrictEqual(found(epochsOf([0.5, 0.6, 0.8, 1.2, 2]), options), [])
  deepStrictEqual(found(epochsOf([0.5, 0.9, 0.91, 0.5]), options), [29])
})

test('once converged it begins anew', () => {
  const rule = convergence({ epoch: 2, epochs: 2, tolerance: 0.1 })
  deepStrictEqual(
    Array.from({ length: 8 }, () => rule.update(1)),
    [false, false, false, true, false, false, false, true]
  )
  for (let i = 0; i < 3; i++) rule.update(1)
  rule.reset()
  deepStrictEqual(
    Array.from({ length: 4 }, () => rule.update(1)),
    [false, false, false, true]
  )
})

test('what is no loss is refused, and not counted', () => {
  const rule = convergence({ epoch: 1 })
  strictEqual(rule.update(1), false)
  for (const loss of [Number.NaN, Number.POSITIVE_INFINITY, 1e101]) {
    throws(() => rule.update(loss), {
      name: 'RangeError',
      message: `convergence: each value must be a number, at most 1e100 in size; got ${loss}`
    })
  }
  strictEqual(rule.update(1), true)
})

test('options and states out of range are refused', () => {
  throws(() => convergence({ epoch: 0 }), /convergence: epoch must be a whole number from 1 to/)
  throws(() => convergence({ epochs: 1 }), /convergence: epochs must be a whole number from 2 to 1000; got 1/)
  throws(() => convergence({ tolerance: 0 }), /convergence: tolerance must be above 0; got 0/)
  const state = (values: number[]) => ({ detector: 'convergence', options: {}, values })
  throws(() => convergence({ epoch: 2 }, state([2, 0])), /number of saved values must be .* 0 to 1; got 2/)
  throws(() => convergence({}, state([0, 0, 1, 1])), /number of saved means must be .* 0 to 1; got 2/)
  throws(() => convergence({}, state([0, Number.NaN])), /finite/)
})
