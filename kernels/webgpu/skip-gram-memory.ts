import { BATCH_SLOTS, type Sampling } from '../contract.ts'
import { checkSampling } from '../skip-gram-checks.ts'
import type { Gpu } from './gpu.ts'
import type { GpuTable } from './table.ts'

/** What skip-gram needs on the device beside its tables, for submissions of `batches` batches. */
export interface SkipGramMemory {
  readonly batches: number
  readonly slots: GPUBuffer // u32 [batches, BATCH_SLOTS]
  readonly kept: GPUBuffer // u32 [batches, BATCH_SLOTS + 1]
  readonly windows: GPUBuffer // u32 [batches, BATCH_SLOTS, negatives + 2]
  readonly sampling: GPUBuffer // u32 [3, samplingCapacity]: keep, threshold, alias
  readonly samplingCapacity: number
  readonly inputGradients: GPUBuffer // i32 [input capacity, dim]
  readonly outputGradients: GPUBuffer // i32 [output capacity, dim]
  /** u32: a count for each batch and table; then hits [capacity] and list [capacity] of touched rows, input and output. */
  readonly touched: GPUBuffer
  readonly losses: GPUBuffer // (f32 sum, u32 contexts) [BATCH_SLOTS]
  readonly batchParams: GPUBuffer // 256 bytes a batch
  readonly stepParams: GPUBuffer // 256 bytes a batch and table
  destroy(): void
}

/** Counts at the start of `touched`: two for each of at most 32 batches. */
export const TOUCHED_COUNTS = 64

/** @throws RangeError or DeviceLostError, naming what does not fit. */
export async function allocateSkipGram(
  gpu: Gpu,
  input: GpuTable,
  output: GpuTable,
  negatives: number,
  batches: number
): Promise<SkipGramMemory> {
  const samplingCapacity = Math.min(input.capacity, output.capacity)
  const made: GPUBuffer[] = []
  async function buffer(what: string, values: number): Promise<GPUBuffer> {
    const one = await gpu.buffer(`skip-gram ${what}`, 4 * values)
    made.push(one)
    return one
  }
  function destroy(): void {
    for (const one of made) one.destroy()
  }
  function params(count: number): GPUBuffer {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST
    const one = gpu.device.createBuffer({ label: 'skip-gram params', size: 256 * count, usage })
    made.push(one)
    return one
  }
  try {
    return {
      batches,
      slots: await buffer('slots', batches * BATCH_SLOTS),
      kept: await buffer('kept words', batches * (BATCH_SLOTS + 1)),
      windows: await buffer('windows', batches * BATCH_SLOTS * (negatives + 2)),
      sampling: await buffer('sampling', 3 * samplingCapacity),
      samplingCapacity,
      inputGradients: await buffer('input gradients', input.capacity * input.dim),
      outputGradients: await buffer('output gradients', output.capacity * output.dim),
      touched: await buffer('touched rows', TOUCHED_COUNTS + 2 * (input.capacity + output.capacity)),
      losses: await buffer('losses', 2 * BATCH_SLOTS),
      batchParams: params(batches),
      stepParams: params(2 * batches),
      destroy
    }
  } catch (error) {
    destroy()
    throw error
  }
}

/** Writes sampling tables, for the batches submitted from now on. */
export function writeSampling(gpu: Gpu, memory: SkipGramMemory, sampling: Sampling): void {
  const { samplingCapacity } = memory
  checkSampling(sampling, samplingCapacity)
  const { keep, threshold, alias } = sampling
  for (const [i, values] of [keep, threshold, alias].entries()) {
    gpu.write(memory.sampling, 4 * i * samplingCapacity, values as Uint32Array<ArrayBuffer>)
  }
}
