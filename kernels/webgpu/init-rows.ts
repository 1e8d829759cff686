import type { Gpu } from './gpu.ts'
import { packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const LANES = 64

/** Fills rows of a table as new; `keys` holds two u32 (low, high) for each; `divisor` as in `initDivisor`. */
export type InitRows = (
  table: GpuTable,
  first: number,
  keys: Uint32Array,
  divisor: number,
  multiplier: number
) => void

/** Compiles wgsl/init-rows.wgsl for tables of one width. */
export async function loadInitRows(gpu: Gpu, dim: number): Promise<InitRows> {
  const kernel = await gpu.kernel('init-rows', { DIM: dim })
  return (table, first, keys, divisor, multiplier) => {
    const rows = keys.length / 2
    if (rows === 0) return
    gpu.record(to => {
      const params = to.params(
        packParams(
          ['f32', table.unit],
          ['i32', -Math.log2(table.unit) - 20],
          ['u32', table.capacity],
          ['u32', rows],
          ['u32', first],
          ['u32', divisor],
          ['f32', multiplier]
        )
      )
      const group = kernel.bind(params, to.storage('keys', keys), table.weights, table.shared, table.state)
      to.dispatch(kernel, group, Math.ceil((rows * dim) / 4 / LANES))
    })
  }
}
