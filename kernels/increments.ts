import type { RowIncrements } from './contract.ts'

/** @throws RangeError where the arrays of a delta do not fit together or name rows the table does not hold. */
export function checkIncrements(
  { name, capacity, dim }: { readonly name: string; readonly capacity: number; readonly dim: number },
  { rows, increments, shifts, accumulators, counts }: RowIncrements
): void {
  const { length } = rows
  const got = [increments.length / dim, shifts?.length ?? length, accumulators.length, counts.length]
  if (got.some(rows => rows !== length)) {
    throw new RangeError(
      `apply: ${length} rows of table ${name} want ${length * dim} increments, ${length} shifts, accumulators and counts; ` +
        `got ${increments.length}, ${shifts?.length ?? 'none'}, ${accumulators.length} and ${counts.length}`
    )
  }
  for (let i = 0; i < length; i++) {
    if (rows[i] < capacity) continue
    throw new RangeError(`apply: table ${name} has ${capacity} rows; got row ${rows[i]}`)
  }
}
