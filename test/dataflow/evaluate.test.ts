import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EvaluateOptions, evaluate } from '../../src/dataflow/evaluate.ts'
import { absoluteError, accuracy, meanAbsoluteError } from '../../src/dataflow/metrics.ts'
import { chunksOf } from '../../src/stream.ts'
import type { Chunk, Position, PredictingReplica, Progress } from '../../src/types.ts'
import { idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

/** Predicts the sum of all it was trained on, once it was drained; keeps account of what it was asked. */
class Sum implements PredictingReplica<number, number> {
  readonly asked: ['predict' | 'train', number[]][] = []
  position: Position | undefined
  sum = 0
  #accepted: number[] = []

  async predict(items: readonly number[]): Promise<number[]> {
    this.asked.push(['predict', [...items]])
    await idle()
    const bad = items.find(n => n === 13)
    if (bad !== undefined) throw new Error('unlucky')
    return items.map(() => this.sum)
  }

  async train(chunk: Chunk<number>): Promise<void> {
    const items = [...chunk]
    if (items.length > 0) this.asked.push(['train', items])
    if (items.includes(66)) throw new Error('device lost')
    this.#accepted.push(...items)
    this.position = chunk.position ?? this.position
  }

  async drain(): Promise<void> {
    await idle()
    for (const item of this.#accepted.splice(0)) this.sum += item
  }

  async progress(): Promise<Progress> {
    return { words: 0, loss: Number.NaN, position: this.position }
  }
}

const options = { truth: (n: number) => n, loss: absoluteError }
const someChunks = fc.array(fc.array(fc.nat(9), { maxLength: 7 }), { maxLength: 6 })

test('each prediction is that of a model that has learned everything before its part, and nothing after', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, fc.integer({ min: 1, max: 4 }), async (chunks, most) => {
      const model = new Sum()
      const seen = await read(chunksOf(evaluate(model, { ...options, most })(source(chunks))))
      let sum = 0
      const wanted = chunks.flatMap(chunk => {
        const out: unknown[] = []
        for (let i = 0; i < chunk.length; i += most) {
          const part = chunk.slice(i, i + most)
          for (const n of part) {
            out.push({ input: n, prediction: sum, truth: n, loss: Math.abs(sum - n) })
          }
          sum += part.reduce((a, b) => a + b)
        }
        return out
      })
      deepStrictEqual(
        seen.flatMap(chunk => chunk.items),
        wanted
      )
      // Test, then train, part by part.
      const parts = model.asked.filter(([act]) => act === 'predict')
      deepStrictEqual(
        model.asked,
        parts.flatMap(([, items]) => [
          ['predict', items],
          ['train', items]
        ])
      )
      deepStrictEqual(
        seen.flatMap(({ at }) => (at === undefined ? [] : [at])),
        chunks.map((_, i) => chunks.slice(0, i + 1).flat().length)
      )
      strictEqual(model.sum, sum)
      strictEqual(model.position?.bytes, chunks.length === 0 ? undefined : chunks.flat().length)
    }),
    { numRuns: 80 }
  )
})

test('what has come out has been learned', async () => {
  const model = new Sum()
  const account: Account = { chunks: 0, closed: 0 }
  for await (const { input } of evaluate(model, { ...options, most: 2 })(
    source([[1, 2, 3, 4], [5]], account)
  )) {
    if (input === 1) strictEqual(model.sum, 3)
    if (input === 3) break
  }
  deepStrictEqual([model.sum, account], [10, { chunks: 1, closed: 1 }])
})

