/**
 * Spearman's rank correlation of two lists of the same length: Pearson's of their ranks, equal values sharing their mean
 * rank. NaN where there are fewer than two pairs or all values of a list are equal.
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const ranksA = ranks(a)
  const ranksB = ranks(b)
  const mean = (a.length + 1) / 2
  let covariance = 0
  let varianceA = 0
  let varianceB = 0
  for (let i = 0; i < a.length; i++) {
    covariance += (ranksA[i] - mean) * (ranksB[i] - mean)
    varianceA += (ranksA[i] - mean) ** 2
    varianceB += (ranksB[i] - mean) ** 2
  }
  return covariance / Math.sqrt(varianceA * varianceB)
}

function ranks(values: readonly number[]): Float64Array {
  const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j])
  const result = new Float64Array(values.length)
  for (let first = 0; first < order.length; ) {
    let end = first + 1
    while (end < order.length && values[order[end]] === values[order[first]]) end++
    for (let i = first; i < end; i++) result[order[i]] = (first + 1 + end) / 2
    first = end
  }
  return result
}
