import { BATCH_SLOTS, type SkipGramOptions } from '../contract.ts'
import { initialAccumulators } from '../skip-gram-checks.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import type { Recording } from './recording.ts'
import { type SkipGramMemory, TOUCHED_COUNTS } from './skip-gram-memory.ts'
import type { GpuTable } from './table.ts'

const CHUNK = 32
const DRAW_LANES = 64
const APPLY_ROWS = 8
const MOST_APPLY_WORKGROUPS = 2048

/** One batch, as the passes need it. */
export interface BatchParams {
  readonly slots: number
  readonly key: number
  readonly rate: number
}

/** The dispatches of skip-gram, with their bind groups made once. */
export interface SkipGramPasses {
  /** Trains batches whose slots are in memory, one after the other; `rows` is how many the sampling tables have. */
  encode(to: Recording, batches: readonly BatchParams[], rows: number): void
}

/** Where a kernel for one set of options runs: rows in workgroup memory where they fit, else read from storage. */
async function loadGradient(
  gpu: Gpu,
  { input, window, negatives }: SkipGramOptions
): Promise<{ kernel: Kernel; words: number }> {
  const overrides = { SLOTS: BATCH_SLOTS, DIM: input.dim, WINDOW: window, NEGATIVES: negatives }
  if (workgroupBytes(input.dim, window, negatives) > gpu.device.limits.maxComputeWorkgroupStorageSize) {
    return { kernel: await gpu.kernel('sgns-wide', overrides), words: 1 }
  }
  const name = gpu.subgroups ? 'sgns-subgroup' : 'sgns'
  return { kernel: await gpu.kernel(name, { ...overrides, CHUNK }), words: CHUNK }
}

/** Workgroup memory of wgsl/sgns.wgsl, and of its subgroup twin. */
function workgroupBytes(dim: number, window: number, negatives: number): number {
  const rows = 2 * (2 * window + 1) + negatives + 1
  const products = 4 * window * (negatives + 1)
  const words = CHUNK + 2 * window + CHUNK * (negatives + 2)
  const rounding = 64 // each of the five arrays begins at a multiple of 16
  return 4 * (rows * (dim + 4) + products + words) + rounding - 16
}

/** Compiles the kernels of skip-gram for one set of options and binds them to its memory. */
export async function loadSkipGramPasses(
  gpu: Gpu,
  options: SkipGramOptions,
  input: GpuTable,
  output: GpuTable,
  memory: SkipGramMemory
): Promise<SkipGramPasses> {
  const { window, negatives, optimizer } = options
  const { batches, slots, kept, windows, sampling, touched, losses, batchParams, stepParams } = memory
  const { inputGradients, outputGradients } = memory
  const initial = initialAccumulators(optimizer)
  const clip = optimizer.kind === 'sgd' ? (optimizer.clip ?? 0.5) : 0
  const [keep, draw, gradient, apply] = await Promise.all([
    gpu.kernel('sgns-keep', { SLOTS: BATCH_SLOTS }),
    gpu.kernel('sgns-draw', { SLOTS: BATCH_SLOTS, WINDOW: window, NEGATIVES: negatives }),
    loadGradient(gpu, options),
    gpu.kernel('sgns-apply', { DIM: input.dim, ADAGRAD: optimizer.kind === 'adagrad' })
  ])
  const part = (buffer: GPUBuffer, index: number) => ({ buffer, offset: 256 * index, size: 256 })
  const keepGroup = keep.bind(batchParams, slots, sampling, kept)
  const drawGroup = draw.bind(batchParams, sampling, kept, windows)
  const groups = Array.from({ length: batches }, (_, i) => {
    const gradients = [inputGradients, outputGradients, touched, losses]
    const params = part(batchParams, i)
    return {
      gradient: gradient.kernel.bind(params, kept, windows, input.weights, output.weights, ...gradients),
      input: apply.bind(part(stepParams, 2 * i), input.weights, input.state, inputGradients, touched),
      output: apply.bind(part(stepParams, 2 * i + 1), output.weights, output.state, outputGradients, touched)
    }
  })

  /** Params of all batches of a submission, for the shaders' structs Batch and Step. */
  function writeParams(list: readonly BatchParams[], rows: number): void {
    const batchWords = new Uint32Array(64 * list.length)
    const stepWords = new Uint32Array(128 * list.length)
    const stepFloats = new Float32Array(stepWords.buffer)
    const inputHits = TOUCHED_COUNTS
    const outputHits = inputHits + 2 * input.capacity
    for (const [i, { slots, key, rate }] of list.entries()) {
      const sizes = [input.capacity, output.capacity, memory.samplingCapacity]
      batchWords.set([key, slots, rows, i, ...sizes], 64 * i)
      stepFloats.set([rate, clip], 128 * i)
      stepWords.set([2 * i, inputHits, inputHits + input.capacity, input.capacity], 128 * i + 2)
      stepFloats[128 * i + 6] = initial.input
      stepFloats.set([rate, clip], 128 * i + 64)
      stepWords.set([2 * i + 1, outputHits, outputHits + output.capacity, output.capacity], 128 * i + 66)
      stepFloats[128 * i + 70] = initial.output
    }
    gpu.device.queue.writeBuffer(batchParams, 0, batchWords)
    gpu.device.queue.writeBuffer(stepParams, 0, stepWords)
  }

  return {
    encode(to, list, rows) {
      writeParams(list, rows)
      const longest = Math.max(...list.map(batch => batch.slots))
      to.clear(touched, 0, 4 * TOUCHED_COUNTS)
      to.dispatch(keep, keepGroup, list.length)
      to.dispatch(draw, drawGroup, Math.ceil(longest / DRAW_LANES), list.length)
      for (const [i, batch] of list.entries()) {
        const outputs = Math.min(batch.slots * (negatives + 1), rows)
        to.dispatch(gradient.kernel, groups[i].gradient, Math.ceil(batch.slots / gradient.words))
        to.dispatch(apply, groups[i].input, applyWorkgroups(Math.min(batch.slots, rows)))
        to.dispatch(apply, groups[i].output, applyWorkgroups(outputs))
      }
    }
  }
}

/** Enough for the most rows a batch can touch; beyond some number each workgroup takes more rows. */
function applyWorkgroups(rows: number): number {
  return Math.min(Math.ceil(rows / APPLY_ROWS), MOST_APPLY_WORKGROUPS)
}
