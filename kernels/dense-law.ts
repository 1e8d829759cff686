// Rows of a dense table: the law of kernels/contract.ts (`pack`, `apply`) on plain arrays, without accumulators.

/** Four bits with a sign. What rounding leaves stays in the weights. */
const MOST = 7
const GREATEST_SHIFT = 24

/** A run of values that is one row: `length` of them, from `at` in `weights` and from `to` in `shared`. */
export interface RowPlace {
  readonly weights: Float32Array
  readonly at: number
  readonly shared: Int32Array
  readonly to: number
  readonly length: number
}

/**
 * Packs α · (weights - unit · shared): writes q to `values[out …]`, adds q << shift to `shared`, and where α < 1 makes the weights
 * what was agreed on before and α of the change. Returns the shift; or -1, with nothing changed, where every q would be 0; or NaN, with
 * nothing changed, where a weight is not finite or beyond `limit`.
 */
export function packRow(
  { weights, at, shared, to, length }: RowPlace,
  unit: number,
  alpha: number,
  limit: number,
  values: Int8Array,
  out: number
): number {
  let most = 0
  for (let i = 0; i < length; i++) {
    const weight = weights[at + i]
    if (!(Math.abs(weight) <= limit)) return Number.NaN
    const size = Math.abs(weight - unit * shared[to + i])
    if (size > most) most = size
  }
  const largest = (alpha * most) / unit
  // A half rounds to zero.
  if (!(largest > 0.5)) return -1
  let shift = 0
  while (largest > MOST * 2 ** shift) shift++
  if (shift > GREATEST_SHIFT) return Number.NaN
  const scale = alpha / (unit * 2 ** shift)
  for (let i = 0; i < length; i++) {
    const before = unit * shared[to + i]
    const change = weights[at + i] - before
    const q = roundHalfToEven(scale * change)
    values[out + i] = q
    shared[to + i] += q << shift
    if (alpha < 1) weights[at + i] = before + alpha * change
  }
  return shift
}

/** shared += value << shift, wrapping; weights += unit · (value << shift). */
export function applyRow(
  { weights, at, shared, to, length }: RowPlace,
  unit: number,
  values: Int8Array | Int16Array | Int32Array,
  from: number,
  shift: number
): void {
  for (let i = 0; i < length; i++) {
    const increment = values[from + i] << shift
    shared[to + i] += increment
    weights[at + i] += unit * increment
  }
}

/** Puts the weights back to what all agree on. */
export function restoreRow({ weights, at, shared, to, length }: RowPlace, unit: number): void {
  for (let i = 0; i < length; i++) weights[at + i] = unit * shared[to + i]
}

/** Adding it leaves the nearest integer, half to even: between 2^52 and 2^53 a double has no fraction. */
const ROUNDER = 1.5 * 2 ** 52

function roundHalfToEven(value: number): number {
  return value + ROUNDER - ROUNDER
}
