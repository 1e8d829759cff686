import type { NearestRows } from '../contract.ts'
import type { Gpu } from './gpu.ts'
import { packParams } from './params.ts'
import type { GpuTable } from './table.ts'

const QUERIES = 16
const ROWS_PER_WORKGROUP = 64
const BLOCK = 4096
/** Up to here the device finds the best of each block; for more the scores come to the host and are sorted there. */
const MOST_FOUND = 64

/** Runs wgsl/nearest.wgsl and wgsl/nearest-select.wgsl for 16 queries at a time, and joins the blocks' best. */
export async function nearest(
  gpu: Gpu,
  table: GpuTable,
  rows: number,
  queries: Float32Array,
  k: number
): Promise<NearestRows> {
  const { name, capacity, dim } = table
  if (!(Number.isInteger(rows) && rows >= 0 && rows <= capacity)) {
    throw new RangeError(`nearest: table ${name} has ${capacity} rows; got ${rows}`)
  }
  if (queries.length % dim !== 0) {
    throw new RangeError(`nearest: queries must be whole rows of ${dim} values; got ${queries.length} values`)
  }
  if (!(Number.isInteger(k) && k >= 0)) {
    throw new RangeError(`nearest: k must be a whole number, at least 0; got ${k}`)
  }
  const count = queries.length / dim
  const found = Math.min(k, rows)
  const result = {
    k: found,
    rows: new Uint32Array(count * found),
    scores: new Float32Array(count * found)
  }
  if (count * found === 0) return result

  const scores = await gpu.buffer('nearest', 4 * Math.min(count, QUERIES) * rows, 'give fewer rows')
  try {
    for (let first = 0; first < count; first += QUERIES) {
      const some = queries.subarray(first * dim, Math.min(first + QUERIES, count) * dim)
      const lists = await nearestOfPass(gpu, table, rows, some, found, scores)
      for (const [i, list] of lists.entries()) {
        const at = (first + i) * found
        for (const [place, { row, score }] of list.slice(0, found).entries()) {
          result.rows[at + place] = row
          result.scores[at + place] = score
        }
      }
    }
  } finally {
    scores.destroy()
  }
  return result
}

interface Candidate {
  readonly row: number
  readonly score: number
}

/** The candidates of each of at most 16 queries, best first. */
async function nearestOfPass(
  gpu: Gpu,
  table: GpuTable,
  rows: number,
  queries: Float32Array,
  found: number,
  scores: GPUBuffer
): Promise<Candidate[][]> {
  const count = queries.length / table.dim
  const score = await gpu.kernel('nearest', { DIM: table.dim })
  gpu.record(to => {
    const columns = to.storage('queries', unitColumns(queries, table.dim))
    const params = to.params(packParams(['u32', rows], ['u32', count]))
    const group = score.bind(params, table.weights, columns, scores)
    to.dispatch(score, group, Math.ceil(rows / ROWS_PER_WORKGROUP))
  })
  if (found > MOST_FOUND) {
    const all = new Float32Array(await gpu.read(scores, 0, 4 * count * rows))
    return Array.from({ length: count }, (_, query) =>
      sorted(
        Array.from(all.subarray(query * rows, (query + 1) * rows), (value, row) => ({ row, score: value }))
      )
    )
  }

  const select = await gpu.kernel('nearest-select', { BLOCK })
  const blocks = Math.ceil(rows / BLOCK)
  const size = 8 * count * blocks * found
  const best = await gpu.buffer('nearest-select', size)
  gpu.record(to => {
    const params = to.params(packParams(['u32', rows], ['u32', blocks], ['u32', found]))
    to.dispatch(select, select.bind(params, scores, best), blocks, count)
  })
  const bytes = await gpu.read(best, 0, size)
  best.destroy()
  const [rowWords, scoreWords] = [new Uint32Array(bytes), new Float32Array(bytes)]
  return Array.from({ length: count }, (_, query) => {
    const first = query * blocks * found
    const candidates = Array.from({ length: blocks * found }, (_, i) => ({
      row: rowWords[2 * (first + i)],
      score: scoreWords[2 * (first + i) + 1]
    }))
    return sorted(candidates.filter(({ row }) => row < rows)) // a block of few rows leaves places empty
  })
}

function sorted(candidates: Candidate[]): Candidate[] {
  return candidates.sort((a, b) => b.score - a.score || a.row - b.row)
}

/** Queries as unit vectors, turned so that the values of one dimension stand together: f32 [dim, 16]. */
function unitColumns(queries: Float32Array, dim: number): Float32Array {
  const columns = new Float32Array(dim * QUERIES)
  for (let query = 0; query < queries.length / dim; query++) {
    const values = queries.subarray(query * dim, (query + 1) * dim)
    const norm = Math.hypot(...values)
    for (const [d, value] of values.entries()) columns[d * QUERIES + query] = norm > 0 ? value / norm : 0
  }
  return columns
}
