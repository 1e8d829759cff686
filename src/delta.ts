// Arithmetic of deltas. Everything is exact: a row's change is values << shift modulo 2^32, and so are sums and differences.

import type { Delta, RowChanges } from './types.ts'

type Values = RowChanges['values']

/** A delta that changes nothing, for tables of these widths. */
export function emptyDelta(tables: readonly { readonly dim: number }[]): Delta {
  return tables.map(({ dim }) => ({
    dim,
    rows: new Uint32Array(0),
    shifts: new Uint8Array(0),
    values: new Int8Array(0),
    accumulators: new Int32Array(0),
    counts: new Uint32Array(0)
  }))
}

/** Whether a delta has no rows. */
export function isEmptyDelta(delta: Delta): boolean {
  return delta.every(({ rows }) => rows.length === 0)
}

/** Bytes of memory a delta's arrays hold. */
export function deltaBytes(delta: Delta): number {
  return delta.reduce((sum, changes) => sum + changes.rows.length * rowBytes(changes), 0)
}

/**
 * The sum of at least one delta: rows of the same number are added, accumulators and counts with them. The values are
 * of the narrowest type that holds them all.
 * @throws RangeError where there is none, or their tables differ.
 */
export function sumDeltas(parts: readonly Delta[]): Delta {
  const [first] = parts
  if (first === undefined) throw new RangeError('delta: a sum wants at least one delta; got none')
  for (const part of parts) checkTables(first, part)
  return first.map((changes, table) => {
    const filled = parts.map(part => part[table]).filter(({ rows }) => rows.length > 0)
    if (filled.length < 2) return filled[0] ?? changes
    // In pairs, and pairs of pairs: each value is added log(parts) times at most.
    return sumOf(filled)
  })
}

function sumOf(parts: readonly RowChanges[]): RowChanges {
  if (parts.length === 1) return parts[0]
  const middle = parts.length >>> 1
  return combined(sumOf(parts.slice(0, middle)), sumOf(parts.slice(middle)), 1)
}

/**
 * What must be added to `part` to give `whole`. Rows in which nothing is left (no change, no count) leave.
 * @throws RangeError where `part` has rows, or counts, that `whole` has not.
 */
export function subtractDelta(whole: Delta, part: Delta): Delta {
  checkTables(whole, part)
  return whole.map((changes, table) =>
    part[table].rows.length === 0 ? changes : combined(changes, part[table], -1)
  )
}

/**
 * What takes a delta back, as one pack: the values the other way. Accumulators stay as they are, since they only ever grow; so their
 * growth is 0.
 */
export function negateDelta(delta: Delta): Delta {
  return delta.map(({ dim, rows, shifts, values }) => ({
    dim,
    rows,
    shifts,
    values: negated(values),
    accumulators: new Int32Array(rows.length),
    counts: new Uint32Array(rows.length).fill(1)
  }))
}

/** Cuts a delta by rows into deltas whose sum it is: each of at most `bytes` bytes of memory, but of one row at least. */
export function splitDelta(delta: Delta, bytes: number): Delta[] {
  const parts: Delta[] = []
  const taken = delta.map(() => 0)
  while (taken.some((first, table) => first < delta[table].rows.length)) {
    let left = bytes
    let isFirst = true
    parts.push(
      delta.map((changes, table) => {
        const first = taken[table]
        const fitting = Math.max(Math.floor(left / rowBytes(changes)), isFirst ? 1 : 0)
        const end = Math.min(first + fitting, changes.rows.length)
        left -= (end - first) * rowBytes(changes)
        isFirst &&= end === first
        taken[table] = end
        return sliceRows(changes, first, end)
      })
    )
  }
  return parts
}

/** Rows `first … end - 1` of the changes; a copy. */
export function sliceRows(changes: RowChanges, first: number, end: number): RowChanges {
  const { dim } = changes
  return {
    dim,
    rows: changes.rows.slice(first, end),
    shifts: changes.shifts.slice(first, end),
    values: changes.values.slice(first * dim, end * dim),
    accumulators: changes.accumulators.slice(first, end),
    counts: changes.counts.slice(first, end)
  }
}

/** What rows `first … end - 1` of the changes change, i32 [end - first, dim] in the table's unit. */
export function expandRows(
  { dim, shifts, values }: RowChanges,
  first: number,
  end: number
): Int32Array<ArrayBuffer> {
  const out = new Int32Array((end - first) * dim)
  for (let row = first; row < end; row++) {
    const shift = shifts[row]
    const to = (row - first) * dim
    const from = row * dim
    for (let d = 0; d < dim; d++) out[to + d] = values[from + d] << shift
  }
  return out
}

// Behind the last row of a list.
const END = 2 ** 32

