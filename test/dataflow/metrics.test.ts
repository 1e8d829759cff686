import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  accuracy,
  logLoss,
  type Metric,
  meanAbsoluteError,
  meanOf,
  meanSquaredError
} from '../../src/dataflow/metrics.ts'

type Pair = readonly [prediction: number, truth: number]

const pairs = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 20 })
const meanBy = (all: readonly Pair[], measure: (pair: Pair) => number) =>
  all.reduce((sum, pair) => sum + measure(pair), 0) / all.length

const cases: readonly {
  name: string
  metric: () => Metric<number, number>
  oracle: (all: readonly Pair[]) => number
}[] = [
  { name: 'accuracy', metric: accuracy, oracle: all => meanBy(all, ([p, y]) => (p === y ? 1 : 0)) },
  {
    name: 'accuracy by a rule',
    metric: () => accuracy((p: number, y: number) => p > 2 === y > 2),
    oracle: all => meanBy(all, ([p, y]) => (p > 2 === y > 2 ? 1 : 0))
  },
  {
    name: 'mean absolute error',
    metric: meanAbsoluteError,
    oracle: all => meanBy(all, ([p, y]) => Math.abs(p - y))
  },
  {
    name: 'mean squared error',
    metric: meanSquaredError,
    oracle: all => meanBy(all, ([p, y]) => (p - y) * (p - y))
  }
]

for (const { name, metric, oracle } of cases) {
  test(`${name} is what its definition says of what is in it, after any items were taken out`, () => {
    fc.assert(
      fc.property(pairs, fc.nat(20), (all, out) => {
        const figure = metric()
        for (const [prediction, truth] of all) figure.add(prediction, truth)
        const gone = Math.min(out, all.length)
        for (const [prediction, truth] of all.slice(0, gone)) figure.remove(prediction, truth)
        strictEqual(figure.value, oracle(all.slice(gone)))
      })
    )
  })
}

test('a mean forgets a giant, and rounding does not add up', () => {
  const figure = meanOf((prediction: number) => prediction)
  figure.add(0.1, 0)
  figure.add(1e18, 0)
  figure.remove(1e18, 0)
  strictEqual(figure.value, 0.1)
  for (let i = 0; i < 100_000; i++) {
    figure.add(1 / (i + 3), 0)
    figure.remove(1 / (i + 3), 0)
  }
  strictEqual(figure.value, 0.1)
})

test('a mean is NaN while it holds what is no number, and no longer', () => {
  const figure = meanAbsoluteError()
  figure.add(1, 3)
  figure.add(Number.NaN, 3)
  figure.add(Number.POSITIVE_INFINITY, 3)
  ok(Number.isNaN(figure.value))
  figure.remove(Number.NaN, 3)
  ok(Number.isNaN(figure.value))
  figure.remove(Number.POSITIVE_INFINITY, 3)
  strictEqual(figure.value, 2)
})

test('the log loss is -ln of the probability of what was true, and finite', () => {
  deepStrictEqual([logLoss(0.25, 1), logLoss(0.25, 0)], [-Math.log(0.25), -Math.log(0.75)])
  ok(logLoss(0, 1) > 30 && logLoss(1, 0) > 30)
  ok(Number.isFinite(logLoss(0, 1)) && Number.isFinite(logLoss(1, 0)))
})
