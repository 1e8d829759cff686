import { ROW_VALUES } from '../../kernels/dense.ts'
import { hashRow, RowSetHash } from './row-hash.ts'

const ZEROS = new Int32Array(ROW_VALUES)

/** Hashes a row to `out[at]` and the next; one that the table does not have is zero. */
export function hashValues(values: Int32Array, row: number, out: Uint32Array, at: number): void {
  const first = row * ROW_VALUES
  if (first < values.length) hashRow(values, first, first + ROW_VALUES, 0, out, at)
  else hashRow(ZEROS, 0, ROW_VALUES, 0, out, at)
}

/** A hash of all rows, but of those that are as they are in `without`. */
export function digest(tables: readonly Int32Array[], without?: readonly Int32Array[]): string {
  const hash = new RowSetHash()
  const row = new Uint32Array(2)
  const old = new Uint32Array(2)
  for (const [table, values] of tables.entries()) {
    for (let i = 0; i * ROW_VALUES < values.length; i++) {
      hashValues(values, i, row, 0)
      if (without !== undefined) hashValues(without[table], i, old, 0)
      if (without !== undefined && row[0] === old[0] && row[1] === old[1]) continue
      hash.add(table, i, 0, row[0], row[1])
    }
  }
  return hash.digest()
}
