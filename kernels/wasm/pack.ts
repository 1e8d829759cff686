import type { PackedRows } from '../contract.ts'
import type { WasmTable } from './table.ts'
import { SCRATCH_BYTES, type Workspace } from './workspace.ts'

/** Packs at most `limit` touched rows, lowest first; at most `replicas` work on each. */
export function packRows(
  { shared, kernels, scratch }: Workspace,
  table: WasmTable,
  limit = table.capacity,
  replicas = Number.POSITIVE_INFINITY
): PackedRows {
  const { header, capacity, dim } = table
  const most = Math.min(kernels.countTouched(header, capacity), limit)
  const packed = {
    rows: new Uint32Array(most),
    shifts: new Uint8Array(most),
    values: new Int8Array(most * dim),
    accumulators: new Int32Array(most)
  }

  const room = Math.floor(SCRATCH_BYTES / (dim + 9))
  const accumulators = scratch + room * 4
  const values = accumulators + room * 4
  const shifts = values + room * dim
  let count = 0
  let next = 0
  while (count < most && next < capacity) {
    const wanted = Math.min(room, most - count)
    const taken = kernels.packRows(
      header,
      next,
      capacity,
      wanted,
      replicas,
      scratch,
      shifts,
      values,
      accumulators
    )
    const rows = shared.u32(scratch, taken)
    packed.rows.set(rows, count)
    packed.shifts.set(shared.u8(shifts, taken), count)
    packed.values.set(shared.i8(values, taken * dim), count * dim)
    packed.accumulators.set(shared.i32(accumulators, taken), count)
    count += taken
    next = taken < wanted ? capacity : (rows.at(-1) ?? capacity) + 1
  }
  if (count === most) return packed
  // Some touched rows had nothing to send. What holds little more than is used is not worth a copy.
  const end = count > most / 2 ? 'subarray' : 'slice'
  return {
    rows: packed.rows[end](0, count),
    shifts: packed.shifts[end](0, count),
    values: packed.values[end](0, count * dim),
    accumulators: packed.accumulators[end](0, count)
  }
}
