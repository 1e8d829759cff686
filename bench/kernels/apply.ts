import type { RowIncrements } from '../../kernels/index.ts'
import { assertClose, type KernelCase, noise } from './kernel-case.ts'

/**
 * An increment for every row of a table. Bytes of a row: the increments read (4 · dim), weights and shared read and written (16
 * · dim), row number, accumulator and count read (12), three other fields read and written (24). FLOPs: 3 · dim (the integer
 * sum, product with the unit, sum).
 */
export const apply: KernelCase = {
  name: 'apply',
  shaders: 'apply',
  threads: 'one',

  async check(device, { dim }) {
    const table = await device.createTable({ name: 'apply', capacity: 64, dim, init: 'zero' })
    const [weights, delta] = [noise(64 * dim, 1, 1), deltaOf(64, dim)]
    await table.write('weights', 0, weights)
    await device.apply(table, delta)
    const wanted = weights.map((value, i) => value + table.unit * (delta.increments[i] ?? 0))
    assertClose('apply, shared', await table.read('shared', 0, 64), delta.increments, 0)
    assertClose('apply, weights', await table.read('weights', 0, 64), wanted, 1e-6)
    assertClose('apply, contributions', await table.read('contributions', 0, 64), delta.counts, 0)
    table.destroy()
  },

  async open(device, { rows, dim }) {
    const table = await device.createTable({ name: 'apply', capacity: rows, dim, init: 'zero' })
    const delta = deltaOf(rows, dim)
    return {
      calls: 1,
      bytes: rows * (20 * dim + 36),
      flops: rows * 3 * dim,
      async run() {
        await device.apply(table, delta)
        await table.read('hits', 0, 1)
      },
      close: async () => table.destroy()
    }
  }
}

function deltaOf(rows: number, dim: number): RowIncrements {
  return {
    rows: Uint32Array.from({ length: rows }, (_, row) => row),
    increments: Int32Array.from(noise(rows * dim, 4, 1000)),
    accumulators: new Int32Array(rows).fill(3),
    counts: new Uint32Array(rows).fill(1)
  }
}