test('the metrics are over the last predictions, and come now and then', async () => {
  await fc.assert(
    fc.asyncProperty(
      someChunks,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 4 }),
      async (chunks, window, every) => {
        const judged = evaluate(new Sum(), {
          ...options,
          metrics: { right: accuracy<number, number>(), error: meanAbsoluteError() },
          window,
          every
        })
        const seen = await Array.fromAsync(judged(source(chunks)))
        const figures = (end: number) => {
          const last = seen.slice(Math.max(0, end - window), end)
          const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
          return {
            right: mean(last.map(({ prediction, truth }) => (prediction === truth ? 1 : 0))),
            error: mean(last.map(({ loss }) => loss))
          }
        }
        for (const [i, { metrics }] of seen.entries()) {
          deepStrictEqual(metrics, (i + 1) % every === 0 ? figures(i + 1) : undefined)
        }
        deepStrictEqual(judged.metrics, figures(seen.length))
        const error: number = judged.metrics.error
        ok(!(error < 0))
      }
    ),
    { numRuns: 60 }
  )
})

test('an item that cannot be predicted or judged goes by the policy, and is not trained on', async () => {
  const judging: EvaluateOptions<number, number, number, never> = {
    truth: n => {
      if (n === 7) throw new Error('not known')
      return n
    },
    loss: (prediction, truth) => (truth === 8 ? Number.NaN : absoluteError(prediction, truth))
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(1, 2, 7, 8, 13), { maxLength: 6 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
      async (chunks, most) => {
        const items = chunks.flat()
        const good = items.filter(n => n < 7)
        const model = new Sum()
        const skipping = evaluate(model, { ...judging, most, onError: 'skip' })
        const seen = await read(chunksOf(skipping(source(chunks))))
        deepStrictEqual(
          seen.flatMap(chunk => chunk.items.map(({ input }) => input)),
          good
        )
        strictEqual(skipping.failed, items.length - good.length)
        strictEqual(
          model.sum,
          good.reduce((a, b) => a + b, 0)
        )
        if (chunks.length > 0)
          deepStrictEqual([seen.at(-1)?.at, model.position?.bytes], [items.length, items.length])

        const dead: [number, string][] = []
        const onError = async (item: number, error: Error) => {
          await idle()
          dead.push([item, error.message])
        }
        await Array.fromAsync(evaluate(new Sum(), { ...judging, most, onError })(source(chunks)))
        const reasons: Record<number, string> = {
          7: 'not known',
          8: 'loss must be a finite number; got NaN',
          13: 'unlucky'
        }
        const byNumber = (letters: [number, string][]) => letters.toSorted((a, b) => a[1].localeCompare(b[1]))
        deepStrictEqual(
          byNumber(dead),
          byNumber(items.flatMap((n, i) => (n < 7 ? [] : [[n, `evaluate: item ${i}: ${reasons[n]}`]])))
        )
      }
    ),
    { numRuns: 40 }
  )
  const account: Account = { chunks: 0, closed: 0 }
  await rejects(Array.fromAsync(evaluate(new Sum(), judging)(source([[1], [2, 7]], account))), {
    message: 'evaluate: item 2: not known'
  })
  strictEqual(account.closed, 1)
})

test('training that fails ends the flow, and nothing of it comes out', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const seen: number[] = []
  await rejects(async () => {
    const judged = evaluate(new Sum(), { ...options, onError: 'skip' })
    for await (const { input } of judged(source([[1], [66], [2]], account))) seen.push(input)
  }, /^Error: device lost$/)
  deepStrictEqual([seen, account], [[1], { chunks: 2, closed: 1 }])
})

test('a metric that fails ends the flow, naming the item', async () => {
  const metrics = {
    broken: accuracy<number, number>(() => {
      throw new Error('no figure')
    })
  }
  await rejects(Array.fromAsync(evaluate(new Sum(), { ...options, metrics })(source([[1]]))), {
    message: 'evaluate: metrics: item 0: no figure'
  })
})

test('options out of range are refused', () => {
  const refused = (changed: object, message: string) =>
    throws(() => evaluate(new Sum(), { ...options, ...changed }), { name: 'RangeError', message })
  refused({ most: 0 }, 'evaluate: most must be a whole number of items, at least 1; got 0')
  refused({ every: 0 }, 'evaluate: every must be a whole number of items, at least 1; got 0')
  refused({ window: 1.5 }, 'evaluate: window must be a whole number of predictions, at least 1; got 1.5')
})
