import type { RowChanges, TableShape } from '../types.ts'

/** All rows below this are looked at, and of the others one in so many: rows come in the order in which their words do. */
const ALL_BELOW = 2048
const ONE_IN = 16

/** What some rows of a pack change by. */
export interface RowEnergies {
  /** Which: indices into the pack's rows, ascending. */
  readonly at: Uint32Array
  /** The sum of each one's squared changes, in weights. */
  readonly energies: Float64Array
}

/** The energies of the same rows in every pack; those above ALL_BELOW by `phase`, 0 to below 1, which others cannot know. */
export function energiesOf(changes: RowChanges, { unit }: TableShape, phase: number): RowEnergies {
  const { dim, rows, shifts, values } = changes
  const among = Math.floor(phase * ONE_IN)
  const at = new Uint32Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < ALL_BELOW || rows[i] % ONE_IN === among) at[count++] = i
  }
  const looked = at.subarray(0, count)
  const energies = new Float64Array(count)
  if (values instanceof Int8Array) squaresOfBytes(values, dim, looked, energies)
  else squares(values, dim, looked, energies)
  for (let i = 0; i < count; i++) energies[i] *= (2 ** shifts[looked[i]] * unit) ** 2
  return { at: looked, energies }
}

/** The largest root mean square of a row's change, where it is more than `most`; else anything up to `most`. */
export function longestStep(changes: RowChanges, { unit }: TableShape, most: number): number {
  const { dim, shifts, values } = changes
  // The greatest value that a row can have stays below `most` up to this shift.
  const short = Math.floor(Math.log2(most / unit)) + 1 - 8 * values.BYTES_PER_ELEMENT
  let longest = 0
  for (let i = 0; i < shifts.length; i++) {
    if (shifts[i] <= short) continue
    let sum = 0
    for (let at = i * dim; at < (i + 1) * dim; at++) sum += values[at] * values[at]
    longest = Math.max(longest, Math.sqrt(sum / dim) * 2 ** shifts[i] * unit)
  }
  return longest
}

// What packs hold gets a loop to itself: the sum of 1024 squares of bytes fits an i32, and one type of array is faster.
function squaresOfBytes(values: Int8Array, dim: number, rows: Uint32Array, sums: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    let sum = 0
    for (let at = rows[i] * dim, end = at + dim; at < end; at++)
      sum = (sum + Math.imul(values[at], values[at])) | 0
    sums[i] = sum
  }
}

function squares(values: RowChanges['values'], dim: number, rows: Uint32Array, sums: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    let sum = 0
    for (let at = rows[i] * dim, end = at + dim; at < end; at++) sum += values[at] * values[at]
    sums[i] = sum
  }
}
