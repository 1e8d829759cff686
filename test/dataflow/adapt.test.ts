import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AdaptOptions, adapt } from '../../src/dataflow/adapt.ts'
import { join } from '../../src/dataflow/join.ts'
import { map } from '../../src/dataflow/map.ts'
import { accuracy } from '../../src/dataflow/metrics.ts'
import { pipe } from '../../src/dataflow/pipe.ts'
import { chunksOf } from '../../src/stream.ts'
import type { PredictingReplica } from '../../src/types.ts'
import { CONVERGED, Counting, DRIFT, scriptedConvergence, scriptedDetector } from './adapting.ts'
import { type Account, read, source } from './source.ts'

type Options = AdaptOptions<number, number, number>

/** An item is its own loss. */
const optionsOf = (more: Partial<Options> = {}): Options => ({
  truth: n => n,
  loss: (_, truth) => truth,
  detector: scriptedDetector(),
  convergence: scriptedConvergence(),
  ...more
})

const adapted = (chunks: readonly number[][], more: Partial<Options> = {}, model = new Counting()) => {
  const operator = adapt(model, optionsOf(more))
  return { model, operator, seen: () => Array.fromAsync(operator(source(chunks))) }
}

/** The obvious loop over parts: what is to come out, and what the model is to be asked. */
function expected(chunks: readonly number[][], mode: Options['mode'], trained: boolean, most: number) {
  const out: unknown[] = []
  const asked: unknown[] = []
  let phase = mode === 'always' || (mode === 'when-needed' && !trained) ? 'training' : 'stable'
  let [version, learned, since, alarms, trainings] = [0, 0, 0, 0, phase === 'training' ? 1 : 0]
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += most) {
      const part = chunk.slice(at, at + most)
      asked.push(['predict', ...part])
      const due: number[] = []
      let drifted = false
      for (const input of part) {
        const known = version >= since
        const verdict = !known || input < 8 ? 'none' : input === DRIFT ? 'drift' : 'warning'
        if (verdict === 'drift') alarms++
        if (verdict === 'drift' && mode !== 'never') {
          phase = 'training'
          since = version + 1
          drifted = true
          trainings++
        }
        out.push({ input, prediction: learned, version, loss: input, phase, verdict })
        if (phase === 'training') due.push(input)
        if (phase === 'training' && mode === 'when-needed' && version >= since && input === CONVERGED) {
          phase = 'stable'
          since = version + 1
        }
      }
      if (drifted) asked.push(['reset'])
      if (due.length > 0) {
        asked.push(['train', ...due])
        version++
        learned += due.length
      }
    }
  }
  return { out, asked, counts: { items: out.length, alarms, trained: learned, trainings }, phase }
}

const value = fc.oneof(fc.constant(DRIFT), fc.constant(CONVERGED), fc.integer({ min: 1, max: 8 }))
const someChunks = fc.array(fc.array(value, { maxLength: 9 }), { maxLength: 8 })
const modes = fc.constantFrom('always' as const, 'never' as const, 'when-needed' as const)

test('what comes out, what is trained and when is that of the obvious loop', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, modes, fc.boolean(), fc.integer({ min: 1, max: 5 }), async (...input) => {
      const [chunks, mode, trained, most] = input
      const { model, operator } = adapted(chunks, { mode, trained, most, onDrift: { reset: true } })
      const seen = await read(chunksOf(operator(source(chunks))))
      const wanted = expected(chunks, mode, trained, most)
      deepStrictEqual(
        seen.flatMap(({ items }) => items),
        wanted.out
      )
      deepStrictEqual(model.asked, wanted.asked)
      deepStrictEqual([operator.counts, operator.phase], [wanted.counts, wanted.phase])
      deepStrictEqual(
        seen.flatMap(({ at }) => (at === undefined ? [] : [at])),
        chunks.map((_, i) => chunks.slice(0, i + 1).flat().length)
      )
      strictEqual(model.position?.bytes, chunks.length === 0 ? undefined : chunks.flat().length)
    }),
    { numRuns: 200 }
  )
})

