import type { RowIncrements } from '../contract.ts'
import type { Gpu } from './gpu.ts'
import { tableParams } from './pack.ts'
import { packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const LANES = 64
/** Larger deltas go in pieces, each a buffer that any adapter can bind. */
const PIECE_BYTES = 64 * 2 ** 20

/** Runs wgsl/apply.wgsl. */
export async function apply(gpu: Gpu, table: GpuTable, delta: RowIncrements): Promise<void> {
  checkDelta(table, delta)
  const { dim } = table
  const { rows, increments, accumulators, counts } = delta
  const kernel = await gpu.kernel('apply', { DIM: dim })
  const piece = Math.floor(PIECE_BYTES / (4 * (dim + 3)))
  for (let first = 0; first < rows.length; first += piece) {
    const last = Math.min(first + piece, rows.length)
    gpu.record(to => {
      const parts = [rows, counts, accumulators].map(part => part.subarray(first, last))
      const buffer = to.storage('delta', ...parts, increments.subarray(first * dim, last * dim))
      const params = to.params(packParams(...tableParams(table), ['u32', last - first]))
      const group = kernel.bind(params, buffer, table.weights, table.shared, table.state)
      to.dispatch(kernel, group, Math.ceil(((last - first) * dim) / 4 / LANES))
    })
  }
}

function checkDelta({ name, capacity, dim }: GpuTable, delta: RowIncrements): void {
  const { rows, increments, accumulators, counts } = delta
  const { length } = rows
  if (increments.length !== length * dim || accumulators.length !== length || counts.length !== length) {
    throw new RangeError(
      `apply: ${length} rows of table ${name} want ${length * dim} increments, ${length} accumulators and ${length} counts; ` +
        `got ${increments.length}, ${accumulators.length} and ${counts.length}`
    )
  }
  const outside = rows.find(row => row >= capacity)
  if (outside !== undefined) {
    throw new RangeError(`apply: table ${name} has ${capacity} rows; got row ${outside}`)
  }
}
