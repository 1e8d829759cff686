import {
  BREAK,
  type Device,
  type Optimizer,
  type Sampling,
  type SkipGramBatch,
  type Table
} from '../../kernels/contract.ts'
import { randomRows, randomValues } from '../random.ts'
import {
  type Loss,
  type ReferenceSkipGram,
  type ReferenceTable,
  trainBatched,
  trainSequential
} from '../reference/skip-gram.ts'

/** One run of skip-gram from random rows. */
export interface TrainingCase {
  readonly dim: number
  readonly window: number
  readonly negatives: number
  readonly rows: number
  /** Slots of each batch. */
  readonly batches: readonly Uint32Array[]
  readonly optimizer?: Optimizer
  readonly sampling?: Sampling
  readonly multiplier?: (row: number) => number
  readonly rate?: number
}

/** What a run left behind. */
export interface Trained {
  readonly input: TrainedTable
  readonly output: TrainedTable
  readonly loss: Loss
}
export interface TrainedTable {
  readonly weights: ArrayLike<number>
  readonly accumulator: ArrayLike<number>
  readonly hits: ArrayLike<number>
}

/** Key of the first batch; the others follow. */
export const KEY = 0xfedc_ba98
const ADAGRAD: Optimizer = { kind: 'adagrad' }

/** Lines of words 0 … rows-1, `line` words each, as many as fill `words` words. */
export function lines(words: number, line: number, rows: number, seed = 1): Uint32Array {
  const slots = [...randomRows(words, rows, seed)].flatMap((word, i) =>
    i > 0 && i % line === 0 ? [BREAK, word] : [word]
  )
  return Uint32Array.from(slots)
}

/** Keeps everything; rows 0 … rows-1 are drawn alike but for every third, which half the time gives the next. */
export function evenSampling(rows: number): Sampling {
  return {
    keep: new Uint32Array(rows).fill(0xffff_ffff),
    threshold: Uint32Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 2 ** 31 : 0xffff_ffff)),
    alias: Uint32Array.from({ length: rows }, (_, row) => (row + 1) % rows)
  }
}

function initialWeights({ rows, dim }: TrainingCase, seed: number): Float32Array<ArrayBuffer> {
  return randomValues(rows * dim, seed).map(value => value / 2)
}

function batchesOf({ batches, rate = 0.1 }: TrainingCase): SkipGramBatch[] {
  return batches.map((slots, i) => ({ slots, key: (KEY + i) >>> 0, rate }))
}

/** Trains on a device. */
export async function trainOn(device: Device, options: TrainingCase): Promise<Trained> {
  const { rows, dim, window, negatives, optimizer = ADAGRAD, multiplier } = options
  const open = async (name: string, seed: number) => {
    const table = await device.createTable({ name, capacity: rows, dim, init: 'zero' })
    table.initRows(0, new Uint32Array(2 * rows))
    await table.write('weights', 0, initialWeights(options, seed))
    if (multiplier !== undefined) await table.write('multiplier', 0, multipliers(options))
    return table
  }
  const [input, output] = [await open('input', 11), await open('output', 12)]
  const skipGram = await device.createSkipGram({ input, output, window, negatives, optimizer })
  await skipGram.setSampling(options.sampling ?? evenSampling(rows))
  for (const batch of batchesOf(options)) await skipGram.train(batch)
  await skipGram.drain()
  const trained = {
    input: await contents(input, rows),
    output: await contents(output, rows),
    loss: await skipGram.loss()
  }
  await skipGram.destroy()
  input.destroy()
  output.destroy()
  return trained
}

/** Trains by the reference; rows change after each window, or after each batch. */
export function trainByReference(options: TrainingCase, order: 'sequential' | 'batched'): Trained {
  const { rows, dim, window, negatives, optimizer = ADAGRAD } = options
  const open = (seed: number): ReferenceTable => ({
    dim,
    weights: Float64Array.from(initialWeights(options, seed)),
    accumulator: new Float64Array(rows),
    multiplier: Float64Array.from(multipliers(options)),
    hits: new Uint32Array(rows)
  })
  const [input, output] = [open(11), open(12)]
  const sampling = options.sampling ?? evenSampling(rows)
  const model: ReferenceSkipGram = { input, output, window, negatives, optimizer, sampling }
  const loss = { sum: 0, contexts: 0 }
  const train = order === 'batched' ? trainBatched : trainSequential
  for (const { slots, key, rate } of batchesOf(options)) {
    const { sum, contexts } = train(model, slots, key, rate)
    loss.sum += sum
    loss.contexts += contexts
  }
  return { input, output, loss }
}

function multipliers({ rows, multiplier = () => 1 }: TrainingCase): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows }, (_, row) => multiplier(row))
}

async function contents(table: Table, rows: number): Promise<TrainedTable> {
  return {
    weights: await table.read('weights', 0, rows),
    accumulator: await table.read('accumulator', 0, rows),
    hits: await table.read('hits', 0, rows)
  }
}
