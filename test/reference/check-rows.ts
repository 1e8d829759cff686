/** Rows with a value that is not finite or beyond ±limit, ascending, by definition. */
export function badRows(weights: Float32Array, dim: number, limit: number): number[] {
  return Array.from({ length: weights.length / dim }, (_, row) => row).filter(row =>
    weights.subarray(row * dim, (row + 1) * dim).some(value => !(Math.abs(value) <= limit))
  )
}
