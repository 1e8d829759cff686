import { ROW_VALUES } from '../../kernels/dense.ts'
import type { RowChanges } from '../types.ts'

/** Rows one after the other; those that a table does not have are zero. */
export function gathered(values: Int32Array, rows: Uint32Array): Int32Array<ArrayBuffer> {
  const found = new Int32Array(rows.length * ROW_VALUES)
  for (const [i, row] of rows.entries()) {
    found.set(values.subarray(row * ROW_VALUES, (row + 1) * ROW_VALUES), i * ROW_VALUES)
  }
  return found
}

/** What must be added to rows of `current` values to make them `wanted`; a row that changes counts one contribution. */
export function changesTo(rows: Uint32Array, current: Int32Array, wanted: Int32Array): RowChanges {
  const changed: number[] = []
  for (let i = 0; i * ROW_VALUES < current.length; i++) {
    let differs = 0
    for (let at = i * ROW_VALUES; at < (i + 1) * ROW_VALUES; at++) differs |= wanted[at] ^ current[at]
    if (differs !== 0) changed.push(i)
  }
  const values = new Int32Array(changed.length * ROW_VALUES)
  for (const [to, i] of changed.entries()) {
    for (let d = 0; d < ROW_VALUES; d++)
      values[to * ROW_VALUES + d] = wanted[i * ROW_VALUES + d] - current[i * ROW_VALUES + d]
  }
  return {
    dim: ROW_VALUES,
    rows: Uint32Array.from(changed, i => rows[i]),
    shifts: new Uint8Array(changed.length),
    values,
    accumulators: new Int32Array(changed.length),
    counts: new Uint32Array(changed.length).fill(1)
  }
}
