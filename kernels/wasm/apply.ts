import type { RowIncrements } from '../contract.ts'
import { checkIncrements } from '../increments.ts'
import type { WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

/**
 * Adds what other replicas did.
 * @throws RangeError, with nothing changed, where the arrays do not fit together or name rows the table does not hold.
 */
export function applyRows(
  { shared, kernels, scratch }: Workspace,
  table: WasmTable,
  delta: RowIncrements
): void {
  checkIncrements(table, delta)
  const { header, dim } = table
  const { rows, increments, shifts, accumulators, counts } = delta
  const total = rows.length
  const width = increments.BYTES_PER_ELEMENT

  const room = Math.floor(SCRATCH_BYTES / (dim * width + 13))
  const accumulatorsAt = scratch + room * 4
  const countsAt = accumulatorsAt + room * 4
  const incrementsAt = countsAt + room * 4
  const shiftsAt = incrementsAt + room * dim * width
  for (let from = 0; from < total; from += room) {
    const count = Math.min(room, total - from)
    shared.u32(scratch, count).set(rows.subarray(from, from + count))
    shared.i32(accumulatorsAt, count).set(accumulators.subarray(from, from + count))
    shared.u32(countsAt, count).set(counts.subarray(from, from + count))
    const some = increments.subarray(from * dim, (from + count) * dim)
    shared
      .u8(incrementsAt, some.byteLength)
      .set(new Uint8Array(some.buffer, some.byteOffset, some.byteLength))
    if (shifts === undefined) shared.u8(shiftsAt, count).fill(0)
    else shared.u8(shiftsAt, count).set(shifts.subarray(from, from + count))
    kernels.applyRows(header, count, width, scratch, incrementsAt, shiftsAt, accumulatorsAt, countsAt)
  }
}
