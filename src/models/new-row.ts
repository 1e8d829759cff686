import { mix } from './mix.ts'

/** The `shared` values (unit 2^-20) of a new row that is drawn from its key, as `initRows` of kernels/contract.ts makes them. */
export interface NewRow {
  /** Value `d` of the row that `start` was called for. */
  value(d: number): number
  /** Turns to the row of another key. */
  start(low: number, high: number): void
}

/** The rows of a table that is initialised `uniform` with this spread. */
export function drawnRow(dim: number, spread: number): NewRow {
  const divisor = (dim * 8) / spread
  let key = 0
  return {
    start(low, high) {
      key = mix(high ^ mix(low))
    },
    value: d => Math.trunc(((mix(key + Math.imul(d, 0x9e3779b9)) >>> 8) - 2 ** 23) / divisor) | 0
  }
}

/** The rows of a table that is initialised `zero`. */
export const zeroRow: NewRow = { start() {}, value: () => 0 }
