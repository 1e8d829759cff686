import { deepStrictEqual, throws } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { devices } from '../devices.ts'
import { randomRows } from '../random.ts'
import { initRow } from '../reference/init-rows.ts'

const cases = [
  { dim: 4, rows: 3, unit: 2 ** -20, why: 'the narrowest rows' },
  { dim: 100, rows: 5, unit: 2 ** -20, why: 'usual rows' },
  { dim: 1024, rows: 1, unit: 2 ** -20, why: 'the widest row' },
  { dim: 8, rows: 4, unit: 2 ** -23, why: 'a finer unit' },
  { dim: 8, rows: 4, unit: 2 ** -17, why: 'a coarser unit' },
  { dim: 12, rows: 3, unit: 2 ** -20, spread: 8, why: 'the widest spread' }
]

for (const { name, open } of devices) {
  describe(`initRows on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    for (const { dim, rows, unit, spread = 0.5, why } of cases) {
      test(`draws the reference's integers from the keys: ${why}`, async () => {
        const table = await device.createTable({
          name: 'rows',
          capacity: rows + 2,
          dim,
          unit,
          spread,
          init: 'uniform'
        })
        const keys = randomRows(2 * rows, 2 ** 32, 7)
        await table.write('hits', 0, new Uint32Array(rows + 2).fill(9))
        table.initRows(1, keys)

        const shared = [...Array(rows).keys()].flatMap(i => [
          ...initRow(keys[2 * i], keys[2 * i + 1], dim, unit, spread)
        ])
        deepStrictEqual([...(await table.read('shared', 1, rows))], shared)
        deepStrictEqual(
          [...(await table.read('weights', 1, rows))],
          shared.map(value => value * unit)
        )
        deepStrictEqual([...(await table.read('multiplier', 0, rows + 2))], [0, ...Array(rows).fill(1), 0])
        deepStrictEqual([...(await table.read('hits', 0, rows + 2))], [9, ...Array(rows).fill(0), 9])
        table.destroy()
      })
    }

    test('new rows take as many to work on them as they are told', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 3, dim: 4, init: 'zero' })
      table.initRows(1, Uint32Array.of(1, 2), 5)
      deepStrictEqual([...(await table.read('multiplier', 0, 3))], [0, 5, 0])
      table.destroy()
    })

    test('zero rows are zero, whatever stood there', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 2, dim: 4, init: 'zero' })
      await table.write('weights', 0, new Float32Array(8).fill(Number.NaN))
      table.initRows(0, Uint32Array.of(1, 2, 3, 4))
      deepStrictEqual([...(await table.read('weights', 0, 2))], Array(8).fill(0))
      table.destroy()
    })

    test('rows beyond the capacity are refused', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 2, dim: 4, init: 'zero' })
      throws(() => table.initRows(1, new Uint32Array(4)), { name: 'RangeError' })
      table.destroy()
    })
  })
}
