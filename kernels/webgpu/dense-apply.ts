import { type DenseChanges, ROW_VALUES } from '../dense.ts'
import type { DenseMemory } from './dense-memory.ts'
import type { Gpu } from './gpu.ts'
import { packParams } from './params.ts'

/** Runs wgsl/dense-apply.wgsl over the weights that the changes have rows of: one submission. */
export async function applyDense(gpu: Gpu, memory: DenseMemory, changes: DenseChanges): Promise<void> {
  const { weights, cut, unit, shared, apply } = memory
  const { rows, shifts, values } = changes
  const parts = cut
    .map(({ firstRow, endRow, size }, weight) => {
      const first = rows.findIndex(row => row >= firstRow)
      const end = rows.findLastIndex(row => row < endRow) + 1
      return { weight, firstRow, size, first, end }
    })
    .filter(({ first, end }) => first >= 0 && first < end)
  if (parts.length === 0) return
  const buffers = parts.map(({ weight }) => weights.buffer(weight))
  weights.submit()
  gpu.record(to => {
    for (const [i, { firstRow, size, first, end }] of parts.entries()) {
      const delta = new Uint32Array(2 * (end - first))
      for (let item = first; item < end; item++) {
        delta[2 * (item - first)] = rows[item]
        delta[2 * (item - first) + 1] = shifts[item]
      }
      const params = packParams(
        ['f32', unit],
        ['u32', firstRow],
        ['u32', size],
        ['u32', end - first],
        ['u32', 8 * values.BYTES_PER_ELEMENT]
      )
      const moved = values.subarray(first * ROW_VALUES, end * ROW_VALUES)
      const group = apply.bind(
        to.params(params),
        to.storage('dense delta', delta),
        to.storage('dense values', moved),
        buffers[i],
        shared
      )
      to.dispatch(apply, group, end - first)
    }
  })
  for (const { weight } of parts) weights.changed(weight)
}
