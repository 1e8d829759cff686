import { deepStrictEqual, rejects } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { devices } from '../devices.ts'
import { randomValues } from '../random.ts'
import { badRows } from '../reference/check-rows.ts'

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
const UNIT = 2 ** -20

for (const { name, open } of devices) {
  describe(`checkRows on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    for (const dim of [4, 100, 132]) {
      test(`rows of ${dim} that are not finite or too large go back to shared, with their accumulators`, async () => {
        const rows = 19
        const table = await device.createTable({ name: 'rows', capacity: rows, dim, init: 'zero' })
        const weights = randomValues(rows * dim, 3)
        for (const [place, value] of [nan, infinity, -infinity, -8.1, 8, 8.5].entries()) {
          weights[3 * place * dim + ((place * 37) % dim)] = value
        }
        await table.write('weights', 0, weights)
        await table.write('shared', 0, new Int32Array(rows * dim).fill(3))
        await table.write('accumulator', 0, new Float32Array(rows).fill(nan))
        await table.write('sharedAccumulator', 0, new Int32Array(rows).fill(1 << 14))

        const bad = badRows(weights, dim, 8)
        deepStrictEqual(bad, [0, 3, 6, 9, 15])
        deepStrictEqual([...(await device.checkRows(table, rows, 8))], bad)
        const expected = weights.map((value, i) => (bad.includes(Math.floor(i / dim)) ? 3 * UNIT : value))
        deepStrictEqual(await table.read('weights', 0, rows), expected)
        const accumulators = [...(await table.read('accumulator', 0, rows))]
        deepStrictEqual(
          accumulators,
          accumulators.map((_, row) => (bad.includes(row) ? 1 : nan))
        )
        deepStrictEqual([...(await device.checkRows(table, rows, 8))], [])
        table.destroy()
      })
    }

    test('rows from the given number on are not looked at', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 9, dim: 4, init: 'zero' })
      await table.write('weights', 0, new Float32Array(36).fill(nan))
      deepStrictEqual([...(await device.checkRows(table, 2, infinity))], [0, 1])
      deepStrictEqual([...(await device.checkRows(table, 0, 1))], [])
      table.destroy()
    })

    test('a limit that is no limit is refused', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 9, dim: 4, init: 'zero' })
      await rejects(device.checkRows(table, 2, nan), {
        name: 'RangeError',
        message: 'checkRows: limit must be greater than 0; got NaN'
      })
      await rejects(device.checkRows(table, 10, 1), {
        name: 'RangeError',
        message: 'checkRows: table rows has 9 rows; got 10'
      })
      table.destroy()
    })
  })
}