/** a + b; or, with sign -1, a - b without the rows in which nothing is left. */
function combined(a: RowChanges, b: RowChanges, sign: 1 | -1): RowChanges {
  const { dim } = a
  const most = sign > 0 ? unionSize(a.rows, b.rows) : a.rows.length
  const sum = {
    dim,
    rows: new Uint32Array(most),
    shifts: new Uint8Array(most),
    values: new Int8Array(most * dim) as Values,
    accumulators: new Int32Array(most),
    counts: new Uint32Array(most)
  }
  const { rows, shifts, accumulators, counts } = sum
  let size = 0
  let i = 0
  let j = 0
  while (i < a.rows.length || j < b.rows.length) {
    const rowA = i < a.rows.length ? a.rows[i] : END
    const rowB = j < b.rows.length ? b.rows[j] : END
    const row = Math.min(rowA, rowB)
    const inA = rowA === row
    const inB = rowB === row
    if (sign < 0 && inB && !(inA && a.counts[i] >= b.counts[j])) {
      const there = inA ? a.counts[i] : 'none'
      throw new RangeError(
        `delta: ${b.counts[j]} packs of row ${row} are to be taken away; there are ${there}`
      )
    }
    rows[size] = row
    const shift = Math.min(inA ? a.shifts[i] : 255, inB ? b.shifts[j] : 255)
    shifts[size] = shift
    accumulators[size] = (inA ? a.accumulators[i] : 0) + (inB ? sign * b.accumulators[j] : 0)
    counts[size] = (inA ? a.counts[i] : 0) + (inB ? sign * b.counts[j] : 0)
    const write = (to: Values) =>
      inA && inB
        ? addValues(to, size, dim, a, i, a.shifts[i] - shift, b, j, b.shifts[j] - shift, sign)
        : inA
          ? copyValues(to, size, dim, a.values, i)
          : copyValues(to, size, dim, b.values, j)
    let bits = write(sum.values)
    while (bits >= 2 ** (sum.values.BYTES_PER_ELEMENT * 8)) {
      sum.values = widened(sum.values, size * dim)
      bits = write(sum.values)
    }
    if (inA) i++
    if (inB) j++
    if (sign > 0 || bits > 0 || counts[size] !== 0 || accumulators[size] !== 0) size++
  }
  return size === most ? sum : sliceRows(sum, 0, size)
}

/** Writes row `row` as the sum of two rows; returns bits as `copyValues`. */
function addValues(
  to: Values,
  row: number,
  dim: number,
  a: RowChanges,
  rowA: number,
  upA: number,
  b: RowChanges,
  rowB: number,
  upB: number,
  sign: number
): number {
  const valuesA = a.values
  const valuesB = b.values
  const at = row * dim
  const fromA = rowA * dim
  const fromB = rowB * dim
  let bits = 0
  for (let d = 0; d < dim; d++) {
    const value = ((valuesA[fromA + d] << upA) + sign * (valuesB[fromB + d] << upB)) | 0
    to[at + d] = value
    bits |= value ^ (value << 1)
  }
  return bits >>> 0
}

/** Writes row `row` as another; returns all bits, but for the signs, that its values need: a type that has not so many has lost some. */
function copyValues(to: Values, row: number, dim: number, from: Values, rowFrom: number): number {
  let bits = 0
  for (let d = 0; d < dim; d++) {
    const value = from[rowFrom * dim + d]
    to[row * dim + d] = value
    bits |= value ^ (value << 1)
  }
  return bits >>> 0
}

function negated(values: Values): Values {
  const least = -(2 ** (values.BYTES_PER_ELEMENT * 8 - 1))
  // The negative of the least value needs a bit more; with 32 bits it is itself, modulo 2^32.
  const wide = values.includes(least) ? widened(values, values.length) : values
  return wide.map(value => -value)
}

/** The same values, of which `length` are written, in the next wider type. */
function widened(values: Values, length: number): Values {
  const wider = values instanceof Int8Array ? new Int16Array(values.length) : new Int32Array(values.length)
  wider.set(values.subarray(0, length))
  return wider
}

function unionSize(a: Uint32Array, b: Uint32Array): number {
  let both = 0
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const difference = a[i] - b[j]
    if (difference === 0) both++
    if (difference <= 0) i++
    if (difference >= 0) j++
  }
  return a.length + b.length - both
}

function rowBytes({ dim, values }: RowChanges): number {
  return dim * values.BYTES_PER_ELEMENT + 13
}

function checkTables(one: Delta, other: Delta): void {
  if (one.length === other.length && one.every(({ dim }, table) => dim === other[table].dim)) return
  const widths = (delta: Delta) => `[${delta.map(({ dim }) => dim).join(', ')}]`
  throw new RangeError(`delta: tables of widths ${widths(one)} wanted; got ${widths(other)}`)
}
