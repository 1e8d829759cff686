import { deepStrictEqual, ok, rejects } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { BREAK, type Device } from '../../kernels/contract.ts'
import { assertClose } from '../assert-close.ts'
import { devices } from '../devices.ts'
import { below, random } from '../reference/random.ts'
import {
  evenSampling,
  KEY,
  lines,
  type Trained,
  type TrainingCase,
  trainByReference,
  trainOn
} from './training-case.ts'

const small = { dim: 8, window: 3, negatives: 2, rows: 20 }
const usual = { dim: 100, window: 5, negatives: 5, rows: 40 }
const oneWord = (words: number) => new Uint32Array(words).fill(0)

const cases: (TrainingCase & { why: string })[] = [
  { why: 'exactly a chunk, with a break in it', ...usual, batches: [lines(31, 16, 40)] },
  { why: 'one word more than a chunk', ...usual, batches: [lines(33, 100, 40)] },
  { why: 'exactly a chunk', ...small, batches: [lines(32, 100, 20)] },
  { why: 'a break on either side of a chunk', ...small, batches: [lines(70, 31, 20), lines(70, 32, 20)] },
  { why: 'lines shorter than the window', ...small, batches: [lines(60, 2, 20)] },
  { why: 'lines of one word', ...small, batches: [lines(10, 1, 20)] },
  { why: 'nothing but breaks', ...small, batches: [new Uint32Array(40).fill(BREAK)] },
  { why: 'an empty batch', ...small, batches: [new Uint32Array()] },
  { why: 'a single word', ...small, batches: [oneWord(1)] },
  { why: 'words that are their own negatives', ...small, rows: 3, batches: [lines(50, 10, 3)] },
  { why: 'the narrowest rows', ...small, dim: 4, window: 1, negatives: 1, batches: [lines(40, 9, 20)] },
  {
    why: 'a lane more than rows of 128',
    ...usual,
    dim: 132,
    window: 2,
    negatives: 7,
    batches: [lines(20, 9, 40)]
  },
  { why: 'rows of 128 and six negatives', ...usual, dim: 128, negatives: 6, batches: [lines(12, 9, 40)] },
  { why: 'rows too wide for a ring', ...usual, dim: 300, batches: [lines(20, 9, 40), lines(8, 9, 40)] },
  {
    why: 'the widest window and most negatives',
    ...small,
    window: 15,
    negatives: 31,
    batches: [lines(40, 35, 20)]
  },
  { why: 'those of wide rows', ...usual, window: 15, negatives: 31, batches: [lines(20, 20, 40)] },
  {
    why: 'one word 4096 times',
    ...small,
    dim: 4,
    window: 5,
    negatives: 5,
    rows: 2,
    batches: [oneWord(4096)]
  },
  { why: 'several submissions', ...small, batches: [1, 2, 3, 4, 5].map(seed => lines(20, 7, 20, seed)) },
  {
    why: 'accumulators that start above 0, one way for each table',
    ...small,
    optimizer: { kind: 'adagrad', initial: { input: 2, output: 50 } },
    batches: [lines(40, 9, 20)]
  },
  { why: 'SGD', ...small, optimizer: { kind: 'sgd', clip: 1e9 }, batches: [lines(40, 9, 20)] },
  {
    why: 'rows that several replicas train',
    ...small,
    multiplier: row => 1 + row / 4,
    batches: [lines(40, 9, 20)]
  },
  {
    why: 'the same under SGD',
    ...small,
    optimizer: { kind: 'sgd', clip: 1e9 },
    multiplier: row => 1 + row / 4,
    batches: [lines(40, 9, 20)]
  }
]
const sampled: (TrainingCase & { why: string })[] = [
  {
    why: 'draws that meet their thresholds exactly',
    ...small,
    negatives: 1,
    sampling: onTheEdge(),
    batches: [Uint32Array.of(3, 5)]
  },
  { why: 'more rows than 16 bits count', ...small, dim: 4, rows: 70_001, batches: [lines(90, 9, 70_001)] },
  { why: 'everything is dropped', ...small, sampling: keeping(() => 0), batches: [lines(40, 9, 20)] },
  { why: 'half is dropped', ...small, sampling: keeping(() => 2 ** 31), batches: [lines(300, 9, 20)] },
  {
    why: 'even words are dropped',
    ...small,
    sampling: keeping(row => (row % 2 === 0 ? 0 : 0xffff_ffff)),
    batches: [lines(80, 9, 20)]
  }
]

