import {
  cutIntoRows,
  type DenseChanges,
  type DensePackRules,
  type DenseRows,
  ROW_VALUES,
  roundToUnits,
  type WeightBuffers
} from '../dense.ts'
import { applyDense } from './dense-apply.ts'
import { type DenseMemory, denseMemory } from './dense-memory.ts'
import { packDense } from './dense-pack.ts'
import type { Gpu } from './gpu.ts'

/** Rows of weights that are on this device: only what is packed, and what `read` asks for, leaves it. */
export function createDenseRows(gpu: Gpu, weights: WeightBuffers, unit: number): DenseRows {
  const cut = cutIntoRows(weights.sizes)
  const rows = cut.at(-1)?.endRow ?? 0
  let memory: DenseMemory | undefined

  async function resume(shared: Int32Array<ArrayBuffer>): Promise<void> {
    memory ??= await denseMemory(gpu, weights, unit)
    gpu.write(memory.shared, 0, shared)
  }

  function opened(): DenseMemory {
    if (memory === undefined) throw new Error('internal: rows are used before begin, or after destroy')
    return memory
  }

  return {
    rows,

    async begin() {
      const shared = new Int32Array(rows * ROW_VALUES)
      for (const [i, { firstRow }] of cut.entries())
        roundToUnits(await weights.bring(i), unit, shared, firstRow * ROW_VALUES)
      await resume(shared)
      return shared
    },

    resume,

    pack: (rules: DensePackRules) => packDense(gpu, opened(), rules),

    async apply(changes: DenseChanges) {
      await applyDense(gpu, opened(), changes)
    },

    async read(wanted) {
      const { shared } = opened()
      const bytes = 4 * ROW_VALUES
      if (wanted === undefined) return new Int32Array(await gpu.read(shared, 0, rows * bytes))
      const gathered = await gpu.buffer('dense read', wanted.length * bytes, 'read fewer rows at a time')
      gpu.record(to => {
        for (let first = 0, end = 0; first < wanted.length; first = end) {
          end = first + 1
          while (wanted[end] === wanted[end - 1] + 1 && wanted[end] < rows) end++
          const run = (end - first) * bytes
          if (wanted[first] < rows) to.copy(shared, wanted[first] * bytes, gathered, first * bytes, run)
        }
      })
      const values = new Int32Array(await gpu.read(gathered, 0, wanted.length * bytes))
      gathered.destroy()
      return values
    },

    destroy() {
      if (memory !== undefined) gpu.destroy(...memory.buffers)
      memory = undefined
    }
  }
}
