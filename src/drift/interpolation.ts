type Triple = [number, number, number]

/**
 * Three functions of W on [first, last] as polynomials in 1/W through `count` Chebyshev points of the second kind, by the barycentric
 * formula: `of` is called `count` times, and not again. For functions that are smooth in 1/W, as quantiles are in their degrees of
 * freedom, they are soon as exact as rounding lets them be.
 *
 * Berrut, Trefethen: Barycentric Lagrange interpolation, SIAM Review 46, 2004.
 */
export function interpolated(
  of: (W: number) => Triple,
  first: number,
  last: number,
  count: number
): (W: number) => Triple {
  const [middle, radius] = [(1 / last + 1 / first) / 2, (1 / first - 1 / last) / 2]
  const nodes = Array.from({ length: count }, (_, i) => {
    const x = middle + radius * Math.cos((i * Math.PI) / (count - 1))
    const weight = (-1) ** i * (i === 0 || i === count - 1 ? 0.5 : 1)
    return { x, weight, values: of(1 / x) }
  })
  return W => {
    const sums: Triple = [0, 0, 0]
    let total = 0
    for (const { x, weight, values } of nodes) {
      const distance = 1 / W - x
      // At a node, up to rounding, the node's values are as good.
      if (Math.abs(distance) < 1e-12 * x) return values
      const share = weight / distance
      total += share
      sums[0] += share * values[0]
      sums[1] += share * values[1]
      sums[2] += share * values[2]
    }
    return [sums[0] / total, sums[1] / total, sums[2] / total]
  }
}
