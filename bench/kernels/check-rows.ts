import { deepStrictEqual } from 'node:assert'
import { type KernelCase, noise } from './kernel-case.ts'

const LIMIT = 100

/**
 * A look at rows that are all well. Bytes of a row: weights and accumulator read (4 · dim + 4). FLOPs: 2 · dim (size,
 * comparison).
 */
export const checkRows: KernelCase = {
  name: 'check-rows',
  shaders: 'check-rows',
  threads: 'one',

  async check(device, { dim }) {
    const table = await device.createTable({ name: 'check', capacity: 64, dim, init: 'zero' })
    const weights = noise(64 * dim, 1, 1)
    weights[3 * dim] = Number.NaN
    weights[40 * dim + 2] = -LIMIT * 2
    await table.write('weights', 0, weights)
    deepStrictEqual([...(await device.checkRows(table, 64, LIMIT))], [3, 40])
    deepStrictEqual([...(await device.checkRows(table, 64, LIMIT))], [])
    table.destroy()
  },

  async open(device, { rows, dim }) {
    const table = await device.createTable({ name: 'check', capacity: rows, dim, init: 'zero' })
    await table.write('weights', 0, noise(rows * dim, 1, 1))
    return {
      calls: 1,
      bytes: rows * (4 * dim + 4),
      flops: rows * 2 * dim,
      async run() {
        await device.checkRows(table, rows, LIMIT)
      },
      close: async () => table.destroy()
    }
  }
}
