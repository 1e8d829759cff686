import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { balancedAccuracy, kappa } from '../../src/dataflow/class-metrics.ts'

const results = fc.array(fc.record({ prediction: fc.nat(3), truth: fc.nat(2) }), {
  minLength: 1,
  maxLength: 40
})

const share = <Item>(items: readonly Item[], holds: (item: Item) => boolean) =>
  items.filter(holds).length / items.length

test('over a sliding window they are what their definitions say of the last predictions', () => {
  fc.assert(
    fc.property(results, fc.integer({ min: 1, max: 12 }), (all, size) => {
      const balanced = balancedAccuracy<number, number>()
      const agreement = kappa<number, number>()
      for (const [i, { prediction, truth }] of all.entries()) {
        for (const metric of [balanced, agreement]) {
          const oldest = all[i - size]
          if (oldest !== undefined) metric.remove(oldest.prediction, oldest.truth)
          metric.add(prediction, truth)
        }
        const last = all.slice(Math.max(0, i + 1 - size), i + 1)
        const truths = [...new Set(last.map(one => one.truth))]
        const recalls = truths.map(truth =>
          share(
            last.filter(one => one.truth === truth),
            one => one.prediction === truth
          )
        )
        const right = share(last, one => one.prediction === one.truth)
        const chance = [0, 1, 2, 3].reduce(
          (sum, c) => sum + share(last, one => one.truth === c) * share(last, one => one.prediction === c),
          0
        )
        const wanted = chance === 1 ? 0 : (right - chance) / (1 - chance)
        ok(Math.abs(balanced.value - recalls.reduce((a, b) => a + b) / recalls.length) < 1e-12)
        ok(Math.abs(agreement.value - wanted) < 1e-12)
      }
    })
  )
})

test('always the same class is no better than chance, however frequent it is', () => {
  const metrics = [balancedAccuracy<string, string>(), kappa<string, string>()]
  for (const metric of metrics) for (let i = 0; i < 100; i++) metric.add('no', i < 95 ? 'no' : 'yes')
  strictEqual(metrics[0]?.value, 0.5)
  ok(Math.abs(metrics[1]?.value ?? 1) < 1e-12)
})

test('they are NaN of no predictions, and take the class out of a prediction where told how', () => {
  const metric = balancedAccuracy(({ label }: { label: string }) => label)
  ok(Number.isNaN(metric.value) && Number.isNaN(kappa().value))
  metric.add({ label: 'a' }, 'a')
  metric.add({ label: 'a' }, 'b')
  strictEqual(metric.value, 0.5)
  metric.remove({ label: 'a' }, 'a')
  strictEqual(metric.value, 0)
})
