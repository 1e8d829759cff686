import type { WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

const GREATEST_F32 = 3.4028234663852886e38

/**
 * Puts rows 0 … rows-1 that are not finite or beyond ±limit back to unit · shared; returns them, ascending.
 * @throws RangeError where the limit is not greater than 0.
 */
export function checkRows(
  { shared, kernels, scratch }: Workspace,
  table: WasmTable,
  rows: number,
  limit: number
): Uint32Array<ArrayBuffer> {
  if (!(limit > 0)) throw new RangeError(`checkRows: limit must be greater than 0; got ${limit}`)
  const bound = Math.min(limit, GREATEST_F32)
  const room = SCRATCH_BYTES / 4
  const found: number[] = []
  for (let first = 0; first < rows; first += room) {
    const count = kernels.checkRows(table.header, first, Math.min(first + room, rows), bound, scratch)
    for (const row of shared.u32(scratch, count)) found.push(row)
  }
  return Uint32Array.from(found)
}
