import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type LabelledText,
  type TextClassifierOptions,
  textClassifier
} from '../../src/models/text-classifier.ts'
import { EmbeddingNetwork } from '../../src/models/text-classifier-network.ts'
import { rowsOf, tokensOf } from '../../src/models/text-classifier-tokens.ts'
import { chunkAt } from '../../src/stream.ts'
import { randomValues } from '../random.ts'
import { classes, weather } from './weather.ts'

const model = (options: Partial<TextClassifierOptions> = {}) =>
  textClassifier({ classes, rows: 2 ** 12, ...options })

/** The loss by its formula, in float64. */
function lossOf(E: Float64Array, H: Float64Array, rows: ArrayLike<number>, label: number, dim: number) {
  const h = Array.from({ length: dim }, (_, d) => {
    let sum = 0
    for (let i = 0; i < rows.length; i++) sum += E[(rows[i] as number) * dim + d]
    return sum / rows.length
  })
  const logits = Array.from({ length: H.length / dim }, (_, c) =>
    h.reduce((sum, value, d) => sum + H[c * dim + d] * value, 0)
  )
  return Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0)) - (logits[label] as number)
}

test('its gradients are those of its loss, by numeric differentiation in float64', () => {
  const rows = fc.array(fc.nat(7), { minLength: 1, maxLength: 12 })
  const [dim, rate] = [5, 0.3]
  fc.assert(
    fc.property(rows, fc.integer({ min: 2, max: 4 }), fc.nat(1000), (some, count, seed) => {
      const network = new EmbeddingNetwork({ rows: 8, dim, classes: count, rate, accumulator: 0, seed })
      network.embeddings.weights.set(randomValues(8 * dim, seed))
      network.head.weights.set(randomValues(count * dim, seed + 1))
      const [E, H] = [Float64Array.from(network.embeddings.weights), Float64Array.from(network.head.weights)]
      const sorted = Uint32Array.from(some).sort()
      const label = seed % count
      const loss = network.learn(sorted, label)
      ok(Math.abs(loss - lossOf(E, H, sorted, label, dim)) < 1e-9)
      for (const [before, { weights: after, squares }] of [
        [E, network.embeddings],
        [H, network.head]
      ] as const) {
        for (let i = 0; i < before.length; i++) {
          const value = before[i]
          before[i] = value + 1e-5
          const above = lossOf(E, H, sorted, label, dim)
          before[i] = value - 1e-5
          const below = lossOf(E, H, sorted, label, dim)
          before[i] = value
          // A first step is by rate · g / √G, and G is the mean square of the row's gradient.
          const gradient = ((value - after[i]) * Math.sqrt(squares[Math.floor(i / dim)])) / rate
          const wanted = (above - below) / 2e-5
          ok(Math.abs(gradient - wanted) < 1e-5, `${i}: ${gradient}, wanted ${wanted}`)
        }
        for (let row = 0; row < squares.length; row++) {
          let sum = 0
          for (let d = row * dim; d < (row + 1) * dim; d++) {
            sum += (((before[d] - after[d]) * Math.sqrt(squares[row])) / rate) ** 2
          }
          ok(Math.abs(squares[row] - sum / dim) <= 1e-5 * squares[row] + 1e-12)
        }
      }
    }),
    { numRuns: 60 }
  )
})

test('a text changes its own rows and the head, and no other', () => {
  const network = new EmbeddingNetwork({
    rows: 64,
    dim: 4,
    classes: 2,
    rate: 0.2,
    accumulator: 1e-3,
    seed: 1
  })
  network.learn(Uint32Array.of(3, 5, 9), 0)
  const before = network.embeddings.weights.slice()
  network.learn(Uint32Array.of(0, 5, 5, 60), 1)
  const changed = new Set<number>()
  for (const [i, value] of before.entries()) if (network.embeddings.weights[i] !== value) changed.add(i >> 2)
  deepStrictEqual([...changed], [0, 5, 60])
})

test('words are letters and digits in lower case; addresses and names are one word each, marks are words', () => {
  deepStrictEqual(tokensOf("I'm SO happy!! @Anna_1 see https://a.b/c?d=e #sun2 Größe :) <3 ..."), [
    ...["i'm", 'so', 'happy', '!!', '@', 'see', 'http', 'sun2', 'größe', ':)', '<3']
  ])
  deepStrictEqual(tokensOf(' … '), [])
})

test('a word is one row wherever it stands, pairs know their order, and row 0 is in every text', () => {
  const words = ['a', 'b', 'c', 'a']
  const single = rowsOf(words, 2 ** 20, false)
  strictEqual(single.length, 5)
  deepStrictEqual([single[0], single[1]], [0, single[4]])
  strictEqual(rowsOf(words, 2 ** 20, true).length, 8)
  const pairOf = (one: string, other: string) => rowsOf([one, other], 2 ** 20, true)[3]
  ok(pairOf('a', 'b') !== pairOf('b', 'a'))
  deepStrictEqual(rowsOf([], 2 ** 20, true), [0])
  ok(rowsOf(words, 2, true).every(row => row < 2))
})

