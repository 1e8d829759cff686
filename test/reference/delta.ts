import { ACCUMULATOR_UNIT } from '../../kernels/contract.ts'

/** One row of a table, in f64 but for its integers. */
export interface ReferenceRow {
  weights: number[]
  shared: number[]
  accumulator: number
  sharedAccumulator: number
  multiplier: number
  contributions: number
  hits: number
}

/** What a row hands out. */
export interface PackedRow {
  readonly shift: number
  readonly values: readonly number[]
  readonly accumulator: number
}

/** Packs one row, by definition; undefined, and the row as it was, where it is not touched or every q is zero. */
export function packRow(
  row: ReferenceRow,
  unit: number,
  replicas = Number.POSITIVE_INFINITY
): PackedRow | undefined {
  if (row.hits === 0) return undefined
  const workers = Math.min(1 + row.contributions, replicas)
  const alpha = 1 / Math.max(row.multiplier, workers)
  const changes = row.weights.map((weight, d) => alpha * (weight - unit * row.shared[d]))
  const most = Math.max(...changes.map(Math.abs))
  let shift = 0
  while (most / (unit * 2 ** shift) > 7) shift++
  const values = changes.map(change => roundHalfToEven(change / (unit * 2 ** shift)))
  if (values.every(q => q === 0)) return undefined

  if (alpha < 1) row.weights = changes.map((change, d) => unit * row.shared[d] + change)
  row.shared = row.shared.map((value, d) => value + values[d] * 2 ** shift)
  const before = ACCUMULATOR_UNIT * row.sharedAccumulator
  const growth = (row.accumulator - before) / row.multiplier
  const accumulator = roundHalfToEven(growth / ACCUMULATOR_UNIT)
  row.accumulator = before + growth
  row.sharedAccumulator += accumulator
  row.multiplier = (row.multiplier + workers) / 2
  row.contributions = 0
  row.hits = 0
  return { shift, values, accumulator }
}

/** Applies one row of a delta, by definition. */
export function applyRow(
  row: ReferenceRow,
  increments: readonly number[],
  accumulator: number,
  count: number,
  unit: number
): void {
  row.shared = row.shared.map((value, d) => value + increments[d])
  row.weights = row.weights.map((weight, d) => weight + unit * increments[d])
  row.accumulator += ACCUMULATOR_UNIT * accumulator
  row.sharedAccumulator += accumulator
  row.contributions += count
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}
