import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LinearOptions, linear } from '../../src/models/linear.ts'
import type { Features } from '../../src/models/linear-features.ts'
import { chunkAt } from '../../src/stream.ts'

interface Example {
  readonly x: Features
  readonly y: number
}

const model = (options: Partial<LinearOptions<Example>> = {}) =>
  linear<Example>({ features: ({ x }) => x, target: ({ y }) => y, ...options })

/** The definition, on dense features: what is predicted for each item before it is learned. */
function normalizedAdaptiveGradients(items: readonly { x: number[]; y: number }[], logistic: boolean) {
  const size = (items[0]?.x.length ?? 0) + 1
  const [w, s, G] = [Array(size).fill(0), Array(size).fill(0), Array(size).fill(0)]
  const targets: number[] = []
  let N = 0
  return items.map(({ x: features, y }, at) => {
    const x = [1, ...features]
    const t = at + 1
    const predicted = () => {
      const sum = x.reduce((sum, xi, i) => sum + w[i] * xi, 0)
      return logistic ? 1 / (1 + Math.exp(-sum)) : sum
    }
    const before = predicted()
    targets.push(y)
    if (!logistic && t === 1) w[0] = y
    x.forEach((xi, i) => {
      if (Math.abs(xi) > s[i]) {
        if (i > 0) w[i] *= s[i] / Math.abs(xi)
        s[i] = Math.abs(xi)
      }
      if (xi !== 0) N += (xi / s[i]) ** 2
    })
    const g = predicted() - y
    const mean = targets.reduce((a, b) => a + b) / t
    const d = logistic ? 1 : Math.sqrt(targets.reduce((sum, one) => sum + (one - mean) ** 2, 0) / t)
    const step = x.map((xi, i) => {
      G[i] += (g * xi) ** 2
      return G[i] === 0 ? 0 : (0.5 * d * Math.sqrt(t / N) * g * xi) / (s[i] * Math.sqrt(G[i]))
    })
    const moved = x.reduce((sum, xi, i) => sum + (step[i] as number) * xi, 0)
    const share = !logistic && Math.abs(moved) > Math.abs(g) ? g / moved : 1
    x.forEach((_, i) => {
      w[i] -= share * (step[i] as number)
    })
    return before
  })
}

const close = (got: readonly number[], wanted: readonly number[], scale = 1) => {
  strictEqual(got.length, wanted.length)
  got.forEach((value, i) => {
    const other = wanted[i] as number
    ok(Math.abs(value - other) <= 1e-6 * (scale + Math.abs(other)), `${i}: ${value}, wanted ${other}`)
  })
}

/** What is predicted for each item before it is learned. */
async function onlineErrors(items: readonly Example[], options: Partial<LinearOptions<Example>> = {}) {
  const learner = model(options)
  const predictions: number[] = []
  for (const item of items) {
    predictions.push(...(await learner.predict([item])))
    await learner.train([item])
  }
  return predictions
}

const value = fc.integer({ min: -50, max: 50 }).map(n => n / 10)
const rows = fc.array(fc.record({ x: fc.array(value, { minLength: 3, maxLength: 3 }), y: value }), {
  minLength: 1,
  maxLength: 30
})

for (const loss of ['squared', 'logistic'] as const) {
  test(`with the ${loss} loss it predicts what its formula says, item by item and in chunks`, async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (random, chunk) => {
        const items = random.map(({ x, y }) => ({ x, y: loss === 'logistic' ? Number(y > 0) : y }))
        const wanted = normalizedAdaptiveGradients(items, loss === 'logistic')
        close(await onlineErrors(items, { loss, size: 16 }), wanted)
        const [whole, cut] = [model({ loss, size: 16 }), model({ loss, size: 16 })]
        await whole.train(items)
        for (let i = 0; i < items.length; i += chunk) await cut.train(items.slice(i, i + chunk))
        deepStrictEqual(cut.weights, whole.weights)
      }),
      { numRuns: 60 }
    )
  })
}

test('what features and targets are measured in makes no difference', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async items => {
      const plain = await onlineErrors(items, { size: 4 })
      const scaled = await onlineErrors(
        items.map(({ x: [a = 0, b = 0, c = 0], y }) => ({ x: [a * 1e6, b / 4096, c], y: 1000 * y + 5000 })),
        { size: 4 }
      )
      // Before the first item there is nothing but 0.
      close(
        scaled.slice(1),
        plain.slice(1).map(p => 1000 * p + 5000),
        1000
      )
    }),
    { numRuns: 60 }
  )
})

/** Numbers from 0 to 1 that are the same in every run. */
function* numbers() {
  for (let seed = 1; ; ) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    yield seed / 2 ** 32
  }
}

test('it learns sensor rows: numbers of any size, categories, switches, and values that are missing', async () => {
  const random = numbers()
  const next = () => random.next().value as number
  const rooms = { kitchen: 12, hall: -3, attic: 30 }
  const items = Array.from({ length: 20_000 }, (): Example => {
    const room = Object.keys(rooms)[Math.floor(next() * 3)] as keyof typeof rooms
    const pressure = 101_325 + 500 * (next() - 0.5)
    const window = next() < 0.3
    const humidity = next() < 0.2 ? undefined : next()
    const y = 0.02 * (pressure - 101_325) + rooms[room] - (window ? 8 : 0) + 5 * (humidity ?? 0)
    return { x: { pressure: pressure - 101_325, room, window, humidity }, y }
  })
  const predictions = await onlineErrors(items)
  const errorOf = (from: number, end: number) =>
    items
      .slice(from, end)
      .reduce((sum, { y }, i) => sum + Math.abs((predictions[from + i] as number) - y), 0) /
    (end - from)
  ok(errorOf(0, 100) > 1, 'it knew nothing')
  ok(errorOf(15_000, 20_000) < 0.05, `mean error ${errorOf(15_000, 20_000)}; targets range over some 50`)
})

