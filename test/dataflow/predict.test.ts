import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { type PredictOptions, predict } from '../../src/dataflow/predict.ts'
import { chunksOf } from '../../src/stream.ts'
import type { Predictor } from '../../src/types.ts'
import { idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

/** A model that predicts the half, and fails for odd numbers; it keeps account of its calls. */
class Halves implements Predictor<number, number> {
  readonly calls: number[][] = []
  most = 0
  #running = 0

  async predict(items: readonly number[]): Promise<number[]> {
    this.calls.push([...items])
    this.most = Math.max(this.most, ++this.#running)
    await idle()
    this.#running--
    const odd = items.find(n => n % 2 > 0)
    if (odd !== undefined) throw new Error(`${odd} is odd`)
    return items.map(n => n / 2)
  }
}

const evens = fc.array(
  fc.array(
    fc.nat(20).map(n => 2 * n),
    { maxLength: 9 }
  ),
  { maxLength: 6 }
)
const bounds = fc.record({
  most: fc.integer({ min: 1, max: 5 }),
  concurrency: fc.integer({ min: 1, max: 4 })
})

test('each item comes out with its prediction, in order, and chunks keep their positions', async () => {
  await fc.assert(
    fc.asyncProperty(evens, bounds, async (chunks, options) => {
      const model = new Halves()
      const seen = await read(chunksOf(predict(model, options)(source(chunks))))
      deepStrictEqual(
        seen.flatMap(chunk => chunk.items),
        chunks.flat().map(input => ({ input, prediction: input / 2 }))
      )
      deepStrictEqual(
        seen.flatMap(({ at }) => (at === undefined ? [] : [at])),
        chunks.map((_, i) => chunks.slice(0, i + 1).flat().length)
      )
      let out = 0
      for (const { items, at } of seen) {
        out += items.length
        ok(at === undefined || at === out, 'a position is that of what is out')
      }
      ok(model.most <= options.concurrency)
      deepStrictEqual(
        model.calls,
        chunks.flatMap(chunk => {
          const parts: number[][] = []
          for (let i = 0; i < chunk.length; i += options.most) parts.push(chunk.slice(i, i + options.most))
          return parts
        })
      )
    }),
    { numRuns: 80 }
  )
})

test('as many calls run at once as are allowed, and one unless told otherwise', async () => {
  const most = async (options: PredictOptions<number>) => {
    const model = new Halves()
    await Array.fromAsync(predict(model, { most: 2, ...options })(source([[0, 2, 4, 6, 8, 10, 12, 14]])))
    return model.most
  }
  deepStrictEqual([await most({}), await most({ concurrency: 3 })], [1, 3])
})

test('items that fail alone go by the policy, with their number; the others of their call come out', async () => {
  const numbers = fc.array(fc.array(fc.nat(9), { maxLength: 9 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(numbers, bounds, async (chunks, options) => {
      const items = chunks.flat()
      const even = items.filter(n => n % 2 === 0).map(input => ({ input, prediction: input / 2 }))
      const skipping = predict(new Halves(), { ...options, onError: 'skip' })
      const seen = await read(chunksOf(skipping(source(chunks))))
      deepStrictEqual(
        seen.flatMap(chunk => chunk.items),
        even
      )
      strictEqual(skipping.failed, items.length - even.length)
      if (chunks.length > 0) strictEqual(seen.at(-1)?.at, items.length)

      const dead: [number, string][] = []
      const onError = (item: number, error: Error) => void dead.push([item, error.message])
      deepStrictEqual(
        await Array.fromAsync(predict(new Halves(), { ...options, onError })(source(chunks))),
        even
      )
      const byNumber = (letters: [number, string][]) => letters.toSorted(([, a], [, b]) => a.localeCompare(b))
      deepStrictEqual(
        byNumber(dead),
        byNumber(items.flatMap((n, i) => (n % 2 > 0 ? [[n, `predict: item ${i}: ${n} is odd`]] : [])))
      )
    }),
    { numRuns: 40 }
  )
})

test('an item that fails ends the flow unless told otherwise, and so does a sink that fails', async () => {
  for (const concurrency of [1, 2]) {
    const account: Account = { chunks: 0, closed: 0 }
    const failing = predict(new Halves(), { concurrency })
    await rejects(Array.fromAsync(failing(source([[2, 4], [6, 7, 8], [2]], account))), {
      message: 'predict: item 3: 7 is odd',
      cause: new Error('7 is odd')
    })
    deepStrictEqual([account.closed, failing.failed], [1, 0])
    const onError = () => Promise.reject(new Error('disk full'))
    await rejects(Array.fromAsync(predict(new Halves(), { concurrency, onError })(source([[2, 7]]))), {
      message: 'predict: onError: item 1: disk full'
    })
  }
})

test('a model that does not answer one prediction for each item fails', async () => {
  const lazy: Predictor<string, string> = { predict: async () => [] }
  await rejects(Array.fromAsync(predict(lazy)(source([['a', 'b']]))), {
    message: 'predict: item 0: the model gave 0 predictions for 1 items'
  })
})

test('with several calls at once the source is closed when the reader stops', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  function* endless() {
    for (;;) yield [2, 4]
  }
  for await (const _ of predict(new Halves(), { concurrency: 3 })(source(endless(), account))) break
  strictEqual(account.closed, 1)
  ok(account.chunks <= 5, `${account.chunks} chunks were taken for one item`)
})

test('predictions know their types, through a flow', async () => {
  const model: Predictor<{ size: number }, string> = {
    predict: async items => items.map(({ size }) => `${size}`)
  }
  const items: AsyncIterable<{ input: { size: number; name: string }; prediction: string }> = pipe(
    source([[{ size: 1, name: 'a' }]]),
    predict<{ size: number; name: string }, string>(model)
  )
  deepStrictEqual(await Array.fromAsync(items), [{ input: { size: 1, name: 'a' }, prediction: '1' }])
})

test('options out of range are refused', () => {
  const refused = (options: PredictOptions<number>, message: string) =>
    throws(() => predict(new Halves(), options), { name: 'RangeError', message })
  refused({ most: 0 }, 'predict: most must be a whole number of items, at least 1; got 0')
  refused({ concurrency: 1.5 }, 'predict: concurrency must be a whole number of calls, at least 1; got 1.5')
})
