import type { RowIncrements } from '../contract.ts'
import { checkIncrements } from '../increments.ts'
import type { Gpu } from './gpu.ts'
import { tableParams } from './pack.ts'
import { packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const LANES = 64
/** Larger deltas go in pieces, each a buffer that any adapter can bind. */
const PIECE_BYTES = 64 * 2 ** 20

/** Runs wgsl/apply.wgsl. */
export async function apply(gpu: Gpu, table: GpuTable, delta: RowIncrements): Promise<void> {
  checkIncrements(table, delta)
  const { dim } = table
  const { rows, accumulators, counts } = delta
  const kernel = await gpu.kernel('apply', { DIM: dim })
  const piece = Math.floor(PIECE_BYTES / (4 * (dim + 3)))
  for (let first = 0; first < rows.length; first += piece) {
    const last = Math.min(first + piece, rows.length)
    gpu.record(to => {
      const parts = [rows, counts, accumulators].map(part => part.subarray(first, last))
      const buffer = to.storage('delta', ...parts, expanded(delta, dim, first, last))
      const params = to.params(packParams(...tableParams(table), ['u32', last - first]))
      const group = kernel.bind(params, buffer, table.weights, table.shared, table.state)
      to.dispatch(kernel, group, Math.ceil(((last - first) * dim) / 4 / LANES))
    })
  }
}

/** Rows `first … last - 1`, i32 and shifted. */
function expanded({ increments, shifts }: RowIncrements, dim: number, first: number, last: number) {
  if (shifts === undefined && increments instanceof Int32Array) {
    return increments.subarray(first * dim, last * dim)
  }
  const all = new Int32Array((last - first) * dim)
  for (let row = first, to = 0; row < last; row++) {
    const shift = shifts?.[row] ?? 0
    for (const end = to + dim; to < end; to++) all[to] = increments[first * dim + to] << shift
  }
  return all
}
