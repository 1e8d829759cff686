import { cutIntoRows, ROW_VALUES, type WeightBuffers, type WeightRows } from '../dense.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'

/** What the device holds of a table beside the weights, and its kernels. */
export interface DenseMemory {
  readonly unit: number
  readonly rows: number
  readonly weights: WeightBuffers
  readonly cut: readonly WeightRows[]
  readonly shared: GPUBuffer // i32 [rows, 256]
  readonly shares: GPUBuffer // u32 [rows], α · 2^32
  readonly sizes: GPUBuffer // u32 [rows]
  readonly energies: GPUBuffer // f32 [rows]
  readonly marks: GPUBuffer // u32 [rows]
  readonly buffers: readonly GPUBuffer[]
  readonly measure: Kernel
  readonly choose: Kernel
  readonly pack: Kernel
  readonly apply: Kernel
}

/** @throws RangeError where the adapter does not allow the size; DeviceLostError where there is no memory for it. */
export async function denseMemory(gpu: Gpu, weights: WeightBuffers, unit: number): Promise<DenseMemory> {
  const cut = cutIntoRows(weights.sizes)
  const rows = cut.at(-1)?.endRow ?? 0
  const [measure, choose, pack, apply] = await Promise.all([
    gpu.kernel('dense-pack', { WRITES: false }),
    gpu.kernel('dense-choose'),
    gpu.kernel('dense-pack', { WRITES: true }),
    gpu.kernel('dense-apply')
  ])
  const buffers: GPUBuffer[] = []
  const buffer = async (what: string, bytes: number) => {
    const made = await gpu.buffer(`network (${what})`, bytes, 'freeze layers, or use a smaller network')
    buffers.push(made)
    return made
  }
  try {
    return {
      unit,
      rows,
      weights,
      cut,
      shared: await buffer('shared', 4 * ROW_VALUES * rows),
      shares: await buffer('shares', 4 * rows),
      sizes: await buffer('sizes', 4 * rows),
      energies: await buffer('energies', 4 * rows),
      marks: await buffer('marks', 4 * rows),
      buffers,
      measure,
      choose,
      pack,
      apply
    }
  } catch (error) {
    gpu.destroy(...buffers)
    throw error
  }
}