test('rows of words never change: they are what saved and shared models are kept by', () => {
  deepStrictEqual(rowsOf(['hello', 'world'], 2 ** 18, true), [0, 100574, 162904, 147484])
})

const rightOf = async (classifier: ReturnType<typeof model>, texts: readonly Required<LabelledText>[]) => {
  const predictions = await classifier.predict(texts)
  return predictions.filter(({ label }, i) => label === texts[i]?.label).length / texts.length
}

test('it learns which words tell a class, and forgets by its head, not by its words', async () => {
  const classifier = model()
  await classifier.train(weather(200, 1))
  const unseen = weather(200, 2)
  strictEqual(await rightOf(classifier, unseen), 1)
  classifier.resetHead()
  for (const { probabilities } of await classifier.predict(unseen))
    deepStrictEqual([...probabilities], [0.5, 0.5])
  await classifier.train(weather(20, 3))
  strictEqual(await rightOf(classifier, unseen), 1)
})

test('order of words tells a class only where pairs have rows', async () => {
  const texts = Array.from({ length: 400 }, (_, i) =>
    i % 2 === 0 ? { text: 'not good but bad', label: 'rain' } : { text: 'not bad but good', label: 'sun' }
  )
  const [pairs, words] = [model(), model({ pairs: false })]
  for (const classifier of [pairs, words]) await classifier.train(texts)
  strictEqual(await rightOf(pairs, texts), 1)
  strictEqual(await rightOf(words, texts), 0.5)
})

test('equal options and texts give equal predictions, however they are cut into chunks; seeds tell them apart', async () => {
  const texts = weather(100, 4)
  const [whole, cut, other] = [model({ seed: 7 }), model({ seed: 7 }), model({ seed: 8 })]
  await whole.train(texts)
  await other.train(texts)
  for (let i = 0; i < texts.length; i += 7) await cut.train(texts.slice(i, i + 7))
  deepStrictEqual(await cut.predict(texts), await whole.predict(texts))
  notDeepStrictEqual(await other.predict(texts), await whole.predict(texts))
})

test('a boost makes steps longer, until it is 1 again', async () => {
  const one = { text: 'warm', label: 'sun' }
  const surety = async (...factors: number[]) => {
    const classifier = model({ accumulator: 1 })
    for (const factor of factors) {
      classifier.boost(factor)
      await classifier.train([one])
    }
    const [{ probabilities } = { probabilities: [] as ArrayLike<number> }] = await classifier.predict([one])
    return probabilities[0] as number
  }
  ok((await surety(4)) > (await surety(1)))
  ok((await surety(4, 1)) < (await surety(4, 4)))
  throws(() => model().boost(0), { message: 'textClassifier: boost must be a number above 0; got 0' })
})

test('loss is the cross-entropy of a prediction, and progress the mean of it before each text was learned', async () => {
  const classifier = model()
  deepStrictEqual(await classifier.progress(), { words: 0, loss: Number.NaN, position: undefined })
  const texts = weather(2, 5)
  const losses: number[] = []
  for (const text of texts) {
    const [prediction] = await classifier.predict([text])
    ok(prediction !== undefined)
    losses.push(classifier.loss(prediction, text.label))
    ok(
      Math.abs((losses.at(-1) as number) + Math.log(prediction.probabilities[classes.indexOf(text.label)])) <
        1e-12
    )
    await classifier.train(chunkAt([text], { bytes: 5 }))
  }
  await classifier.drain()
  const { words, loss, position } = await classifier.progress()
  deepStrictEqual([words, position], [2, { bytes: 5 }])
  ok(Math.abs(loss - ((losses[0] as number) + (losses[1] as number)) / 2) < 1e-12)
  ok(Number.isNaN((await classifier.progress()).loss))
  ok(Number.isFinite(classifier.loss({ label: 'sun', probabilities: Float64Array.of(1, 0) }, 'rain')))
})

test('a chunk with a label that is missing or unknown is not trained at all', async () => {
  const classifier = model()
  const good = { text: 'warm', label: 'sun' }
  await rejects(classifier.train([good, { text: 'wet' }]), {
    name: 'RangeError',
    message: 'textClassifier: a label must be one of sun, rain; got none'
  })
  await rejects(classifier.train([good, { text: 'wet', label: 'snow' }]), /got snow/)
  strictEqual((await classifier.progress()).words, 0)
  strictEqual((await classifier.predict([good]))[0]?.probabilities[0], 0.5)
})

test('options out of range are refused', () => {
  const refused = (options: Partial<TextClassifierOptions>, message: string) =>
    throws(() => model(options), { name: 'RangeError', message: `textClassifier: ${message}` })
  refused({ classes: ['a'] }, 'classes must be at least two different names; got a')
  refused({ classes: ['a', 'a'] }, 'classes must be at least two different names; got a, a')
  refused({ rows: 1000 }, 'rows must be a power of two from 2 to 16777216; got 1000')
  refused({ dim: 0 }, 'dim must be a whole number from 1 to 1024; got 0')
  refused({ rate: 0 }, 'rate must be a number above 0; got 0')
  refused({ accumulator: -1 }, 'accumulator must be a number, at least 0; got -1')
  refused({ seed: -1 }, 'seed must be a whole number from 0 to 4294967295; got -1')
})
