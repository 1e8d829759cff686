import type { PackedRows, RowIncrements } from '../../kernels/contract.ts'

/**
 * What training did to some rows of a table since they were last shared, as integers, so that sums of deltas have no
 * order. Rows are named by key and ascend by it (high word first), each key once.
 *
 * Sums wrap at 32 bits. That keeps any order and grouping exact; a receiver refuses a row long before that size.
 */
export interface Delta {
  readonly dim: number
  readonly keys: Uint32Array<ArrayBuffer> // [rows, 2], low and high
  readonly increments: Int32Array<ArrayBuffer> // [rows, dim], in the table's unit
  readonly accumulators: Int32Array<ArrayBuffer> // [rows], in ACCUMULATOR_UNIT
  readonly counts: Uint32Array<ArrayBuffer> // [rows], how many packs are summed in the row
}

/** A delta of what `pack` handed out; `keys` holds two u32 for every row of the table. */
export function deltaOfPacked(packed: PackedRows, keys: Uint32Array): Delta {
  const rows = packed.rows.length
  const dim = rows === 0 ? 0 : packed.values.length / rows
  const increments = new Int32Array(packed.values.length)
  for (let row = 0; row < rows; row++) {
    const shift = packed.shifts[row]
    for (let d = row * dim; d < (row + 1) * dim; d++) increments[d] = packed.values[d] << shift
  }
  const rowKeys = new Uint32Array(rows * 2)
  packed.rows.forEach((row, i) => {
    rowKeys.set(keys.subarray(row * 2, row * 2 + 2), i * 2)
  })
  const counts = new Uint32Array(rows).fill(1)
  return sumDeltas([{ dim, keys: rowKeys, increments, accumulators: packed.accumulators, counts }])
}

/**
 * The sum of deltas: rows of the same key are added, counts and accumulators with them.
 * @throws RangeError where their rows differ in width.
 */
export function sumDeltas(deltas: readonly Delta[]): Delta {
  const parts = deltas.filter(delta => delta.counts.length > 0)
  const dim = parts[0]?.dim ?? 0
  const wrong = parts.find(delta => delta.dim !== dim)
  if (wrong !== undefined)
    throw new RangeError(`delta: rows of ${dim} and of ${wrong.dim} values cannot be added`)

  const order = parts.flatMap(delta => Array.from(delta.counts, (_, row) => ({ delta, row }))).sort(byKey)
  const first = order.filter((place, i) => i === 0 || byKey(order[i - 1], place) !== 0).length
  const sum = emptyDelta(dim, first)
  let at = -1
  order.forEach(({ delta, row }, i) => {
    if (i === 0 || byKey(order[i - 1], order[i]) !== 0) at++
    sum.keys[at * 2] = delta.keys[row * 2]
    sum.keys[at * 2 + 1] = delta.keys[row * 2 + 1]
    sum.counts[at] += delta.counts[row]
    sum.accumulators[at] += delta.accumulators[row]
    for (let d = 0; d < dim; d++) sum.increments[at * dim + d] += delta.increments[row * dim + d]
  })
  return sum
}

/** Cuts a delta into deltas of at most `rows` rows, whose sum it is. */
export function splitDelta(delta: Delta, rows: number): Delta[] {
  if (!Number.isInteger(rows) || rows < 1)
    throw new RangeError(`delta: rows a part must be at least 1; got ${rows}`)
  const parts: Delta[] = []
  for (let first = 0; first < delta.counts.length; first += rows) {
    const end = Math.min(first + rows, delta.counts.length)
    parts.push({
      dim: delta.dim,
      keys: delta.keys.slice(first * 2, end * 2),
      increments: delta.increments.slice(first * delta.dim, end * delta.dim),
      accumulators: delta.accumulators.slice(first, end),
      counts: delta.counts.slice(first, end)
    })
  }
  return parts
}

/** The delta as a device takes it, `rows` holding the table's row for each of its keys. */
export function rowIncrements(delta: Delta, rows: Uint32Array<ArrayBuffer>): RowIncrements {
  const { increments, accumulators, counts } = delta
  return { rows, increments, accumulators, counts }
}

function emptyDelta(dim: number, rows: number): Delta {
  return {
    dim,
    keys: new Uint32Array(rows * 2),
    increments: new Int32Array(rows * dim),
    accumulators: new Int32Array(rows),
    counts: new Uint32Array(rows)
  }
}

function byKey(a: { delta: Delta; row: number }, b: { delta: Delta; row: number }): number {
  return (
    a.delta.keys[a.row * 2 + 1] - b.delta.keys[b.row * 2 + 1] ||
    a.delta.keys[a.row * 2] - b.delta.keys[b.row * 2]
  )
}
