import { mix, random } from '../../test/reference/random.ts'
import { assertClose, type KernelCase } from './kernel-case.ts'

/**
 * New rows from their keys. Bytes of a row: the key read (8), weights and shared written (8 · dim), five more fields
 * written (20). FLOPs: 3 · dim (quotient, truncation, product with the unit); drawing is integer work and not counted.
 */
export const initRows: KernelCase = {
  name: 'init-rows',
  shaders: 'init-rows',
  threads: 'one',

  async check(device, { dim }) {
    const table = await device.createTable({ name: 'init', capacity: 64, dim, init: 'uniform' })
    const keys = keysOf(64)
    table.initRows(0, keys)
    const wanted = Int32Array.from({ length: 64 * dim }, (_, i) => {
      const [row, d] = [Math.floor(i / dim), i % dim]
      const r = random(mix((keys[2 * row + 1] ?? 0) ^ mix(keys[2 * row] ?? 0)), d)
      return Math.trunc(((r >>> 8) - 2 ** 23) / (dim * 16))
    })
    assertClose('init-rows, shared', await table.read('shared', 0, 64), wanted, 0)
    const weights = Float32Array.from(wanted, value => value * table.unit)
    assertClose('init-rows, weights', await table.read('weights', 0, 64), weights, 0)
    table.destroy()
  },

  async open(device, { rows, dim }) {
    const table = await device.createTable({ name: 'init', capacity: rows, dim, init: 'uniform' })
    const keys = keysOf(rows)
    return {
      calls: 1,
      bytes: rows * (8 * dim + 28),
      flops: rows * 3 * dim,
      async run() {
        table.initRows(0, keys)
        await table.read('hits', 0, 1)
      },
      close: async () => table.destroy()
    }
  }
}

function keysOf(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows * 2 }, (_, i) => random(9, i))
}
