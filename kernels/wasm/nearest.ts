import type { NearestRows } from '../contract.ts'
import type { WasmTable } from './table.ts'
import type { Workspace } from './workspace.ts'

// Queries that share one reading of the rows: as many as stay in the first cache beside a block of rows.
const MOST_QUERIES = 64
const HEAP_BYTES = 2 ** 24
// Multiply-adds between two looks at the clock, and milliseconds after which the event loop gets a turn.
const SLICE = 2 ** 25
const TURN = 10

/**
 * The k rows of greatest cosine among rows 0 … rows-1 for each query, best first.
 * @throws RangeError where the queries are not whole rows, or k is not a whole number.
 */
export async function nearest(
  { shared, kernels }: Workspace,
  table: WasmTable,
  rows: number,
  queries: Float32Array,
  wanted: number
): Promise<NearestRows> {
  const { name, dim } = table
  if (queries.length % dim !== 0) {
    throw new RangeError(`nearest: queries must be whole rows of ${dim} values; got ${queries.length} values`)
  }
  if (!(Number.isInteger(wanted) && wanted >= 0)) {
    throw new RangeError(`nearest: k must be a whole number, at least 0; got ${wanted}`)
  }
  const k = Math.min(wanted, rows)
  const total = queries.length / dim
  const result = { k, rows: new Uint32Array(total * k), scores: new Float32Array(total * k) }
  if (total === 0 || k === 0) return result

  const group = Math.min(
    MOST_QUERIES,
    Math.max(4, Math.floor(HEAP_BYTES / (k * 32)) * 4),
    Math.ceil(total / 4) * 4
  )
  const queriesAt = shared.allocate(group * dim * 4 + group * k * 8 + 128, `nearest in table ${name}`)
  const bestRows = queriesAt + group * dim * 4
  const bestScores = bestRows + group * k * 4
  const inverses = bestScores + group * k * 4
  const slice = Math.max(1, Math.floor(SLICE / (group * dim)))
  try {
    let turn = performance.now() + TURN
    for (let from = 0; from < total; from += group) {
      const count = Math.min(group, total - from)
      const part = shared.f32(queriesAt, group * dim)
      part.fill(0)
      part.set(normalised(queries.subarray(from * dim, (from + count) * dim), dim))
      for (let first = 0; first < rows; first += slice) {
        const end = Math.min(first + slice, rows)
        kernels.nearestRows(
          table.address.weights,
          dim,
          first,
          end,
          queriesAt,
          count,
          k,
          bestRows,
          bestScores,
          inverses
        )
        if (performance.now() > turn) {
          await new Promise(resolve => setTimeout(resolve))
          turn = performance.now() + TURN
        }
      }
      kernels.sortNearest(count, k, k, bestRows, bestScores)
      result.rows.set(shared.u32(bestRows, count * k), from * k)
      result.scores.set(shared.f32(bestScores, count * k), from * k)
    }
  } finally {
    shared.release(queriesAt)
  }
  return result
}

/** Rows of norm 1; those of norm 0, or not finite, become 0. */
function normalised(rows: Float32Array, dim: number): Float32Array {
  const result = new Float32Array(rows.length)
  for (let from = 0; from < rows.length; from += dim) {
    const row = rows.subarray(from, from + dim)
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
    if (norm > 0 && norm < Infinity)
      result.set(
        row.map(value => value / norm),
        from
      )
  }
  return result
}