test('it trains at first, stops when that has converged, and begins again at a drift', async () => {
  const { model, operator, seen } = adapted([[1], [2], [CONVERGED], [3], [4], [DRIFT], [5], [CONVERGED], [6]])
  deepStrictEqual(
    (await seen()).map(({ input, phase }) => (phase === 'training' ? input : -1)),
    [1, 2, CONVERGED, -1, -1, DRIFT, 5, CONVERGED, -1]
  )
  strictEqual(model.learned, 6)
  deepStrictEqual(operator.counts, { items: 9, alarms: 1, trained: 6, trainings: 2 })
})

test('drift is watched while training too, and then training has to converge anew', async () => {
  const watched: number[] = []
  const judged: number[] = []
  const { operator, seen } = adapted([[1], [DRIFT], [2], [DRIFT], [CONVERGED], [3], [4]], {
    detector: scriptedDetector(watched),
    convergence: scriptedConvergence(judged)
  })
  await seen()
  deepStrictEqual(watched, [1, DRIFT, 2, DRIFT, CONVERGED, 3, 4])
  // The loss at which a drift was found is none of the new training.
  deepStrictEqual(judged, [1, 2, CONVERGED])
  deepStrictEqual([operator.counts.alarms, operator.counts.trainings], [2, 3])
})

test('a convergence seen in results of an older version does not end a newer training', async () => {
  // The first part is predicted at once: what comes after the drift in it tells nothing of the training that it begins.
  const { seen } = adapted([[DRIFT, CONVERGED, DRIFT, 1], [2], [CONVERGED, 3], [4]], { trained: true })
  deepStrictEqual(
    (await seen()).map(({ input, phase, verdict, version }) => [input, phase, verdict, version]),
    [
      [DRIFT, 'training', 'drift', 0],
      [CONVERGED, 'training', 'none', 0],
      [DRIFT, 'training', 'none', 0],
      [1, 'training', 'none', 0],
      [2, 'training', 'none', 1],
      [CONVERGED, 'training', 'none', 2],
      [3, 'stable', 'none', 2],
      [4, 'stable', 'none', 3]
    ]
  )
})

test('detector and convergence begin each phase anew', async () => {
  const resets: string[] = []
  const counted = <Watcher extends object>(watcher: Watcher, name: string) => ({
    ...watcher,
    reset: () => void resets.push(name)
  })
  const { seen } = adapted([[1], [CONVERGED], [2], [DRIFT], [3]], {
    detector: counted(scriptedDetector(), 'detector'),
    convergence: counted(scriptedConvergence(), 'convergence')
  })
  await seen()
  deepStrictEqual(resets, ['convergence', 'detector', 'convergence', 'detector'])
})

test('an alarm from elsewhere begins training with the next result', async () => {
  const { operator, model } = adapted([], { trained: true, onDrift: { reset: true } })
  const trained: number[] = []
  for await (const { input, phase } of operator(source([[1], [2], [3], [CONVERGED], [4]]))) {
    if (phase === 'training') trained.push(input)
    if (input === 2) operator.retrain()
  }
  deepStrictEqual(trained, [3, CONVERGED])
  deepStrictEqual(operator.counts, { items: 5, alarms: 0, trained: 2, trainings: 1 })
  deepStrictEqual(
    model.asked.filter(([act]) => act === 'reset'),
    [['reset']]
  )
  const never = adapted([[1]], { mode: 'never' })
  never.operator.retrain()
  strictEqual((await never.seen())[0]?.phase, 'stable')
})

