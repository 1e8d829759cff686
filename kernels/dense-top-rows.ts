import type { RowPlace } from './dense-law.ts'

/** Squared length of a row's change since it was packed; infinite where it is not a number, so that such a row is looked at. */
export function rowEnergy({ weights, at, shared, to, length }: RowPlace, unit: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += (weights[at + i] - unit * shared[to + i]) ** 2
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
}

/** Marks with 1 the `count` rows of the greatest energy, the first of equal ones, and none that has not changed. */
export function topRows(energies: Float64Array, count: number): Uint8Array {
  const changed = Uint32Array.from(energies.keys()).filter(row => energies[row] > 0)
  const ranked = changed.sort((a, b) => energies[b] - energies[a] || a - b)
  const chosen = new Uint8Array(energies.length)
  for (const row of ranked.subarray(0, count)) chosen[row] = 1
  return chosen
}
