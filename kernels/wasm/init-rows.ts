import { initDivisor } from '../table-options.ts'
import type { WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

/** Fills rows from `first` on as new; `keys` holds two u32 (low, high) for each. */
export function initRows(
  { shared, kernels, scratch }: Workspace,
  table: WasmTable,
  first: number,
  keys: Uint32Array,
  multiplier = 1
): void {
  const divisor = initDivisor(table)
  const finer = -Math.log2(table.unit) - 20
  const room = SCRATCH_BYTES / 8
  for (let from = 0; from < keys.length / 2; from += room) {
    const part = keys.subarray(from * 2, (from + room) * 2)
    shared.u32(scratch, part.length).set(part)
    kernels.initRows(table.header, first + from, part.length / 2, scratch, divisor, finer, multiplier)
  }
}
