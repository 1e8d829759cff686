import { type KernelCase, noise } from './kernel-case.ts'

const K = 10

/**
 * The ten nearest rows of several queries. Bytes: every row and query read once (4 · dim each). FLOPs of a row: 2 · dim for its
 * norm and 2 · dim for each query.
 */
export const nearest: KernelCase = {
  name: 'nearest',
  shaders: 'nearest',
  threads: 'one',

  async check(device, { dim }) {
    const table = await device.createTable({ name: 'nearest', capacity: 1000, dim, init: 'zero' })
    const weights = noise(1000 * dim, 1, 1)
    const query = noise(dim, 2, 1)
    await table.write('weights', 0, weights)
    const found = await device.nearest(table, 1000, query, K)
    const cosines = Array.from({ length: 1000 }, (_, row) =>
      cosine(weights.subarray(row * dim, (row + 1) * dim), query)
    )
    const best = cosines.toSorted((a, b) => b - a)
    for (let place = 0; place < K; place++) {
      const score = cosines[found.rows[place] ?? -1] ?? Number.NaN
      const off = Math.max(
        Math.abs(score - (best[place] ?? Number.NaN)),
        Math.abs(score - (found.scores[place] ?? Number.NaN))
      )
      if (!(off < 1e-5)) {
        throw new Error(
          `nearest: place ${place} is row ${found.rows[place]} of cosine ${score}; wanted ${best[place]}`
        )
      }
    }
    table.destroy()
  },

  async open(device, { rows, dim, queries }) {
    const table = await device.createTable({ name: 'nearest', capacity: rows, dim, init: 'zero' })
    await table.write('weights', 0, noise(rows * dim, 1, 1))
    const asked = noise(queries * dim, 2, 1)
    return {
      calls: 1,
      bytes: (rows + queries) * 4 * dim,
      flops: rows * 2 * dim * (queries + 1),
      async run() {
        await device.nearest(table, rows, asked, K)
      },
      close: async () => table.destroy()
    }
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, d) => sum + value * (y[d] ?? 0), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