test('after a drift it learns at a higher rate for so many items, or up to convergence', async () => {
  const boost = { factor: 4, items: 3 }
  const long = adapted([[DRIFT], [1, 2], [3], [4]], { trained: true, onDrift: { boost, reset: true } })
  await long.seen()
  const acts = (model: Counting) => model.asked.filter(([act]) => act !== 'predict')
  deepStrictEqual(acts(long.model), [
    ['reset'],
    ['boost', 4],
    ['train', DRIFT],
    ['train', 1, 2],
    ['boost', 1],
    ['train', 3],
    ['train', 4]
  ])
  const short = adapted([[DRIFT], [CONVERGED], [1]], { trained: true, onDrift: { boost } })
  await short.seen()
  deepStrictEqual(short.model.asked, [
    ['predict', DRIFT],
    ['boost', 4],
    ['train', DRIFT],
    ['predict', CONVERGED],
    ['train', CONVERGED],
    ['boost', 1],
    ['predict', 1]
  ])
})

test('a flow that ends leaves the model at its own rate', async () => {
  const { model, operator } = adapted([], { trained: true, onDrift: { boost: { factor: 4, items: 100 } } })
  for await (const { input } of operator(source([[DRIFT], [1], [2]]))) if (input === 1) break
  deepStrictEqual(model.asked.at(-1), ['boost', 1])
})

test('the detector gets the error, convergence the loss', async () => {
  const [watched, judged]: number[][] = [[], []]
  await adapted([[1, 2, 3]], {
    error: (_, truth) => truth % 2,
    detector: scriptedDetector(watched),
    convergence: scriptedConvergence(judged)
  }).seen()
  deepStrictEqual(
    [watched, judged],
    [
      [1, 0, 1],
      [1, 2, 3]
    ]
  )
})

interface Tweet {
  readonly id: number
  readonly at: number // ms
  readonly value?: number
}

test('labels that come late are joined to the predictions, and wait for them only so long', async () => {
  const counting = new Counting()
  const model: PredictingReplica<Tweet, number> = {
    predict: tweets => counting.predict(tweets.map(({ id }) => id)),
    train: chunk => counting.train(Array.from(chunk, ({ value }) => value ?? Number.NaN)),
    drain: () => counting.drain(),
    progress: () => counting.progress()
  }
  const adaptation = adapt<Tweet, number, number>(model, {
    truth: ({ value }) => value ?? Number.NaN,
    loss: (_, truth) => truth,
    detector: scriptedDetector(),
    convergence: scriptedConvergence(),
    trained: true
  })
  // Tweet i is of second i; its label comes 3 s later, and those of tweets 4 and 5 never and too late.
  const values = [1, 2, DRIFT, CONVERGED, 3, 3, CONVERGED, 4, 5, CONVERGED, 6]
  const tweets = values.map((_, id) => ({ id, at: id * 1000 }))
  const labels = tweets
    .filter(({ id }) => id !== 4)
    .map(({ id }) => ({ id, at: (id + (id === 5 ? 5 : 3)) * 1000, value: values[id] as number }))
    .sort((a, b) => a.at - b.at)
  const pairs = join(
    adaptation.predict(source(tweets.map(tweet => [tweet]))),
    source(labels.map(label => [label])),
    {
      keys: [({ input }) => input.id, ({ id }) => id],
      times: [({ input }) => input.at, ({ at }) => at],
      within: 4000,
      drift: 0
    }
  )
  const seen = await Array.fromAsync(
    pipe(
      pairs,
      map(([{ input, ...rest }, { value }]) => ({ ...rest, input: { ...input, value } })),
      adaptation.learn
    )
  )
  // Tweet 3 was predicted before the drift was known, so that what it came to says nothing of the training since.
  deepStrictEqual(
    seen.map(({ input, version, verdict, phase }) => [input.id, version, verdict, phase]),
    [
      [0, 0, 'none', 'stable'],
      [1, 0, 'none', 'stable'],
      [2, 0, 'drift', 'training'],
      [3, 0, 'none', 'training'],
      [6, 1, 'none', 'training'],
      [7, 2, 'none', 'stable'],
      [8, 3, 'none', 'stable'],
      [9, 3, 'none', 'stable'],
      [10, 3, 'none', 'stable']
    ]
  )
  strictEqual(pairs.held, 0)
})

