import { BATCH_SLOTS, BREAK, type Device, type SkipGramOptions } from '../../kernels/index.ts'
import { samplingOf } from '../../src/models/noise.ts'
import { random } from '../../test/reference/random.ts'
import {
  type ReferenceTable,
  trainBatched,
  trainSequential,
  windowsOf
} from '../../test/reference/skip-gram.ts'
import { assertClose, type KernelCase, noise } from './kernel-case.ts'

const WINDOW = 5
const NEGATIVES = 5
const LINE = 18
const RATE = 0.1

/**
 * Training on batches of words that are as unevenly frequent as those of a natural text: the share of word r is that of
 * 1 / (r + 2.7). FLOPs of a window of C contexts and O outputs: 6 · dim · C · O (product, and a gradient for either side), and of
 * a row that is updated 4 · dim (mean square, step). Bytes: each row that a batch touches is read and written once.
 */
export const skipGram: KernelCase = {
  name: 'skip-gram',
  shaders: 'sgns',
  threads: 'all',

  async check(device, { dim }) {
    const { options, close } = await openTables(device, 256, dim)
    const { input, output } = options
    await input.write('weights', 0, noise(256 * dim, 2, 0.1))
    await output.write('weights', 0, noise(256 * dim, 3, 0.1))
    const tables = [await referenceOf(input), await referenceOf(output)] as const
    const { sampling, slots } = zipf(256, 512, 11)
    const trainer = await device.createSkipGram(options)
    await trainer.setSampling(sampling)
    await trainer.train({ slots, key: 5, rate: RATE })
    await trainer.drain()
    const train = device.kind === 'wasm' ? trainSequential : trainBatched
    train({ ...options, input: tables[0], output: tables[1], sampling }, slots, 5, RATE)
    // On webgpu gradients are in steps of 2^-16.
    const tolerance = device.kind === 'wasm' ? 1e-4 : 5e-3
    assertClose('skip-gram, input', await input.read('weights', 0, 256), tables[0].weights, tolerance)
    assertClose('skip-gram, output', await output.read('weights', 0, 256), tables[1].weights, tolerance)
    await trainer.destroy()
    close()
  },

  async open(device, { rows, dim, batches }) {
    const { options, close } = await openTables(device, rows, dim)
    const trainer = await device.createSkipGram(options)
    const work = Array.from({ length: batches }, (_, i) => ({
      ...zipf(rows, BATCH_SLOTS, i),
      key: i,
      rate: RATE
    }))
    const sampling = work[0]?.sampling ?? zipf(rows, 1, 0).sampling
    await trainer.setSampling(sampling)
    const { pairs, touched } = countWork(work[0] ?? { slots: new Uint32Array(), key: 0 }, sampling)
    return {
      calls: batches,
      flops: 6 * dim * pairs + 4 * dim * touched,
      bytes: touched * 8 * dim + BATCH_SLOTS * 4,
      async run() {
        for (const batch of work) await trainer.train(batch)
        await trainer.drain()
      },
      async close() {
        await trainer.destroy()
        close()
      }
    }
  }
}

async function openTables(device: Device, rows: number, dim: number) {
  const keys = Uint32Array.from({ length: rows * 2 }, (_, i) => random(1, i))
  const input = await device.createTable({ name: 'input', capacity: rows, dim, init: 'uniform' })
  const output = await device.createTable({ name: 'output', capacity: rows, dim, init: 'zero' })
  for (const table of [input, output]) table.initRows(0, keys)
  const options: SkipGramOptions = {
    input,
    output,
    window: WINDOW,
    negatives: NEGATIVES,
    optimizer: { kind: 'adagrad' }
  }
  const close = () => {
    input.destroy()
    output.destroy()
  }
  return { options, close }
}

/** A text of lines of LINE words, and the sampling tables that belong to it. */
function zipf(rows: number, length: number, key: number) {
  const ends = new Float64Array(rows)
  let sum = 0
  for (let row = 0; row < rows; row++) ends[row] = sum += 1 / (row + 2.7)
  const draw = (i: number) => {
    const wanted = (random(key + 77, i) / 2 ** 32) * sum
    let [low, high] = [0, rows - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? sum) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
  const counts = Float64Array.from({ length: rows }, (_, row) => (1e7 / sum) * (1 / (row + 2.7)))
  const slots = Uint32Array.from({ length }, (_, i) => (i % (LINE + 1) === LINE ? BREAK : draw(i)))
  return { sampling: samplingOf(counts, rows, 1e-4), slots }
}

/** Products of a context with an output, and rows that are touched, in one batch. */
function countWork(
  { slots, key }: { readonly slots: Uint32Array; readonly key: number },
  sampling: ReturnType<typeof samplingOf>
): { pairs: number; touched: number } {
  const windows = windowsOf(slots, key, { window: WINDOW, negatives: NEGATIVES, sampling })
  const inputs = new Set(windows.flatMap(({ contexts }) => contexts))
  const outputs = new Set(windows.flatMap(({ outputs }) => outputs))
  const pairs = windows.reduce((sum, { contexts, outputs }) => sum + contexts.length * outputs.length, 0)
  return { pairs, touched: inputs.size + outputs.size }
}

async function referenceOf(table: SkipGramOptions['input']): Promise<ReferenceTable> {
  const { capacity, dim } = table
  return {
    dim,
    weights: Float64Array.from(await table.read('weights', 0, capacity)),
    accumulator: new Float64Array(capacity),
    multiplier: new Float64Array(capacity).fill(1),
    hits: new Uint32Array(capacity)
  }
}
