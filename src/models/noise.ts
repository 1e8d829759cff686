import type { Sampling } from '../../kernels/contract.ts'

const ALL = 0xffff_ffff

/**
 * Makes the sampling tables from running counts: an occurrence of a word that makes up the share f of all is kept with
 * probability min(1, √(t/f) + t/f), as in word2vec.c; a negative is drawn in proportion to count^0.75.
 *
 * `counts`: sightings, above 0. `rows`: rows of the tables, at least `counts.length`; the rows beyond are words
 * that come later, always kept and never drawn. `subsample`: t; 0 keeps all. O(rows), the same on every machine.
 */
export function samplingOf(counts: Float64Array, rows: number, subsample: number): Sampling {
  return { keep: keepThresholds(counts, rows, subsample), ...aliasTable(noiseWeights(counts, rows)) }
}

function keepThresholds(counts: Float64Array, rows: number, subsample: number): Uint32Array<ArrayBuffer> {
  const keep = new Uint32Array(rows).fill(ALL)
  if (subsample === 0) return keep
  let total = 0
  for (const count of counts) total += count
  for (let row = 0; row < counts.length; row++) {
    const ratio = (subsample * total) / counts[row]
    const probability = Math.sqrt(ratio) + ratio
    // random <= keep has probability (keep + 1) / 2^32.
    if (probability < 1) keep[row] = Math.max(0, Math.round(probability * 2 ** 32) - 1)
  }
  return keep
}

function noiseWeights(counts: Float64Array, rows: number): Float64Array {
  const weights = new Float64Array(rows)
  // Not Math.pow: square roots are exact to the last bit on every engine, powers are not.
  for (let row = 0; row < counts.length; row++)
    weights[row] = Math.sqrt(counts[row]) * Math.sqrt(Math.sqrt(counts[row]))
  return weights
}

/**
 * Walker's alias table of a distribution (Vose 1991): column c stands for itself with probability threshold / 2^32 and
 * for alias[c] otherwise; a column that stands only for itself has itself as alias. `weights` is overwritten.
 */
export function aliasTable(weights: Float64Array): Omit<Sampling, 'keep'> {
  const columns = weights.length
  const threshold = new Uint32Array(columns).fill(ALL)
  const alias = new Uint32Array(columns)
  let sum = 0
  for (let column = 0; column < columns; column++) sum += weights[column]
  // Small columns fill the stack from the left, large ones from the right.
  const stack = new Uint32Array(columns)
  let small = 0
  let large = columns
  for (let column = columns - 1; column >= 0; column--) {
    alias[column] = column
    weights[column] *= columns / sum
    if (weights[column] < 1) stack[small++] = column
    else stack[--large] = column
  }
  while (small > 0 && large < columns) {
    const poor = stack[--small]
    const rich = stack[large]
    threshold[poor] = Math.floor(weights[poor] * 2 ** 32)
    alias[poor] = rich
    weights[rich] = weights[rich] + weights[poor] - 1
    if (weights[rich] < 1) {
      large++
      stack[small++] = rich
    }
  }
  // What is left on either side holds 1 but for rounding, unless it has no weight at all.
  return { threshold, alias }
}