test('what has come out has been learned', async () => {
  const model = new Counting()
  const account: Account = { chunks: 0, closed: 0 }
  const operator = adapt(model, optionsOf({ most: 2 }))
  for await (const { input } of operator(source([[1, 2, 3, 4], [5]], account))) {
    if (input === 1) strictEqual(model.learned, 2)
    if (input === 3) break
  }
  deepStrictEqual([model.learned, account], [4, { chunks: 1, closed: 1 }])
})

test('the metrics are over the last predictions, and come now and then', async () => {
  const operator = adapt(new Counting(), {
    ...optionsOf({ mode: 'never' }),
    metrics: { zero: accuracy<number, number>() },
    window: 3,
    every: 2
  })
  const seen = await Array.fromAsync(operator(source([[0, 0, 1, 1, 1]])))
  deepStrictEqual(
    seen.map(({ metrics }) => metrics?.zero),
    [undefined, 1, undefined, 1 / 3, undefined]
  )
  strictEqual(operator.metrics.zero, 0)
})

test('an item that fails is neither trained on nor comes out, where the flow goes on', async () => {
  const failed: [number, string][] = []
  const { model, operator, seen } = adapted(
    [
      [1, 13, 2],
      [77, 3],
      [Number.NaN, 4]
    ],
    {
      onError: (item, error) => failed.push([item, error.message])
    }
  )
  deepStrictEqual(
    (await seen()).map(({ input }) => input),
    [1, 2, 3, 4]
  )
  deepStrictEqual(failed, [
    [13, 'adapt: item 1: unlucky'],
    [77, 'adapt: item 3: no error of this world'],
    [Number.NaN, 'adapt: item 5: loss must be a finite number; got NaN']
  ])
  strictEqual(operator.failed, 3)
  deepStrictEqual(
    model.asked.filter(([act]) => act === 'train'),
    [
      ['train', 1, 2],
      ['train', 3],
      ['train', 4]
    ]
  )
  await rejects(adapted([[1, 13]]).seen(), { message: 'adapt: item 1: unlucky' })
  await rejects(adapted([[66]], { onError: 'skip' }).seen(), { message: 'device lost' })
})

test('a metric that fails ends the flow', async () => {
  const broken = accuracy<number, number>(() => {
    throw new Error('cannot tell')
  })
  const operator = adapt(new Counting(), { ...optionsOf({ onError: 'skip' }), metrics: { broken } })
  await rejects(Array.fromAsync(operator(source([[1]]))), { message: 'adapt: metrics: item 0: cannot tell' })
})

test('options out of range are refused, and so is what the model does not offer', () => {
  const plain: PredictingReplica<number, number> = {
    predict: async items => items.map(() => 0),
    train: async () => {},
    drain: async () => {},
    progress: async () => ({ words: 0, loss: 0, position: undefined })
  }
  const refused = (more: object, message: string, name = 'RangeError', model = plain) =>
    throws(() => adapt(model, optionsOf(more)), { name, message })
  refused({ mode: 'often' }, 'adapt: mode must be always, never or when-needed; got often')
  refused({ most: 0 }, 'adapt: most must be a whole number of items, at least 1; got 0')
  refused({ window: 0 }, 'adapt: window must be a whole number of items, at least 1; got 0')
  refused({ every: 1.5 }, 'adapt: every must be a whole number of items, at least 1; got 1.5')
  refused(
    { onDrift: { reset: true } },
    'adapt: reset wants a model with resetHead; got one without',
    'TypeError'
  )
  const boost = { factor: 2, items: 10 }
  refused({ onDrift: { boost } }, 'adapt: boost wants a model with boost; got one without', 'TypeError')
  const bad = (more: object, message: string) =>
    refused({ onDrift: { boost: { ...boost, ...more } } }, message, 'RangeError', new Counting())
  bad({ factor: 0 }, 'adapt: boost.factor must be a number above 0; got 0')
  bad({ items: 0 }, 'adapt: boost.items must be a whole number of items, at least 1; got 0')
})
