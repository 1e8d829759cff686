import { deepStrictEqual } from 'node:assert'
import type { Device, Table } from '../../kernels/index.ts'
import { assertClose, type KernelCase, noise } from './kernel-case.ts'

/**
 * Every row of a table packed. Bytes of a row: weights and shared read and written (16 · dim), the values handed out (dim),
 * the row's five other fields read and written (40), and its number, shift and accumulator handed out (9). FLOPs: 8 · dim
 * (difference, size, maximum; scaling, rounding, and back; the new weight).
 */
export const pack: KernelCase = {
  name: 'pack',
  shaders: 'pack',
  threads: 'one',

  async check(device, { dim }) {
    const { table, touch } = await openTouched(device, 64, dim)
    await touch()
    const [weights, shared] = [await table.read('weights', 0, 64), await table.read('shared', 0, 64)]
    const packed = await device.pack(table)
    deepStrictEqual(
      [...packed.rows],
      Array.from({ length: 64 }, (_, row) => row)
    )
    const wanted = new Float64Array(64 * dim)
    const taken = new Int32Array(64 * dim)
    for (let row = 0; row < 64; row++) {
      const places = Array.from({ length: dim }, (_, d) => row * dim + d)
      const d = places.map(i => (weights[i] ?? 0) / table.unit - (shared[i] ?? 0))
      const shift = Math.max(0, Math.ceil(Math.log2(Math.max(...d.map(Math.abs)) / 7)))
      deepStrictEqual(packed.shifts[row], shift)
      places.forEach((place, i) => {
        wanted[place] = (d[i] ?? 0) / 2 ** shift
        taken[place] = (shared[place] ?? 0) + (packed.values[place] ?? 0) * 2 ** shift
      })
    }
    // Whole numbers: nearest to what is wanted, however a half is rounded.
    assertClose('pack, values', packed.values, wanted, 0.5 + 1e-3)
    assertClose('pack, shared', await table.read('shared', 0, 64), taken, 0)
    table.destroy()
  },

  async open(device, { rows, dim }) {
    const { table, touch } = await openTouched(device, rows, dim)
    return {
      calls: 1,
      bytes: rows * (17 * dim + 49),
      flops: rows * 8 * dim,
      prepare: touch,
      async run() {
        const packed = await device.pack(table)
        if (packed.rows.length !== rows)
          throw new Error(`pack: ${packed.rows.length} of ${rows} rows came out`)
      },
      close: async () => table.destroy()
    }
  }
}

/** A table, and what puts all its rows somewhere else than they are shared at. */
async function openTouched(
  device: Device,
  rows: number,
  dim: number
): Promise<{ table: Table; touch(): Promise<void> }> {
  const table = await device.createTable({ name: 'pack', capacity: rows, dim, init: 'zero' })
  table.initRows(0, new Uint32Array(rows * 2))
  const weights = noise(rows * dim, 1, 0.1)
  const [hits, shared] = [new Uint32Array(rows).fill(1), new Int32Array(rows * dim)]
  return {
    table,
    async touch() {
      await table.write('weights', 0, weights)
      await table.write('shared', 0, shared)
      await table.write('hits', 0, hits)
    }
  }
}
