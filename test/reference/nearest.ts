/** The k rows of greatest cosine with `query`, best first, by definition; ties go to the lower row. */
export function nearest(
  weights: Float32Array,
  dim: number,
  query: Float32Array,
  k: number
): { row: number; score: number }[] {
  const scored = Array.from({ length: weights.length / dim }, (_, row) => ({
    row,
    score: cosine(weights.subarray(row * dim, (row + 1) * dim), query)
  }))
  return scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, k)
}

/** 0 where a norm is 0, -1 where a value is not finite. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let d = 0; d < a.length; d++) {
    product += a[d] * b[d]
    squaresA += a[d] * a[d]
    squaresB += b[d] * b[d]
  }
  if (!Number.isFinite(squaresA)) return -1
  return squaresA * squaresB > 0 ? product / Math.sqrt(squaresA) / Math.sqrt(squaresB) : 0
}
