import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { convergence } from '../../src/drift/convergence.ts'
import { newDetector } from '../../src/drift/open.ts'
import { trainedWhenNeeded } from '../../src/jobs/images-adapting.ts'
import type { AdaptingEvent, ImagesEvent } from '../../src/jobs/images-events.ts'
import { Account } from '../../src/jobs/images-training.ts'
import { layersModel } from '../../src/models/layers.ts'
import type { Example } from '../../src/models/layers-batch.ts'
import { chunkAt, stream } from '../../src/stream.ts'
import type { Chunk, Convergence, Detector, PredictingReplica, Verdict } from '../../src/types.ts'
import { digitNetwork, digits } from '../models/digits.ts'

const tensorflow = await openTensorflow({ threads: 1 })
const some = digits(0, 100)

/** Predicts the first of two classes with the probability that an example's only value is, and keeps what it is given. */
function listening() {
  const trained: number[][] = []
  const replica: PredictingReplica<Example, Float32Array> = {
    // One that learns nothing still hears how far the stream has come.
    train: async (chunk: Chunk<Example>) =>
      void (chunk.length > 0 && trained.push(Array.from(chunk, ({ input }) => input[0]))),
    drain: async () => {},
    progress: async () => ({ words: 0, loss: Number.NaN, position: undefined }),
    predict: async examples => examples.map(({ input }) => Float32Array.of(input[0], 1 - input[0]))
  }
  return { replica, trained }
}

/** A detector that keeps what it is given, and finds a drift in the values with these numbers, from 1. */
function detecting(drifts: readonly number[]): Detector & { readonly seen: number[]; resets: number } {
  const seen: number[] = []
  return {
    seen,
    resets: 0,
    update: (value): Verdict => (drifts.includes(seen.push(value)) ? 'drift' : 'none'),
    reset() {
      this.resets++
    },
    save: () => ({ detector: '', options: {}, values: [] })
  }
}

/** Training ends when it has seen so many losses. */
function ending(after: number): Convergence {
  let count = 0
  return {
    update: () => ++count % after === 0,
    reset() {
      count = 0
    },
    save: () => ({ detector: '', options: {}, values: [] })
  }
}

const examples = (values: readonly number[], atOnce: number) =>
  stream<Example>(async function* () {
    for (let at = 0; at < values.length; at += atOnce)
      yield chunkAt(
        values.slice(at, at + atOnce).map(value => ({ input: [value], label: 0 })),
        { bytes: at }
      )
  })

async function adapting(events: AsyncIterable<ImagesEvent>): Promise<string[]> {
  const told = await Array.fromAsync(events)
  return told.flatMap(event =>
    event.type === 'drift' || event.type === 'training' || event.type === 'stable'
      ? [`${event.type} ${event.batch} ${event.images}`]
      : []
  )
}

test('mini-batches are full whatever the chunks are, and the mean loss of each is watched before it is learned', async () => {
  const { replica, trained } = listening()
  const detector = detecting([])
  const pass = trainedWhenNeeded(replica, { batch: 4, detector, convergence: ending(99), trained: false })
  const account = new Account(0)
  account.begin(1)
  const values = [1, 0.5, 0.25, 0.5, 1, 1, 1, 0.5, 0.25, 0.25]
  deepStrictEqual(await adapting(pass(examples(values, 3), account)), ['training 1 4'])
  deepStrictEqual(trained, [values.slice(0, 4), values.slice(4, 8), values.slice(8)])
  // The last, of two, is judged with the two before.
  const loss = Math.log(2)
  for (const [i, wanted] of [loss, loss / 4, (0 + 1 + 2 + 2) * (loss / 4)].entries())
    ok(Math.abs(detector.seen[i] - wanted) < 1e-6, `${detector.seen[i]} for ${wanted}`)
  strictEqual(account.images, 10)
  ok(Math.abs((account.figures?.loss ?? 0) - (4 + 1 + 4) * (loss / 10)) < 1e-6)
})

test('drifts, trainings and their ends are told with the mini-batch, which counts over all passes', async () => {
  const { replica, trained } = listening()
  const detector = detecting([6, 8, 12])
  const pass = trainedWhenNeeded(replica, { batch: 2, detector, convergence: ending(3), trained: false })
  const account = new Account(0)
  account.begin(1)
  const values = Array.from({ length: 14 }, () => 0.5)
  deepStrictEqual(await adapting(pass(examples(values, 5), account)), [
    'training 1 2',
    'stable 4 8',
    'drift 6 12',
    'training 6 12'
  ])
  // The one at mini-batch 8 is found while it trains: the training begins anew.
  deepStrictEqual(await adapting(pass(examples(values, 5), account)), [
    'drift 8 16',
    'training 8 16',
    'drift 12 24',
    'training 12 24'
  ])
  strictEqual(trained.length, 3 + 2 + 4 + 3)
  strictEqual(detector.resets, 0)
})

test('a network that has learned already is only asked, until there is a drift', async () => {
  const { replica, trained } = listening()
  const options = { batch: 2, detector: detecting([3]), convergence: ending(2), trained: true }
  const account = new Account(0)
  account.begin(1)
  const events = trainedWhenNeeded(replica, options)(examples([1, 2, 3, 4, 5, 6, 7, 8], 8), account)
  deepStrictEqual(await adapting(events), ['stable 1 2', 'drift 3 6', 'training 3 6'])
  deepStrictEqual(trained, [
    [5, 6],
    [7, 8]
  ])
})

test('a network finds each of two drifts on digits soon, learns them, and saves the rest of the steps', async () => {
  const replica = await layersModel(tensorflow, {
    model: digitNetwork(),
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.01 },
    batch: 20
  })
  const pass = trainedWhenNeeded(replica, {
    batch: 20,
    detector: newDetector('optwin', { rho: 1, confidence: 0.95, maxWindow: 200 }),
    convergence: convergence({ epoch: 25, tolerance: 0.05 }),
    trained: false
  })
  const account = new Account(0)
  const told: AdaptingEvent[] = []
  // Two of ten labels are swapped after 4 passes of 50 mini-batches, and back after 8.
  for (let epoch = 0; epoch < 12; epoch++) {
    account.begin(epoch)
    const swaps = epoch >= 4 && epoch < 8
    const swapped = some.map(({ input, label }) => ({
      input,
      label: swaps && (label === 3 || label === 8) ? 11 - Number(label) : label
    }))
    for await (const event of pass(
      stream<Example>(async function* () {
        yield swapped
      }),
      account
    ))
      if (event.type === 'drift' || event.type === 'training' || event.type === 'stable') told.push(event)
  }
  await replica.close()
  const types = told.map(({ type }) => type)
  deepStrictEqual(types, ['training', 'stable', 'drift', 'training', 'stable', 'drift', 'training', 'stable'])
  const drifts = told.flatMap(({ type, batch }) => (type === 'drift' ? [batch] : []))
  ok(drifts[0] > 200 && drifts[0] <= 210 && drifts[1] > 400 && drifts[1] <= 410, `found at ${drifts}`)
})