test('it learns the probability of a class', async () => {
  const random = numbers()
  const next = () => random.next().value as number
  const items = Array.from({ length: 20_000 }, (): Example => {
    const x = [next() * 2 - 1, 1000 * (next() * 2 - 1)]
    const logit = 2 * (x[0] as number) - 0.003 * (x[1] as number) + 0.5
    return { x, y: Number(next() < 1 / (1 + Math.exp(-logit))) }
  })
  const learner = model({ loss: 'logistic', size: 3 })
  await learner.train(items)
  const [bias = 0, first = 0, second = 0] = learner.weights
  for (const [got, wanted] of [
    [bias, 0.5],
    [first, 2],
    [1000 * second, -3]
  ] as const) {
    ok(Math.abs(got - wanted) < 0.2, `${got}, wanted ${wanted}`)
  }
  const [low = 0, high = 0] = await learner.predict([
    { x: [-1, 1000], y: 0 },
    { x: [1, -1000], y: 1 }
  ])
  ok(low > 0 && low < 0.03 && high > 0.97 && high < 1, `${low}, ${high}`)
})

test('features by name mean the same in any order, and what is missing counts for nothing', async () => {
  const learner = model()
  await learner.train([
    { x: { a: 1, b: 'x', c: true }, y: 3 },
    { x: { a: 2, b: 'y', c: false }, y: 5 },
    { x: { a: 4, b: 'x', c: true }, y: 1 }
  ])
  const predictions = await learner.predict(
    [
      { a: 3, b: 'y', c: true },
      { c: true, b: 'y', a: 3 },
      { c: true, d: null, b: 'y', e: undefined, a: 3, f: 0, g: false }
    ].map(x => ({ x, y: 0 }))
  )
  ok(predictions[0] !== 0)
  deepStrictEqual(predictions, Array(3).fill(predictions[0]))
})

test('arrays of any kind are features by position', async () => {
  const [plain, typed] = [model({ size: 3 }), model({ size: 3 })]
  await plain.train([
    { x: [1, 2], y: 3 },
    { x: [2, 0.5], y: 1 }
  ])
  await typed.train([
    { x: new Float32Array([1, 2]), y: 3 },
    { x: new Float64Array([2, 0.5]), y: 1 }
  ])
  deepStrictEqual(typed.weights, plain.weights)
})

test('very great and very small values leave it finite', async () => {
  const learner = model({ size: 3 })
  for (const x of [1e-300, 1e100, 1e-160, 0, -1e100, 5e-324]) {
    await learner.train([
      { x: [x, 1], y: 1e6 },
      { x: [1, x], y: -1e6 }
    ])
  }
  ok(
    learner.weights.every(weight => Number.isFinite(weight)),
    learner.weights.join()
  )
})

test('progress counts items, and gives the mean loss since the last one and the position', async () => {
  const learner = model()
  deepStrictEqual(await learner.progress(), { words: 0, loss: Number.NaN, position: undefined })
  await learner.train(
    chunkAt(
      [
        { x: {}, y: 4 },
        { x: {}, y: 1 }
      ],
      { bytes: 7 }
    )
  )
  await learner.drain()
  // The first target is where the bias begins.
  deepStrictEqual(await learner.progress(), { words: 2, loss: (0 + 9) / 2, position: { bytes: 7 } })
  ok(Number.isNaN((await learner.progress()).loss))
})

test('a chunk with a bad item is not trained at all, and the message says what is bad', async () => {
  const learner = model({ size: 4 })
  const logistic = model({ loss: 'logistic' })
  const good = { x: [1], y: 1 }
  const refused = (example: Example, message: string, by = learner) =>
    rejects(by.train([good, example]), { name: 'RangeError', message })
  await refused({ x: [1, Number.NaN], y: 1 }, 'linear: feature 1 must be a number within ±1e100; got NaN')
  await refused(
    { x: { heat: Number.POSITIVE_INFINITY }, y: 1 },
    'linear: feature heat must be a number within ±1e100; got Infinity'
  )
  await refused({ x: [1, 2, 3, 4], y: 1 }, 'linear: size must be more than the number of features, 4; got 4')
  await refused({ x: [1], y: Number.NaN }, 'linear: target must be a number within ±1e100; got NaN')
  await refused({ x: [1], y: 2 }, 'linear: target must be 0 or 1 for the logistic loss; got 2', logistic)
  deepStrictEqual([learner.weights, (await learner.progress()).words], [new Float64Array(4), 0])
  await rejects(learner.predict([good, { x: [Number.NaN], y: 0 }]), { name: 'RangeError' })
})

test('options out of range are refused', () => {
  const refused = (options: Partial<LinearOptions<Example>>, message: string) =>
    throws(() => model(options), { name: 'RangeError', message })
  refused({ rate: 0 }, 'linear: rate must be a number above 0; got 0')
  refused({ size: 1 }, 'linear: size must be a whole number of weights from 2 to 2147483648; got 1')
  refused({ loss: 'hinge' as 'squared' }, 'linear: loss must be squared or logistic; got hinge')
})
