import { SourceError } from './source-error.ts'

/** A column's values as they were decoded. */
export type ColumnValues = ArrayLike<unknown>

/** Rows `start … end - 1` of columns, as objects by the columns' names. */
export function rowsOf(
  columns: readonly (readonly [name: string, values: ColumnValues])[],
  { start, end, bigints }: { readonly start: number; readonly end: number; readonly bigints: boolean }
): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = []
  for (let i = start; i < end; i++) {
    const row: Record<string, unknown> = {}
    for (const [name, values] of columns) row[name] = bigints ? values[i] : withNumbers(values[i], name)
    rows.push(row)
  }
  return rows
}

/** The value with numbers for its BigInts, wherever in lists and structs they stand. */
function withNumbers(value: unknown, column: string): unknown {
  if (typeof value === 'bigint') return numberOf(value, column)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(one => withNumbers(one, column))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withNumbers(one, column)]))
}

function numberOf(value: bigint, column: string): number {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw new SourceError(
    `parquet: column ${column} holds ${value}, which no number holds exactly; set bigints`
  )
}