/** The first slot's draw is just kept, and the first negative just goes to its alias. */
function onTheEdge() {
  const { keep, threshold, alias } = evenSampling(20)
  const { column, fraction } = below(random(KEY, 2), 20)
  keep[3] = random(KEY, 0)
  threshold[column] = fraction
  alias[column] = 19 - column
  return { keep, threshold, alias }
}

function keeping(keep: (row: number) => number) {
  return { ...evenSampling(20), keep: Uint32Array.from({ length: 20 }, (_, row) => keep(row)) }
}

/** Fixed point (2^-17 an addition) and f32 against f64; one use of a row more or less moves it by 1e-2. */
function assertTrained(actual: Trained, expected: Trained): void {
  for (const table of ['input', 'output'] as const) {
    deepStrictEqual(
      [...(actual[table].hits as Uint32Array)],
      [...(expected[table].hits as Uint32Array)],
      `hits of ${table}`
    )
    const tolerance = { absolute: 3e-4, relative: 1e-3 }
    assertClose(actual[table].weights, expected[table].weights, { ...tolerance, what: `weights of ${table}` })
    assertClose(actual[table].accumulator, expected[table].accumulator, {
      ...tolerance,
      what: `G of ${table}`
    })
  }
  deepStrictEqual(actual.loss.contexts, expected.loss.contexts)
  assertClose([actual.loss.sum], [expected.loss.sum], { relative: 1e-3, what: 'loss' })
}

for (const { name, open } of devices) {
  const order = name === 'webgpu' ? 'batched' : 'sequential'
  describe(`skip-gram on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    for (const { why, ...options } of [...cases, ...sampled]) {
      test(`matches the ${order} reference: ${why}`, async () => {
        assertTrained(await trainOn(device, options), trainByReference(options, order))
      })
    }

    test('gives the same bits twice', async () => {
      ok(device.deterministic)
      const options = { ...small, batches: [lines(200, 9, 20), lines(90, 30, 20)] }
      deepStrictEqual(await trainOn(device, options), await trainOn(device, options))
    })

    test('counts the loss from one asking to the next', async () => {
      const options = { ...small, batches: [lines(40, 9, 20)] }
      const tables = [1, 2].map(i =>
        device.createTable({ name: `${i}`, capacity: 20, dim: 8, init: 'uniform' })
      )
      const [input, output] = await Promise.all(tables)
      const skipGram = await device.createSkipGram({
        ...small,
        input,
        output,
        optimizer: { kind: 'adagrad' }
      })
      await skipGram.setSampling(evenSampling(20))
      await skipGram.train({ slots: options.batches[0], key: 1, rate: 0.1 })
      await skipGram.drain()
      ok((await skipGram.loss()).contexts > 0)
      deepStrictEqual(await skipGram.loss(), { sum: 0, contexts: 0 })
      await skipGram.destroy()
    })

    test('slots and sampling tables that name rows which are not there are refused', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 20, dim: 8, init: 'zero' })
      const options = {
        input: table,
        output: table,
        window: 3,
        negatives: 2,
        optimizer: { kind: 'adagrad' }
      } as const
      const skipGram = await device.createSkipGram(options)
      await rejects(skipGram.setSampling(evenSampling(21)), { name: 'RangeError' })
      await skipGram.setSampling(evenSampling(10))
      await rejects(skipGram.train({ slots: Uint32Array.of(1, 10), key: 1, rate: 0.1 }), {
        name: 'RangeError',
        message: 'skip-gram: slot 1 names row 10, the sampling tables have 10 rows'
      })
      await rejects(skipGram.train({ slots: new Uint32Array(8193), key: 1, rate: 0.1 }), {
        name: 'RangeError'
      })
      await skipGram.destroy()
      table.destroy()
    })

    test('refuses options out of range', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 4, dim: 8, init: 'zero' })
      const options = { ...small, input: table, output: table, optimizer: { kind: 'adagrad' } as const }
      await rejects(device.createSkipGram({ ...options, window: 16 }), {
        name: 'RangeError',
        message: `${name}: window must be a whole number from 1 to 15; got 16`
      })
      await rejects(device.createSkipGram({ ...options, negatives: 0 }), { name: 'RangeError' })
      table.destroy()
    })
  })
}
