import type { TableOptions } from './contract.ts'

/**
 * Checks what both devices demand of a table.
 * @throws RangeError that names the table, the option and its range.
 */
export function checkTableOptions({
  name,
  capacity,
  dim,
  unit = 2 ** -20,
  spread = 0.5
}: TableOptions): void {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(
      `table ${name}: capacity must be a whole number of rows, at least 1; got ${capacity}`
    )
  }
  if (!Number.isInteger(dim) || dim < 4 || dim % 4 !== 0 || dim > 1024) {
    throw new RangeError(`table ${name}: dim must be a multiple of 4, at most 1024; got ${dim}`)
  }
  if (!Number.isInteger(Math.log2(unit)) || unit < 2 ** -40 || unit > 1) {
    throw new RangeError(`table ${name}: unit must be a power of two, 2^-40 to 1; got ${unit}`)
  }
  if (!Number.isInteger(Math.log2(spread)) || spread < 0.5 || spread > 8) {
    throw new RangeError(`table ${name}: spread must be a power of two, 0.5 to 8; got ${spread}`)
  }
}

/** What a drawn number of 24 bits is divided by to be a value of a new row, in units of 2^-20; 0 for rows of zeros. */
export function initDivisor({
  dim,
  init,
  spread = 0.5
}: Pick<TableOptions, 'dim' | 'init' | 'spread'>): number {
  return init === 'uniform' ? (dim * 8) / spread : 0
}
