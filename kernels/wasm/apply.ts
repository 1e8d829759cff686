import type { RowIncrements } from '../contract.ts'
import type { WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

/**
 * Adds what other replicas did.
 * @throws RangeError, with nothing changed, where the arrays do not fit together or name rows the table does not hold.
 */
export function applyRows(
  { shared, kernels, scratch }: Workspace,
  table: WasmTable,
  { rows, increments, accumulators, counts }: RowIncrements
): void {
  const { name, header, capacity, dim } = table
  const total = rows.length
  if (increments.length !== total * dim || accumulators.length !== total || counts.length !== total) {
    throw new RangeError(
      `apply: ${total} rows of table ${name} want ${total * dim} increments, ${total} accumulators and ${total} counts; ` +
        `got ${increments.length}, ${accumulators.length} and ${counts.length}`
    )
  }
  for (const row of rows) {
    if (row >= capacity) throw new RangeError(`apply: table ${name} has ${capacity} rows; got row ${row}`)
  }

  const room = Math.floor(SCRATCH_BYTES / (dim * 4 + 12))
  const accumulatorsAt = scratch + room * 4
  const countsAt = accumulatorsAt + room * 4
  const incrementsAt = countsAt + room * 4
  for (let from = 0; from < total; from += room) {
    const count = Math.min(room, total - from)
    shared.u32(scratch, count).set(rows.subarray(from, from + count))
    shared.i32(accumulatorsAt, count).set(accumulators.subarray(from, from + count))
    shared.u32(countsAt, count).set(counts.subarray(from, from + count))
    shared.i32(incrementsAt, count * dim).set(increments.subarray(from * dim, (from + count) * dim))
    kernels.applyRows(header, count, scratch, incrementsAt, accumulatorsAt, countsAt)
  }
}
