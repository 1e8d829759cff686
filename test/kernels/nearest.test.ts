import { deepStrictEqual, rejects } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { assertClose } from '../assert-close.ts'
import { devices } from '../devices.ts'
import { randomValues } from '../random.ts'
import { nearest as reference } from '../reference/nearest.ts'

const cases = [
  { rows: 64, dim: 16, queries: 1, k: 5, why: 'one query' },
  { rows: 65, dim: 20, queries: 17, k: 3, why: 'a row and a query more than a pass takes' },
  { rows: 33, dim: 100, queries: 4, k: 10, why: 'usual rows' },
  { rows: 3, dim: 4, queries: 2, k: 10, why: 'fewer rows than asked for' },
  { rows: 100, dim: 4, queries: 2, k: 70, why: 'more rows than the device sorts' },
  { rows: 4100, dim: 4, queries: 2, k: 4, why: 'more rows than a block has' }
]

for (const { name, open } of devices) {
  describe(`nearest on ${name}`, () => {
    let device: Device
    before(async () => {
      device = await open()
    })
    after(() => device.close())

    for (const { rows, dim, queries, k, why } of cases) {
      test(`${rows} rows of ${dim}, ${queries} queries, ${k} nearest: ${why}`, async () => {
        const table = await device.createTable({ name: 'rows', capacity: rows + 5, dim, init: 'zero' })
        const weights = randomValues((rows + 5) * dim, 21)
        await table.write('weights', 0, weights)
        const asked = randomValues(queries * dim, 22)
        const found = await device.nearest(table, rows, asked, k)

        deepStrictEqual(found.k, Math.min(k, rows))
        const known = weights.subarray(0, rows * dim)
        const expected = Array.from({ length: queries }, (_, query) =>
          reference(known, dim, asked.subarray(query * dim, (query + 1) * dim), found.k)
        ).flat()
        deepStrictEqual(
          [...found.rows],
          expected.map(({ row }) => row)
        )
        assertClose(
          found.scores,
          expected.map(({ score }) => score)
        )
        table.destroy()
      })
    }

    test('equal scores go to the lower row; zero rows score 0, rows that are not finite -1', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 5, dim: 4, init: 'zero' })
      const [nan, none] = [Number.NaN, [0, 0, 0, 0]]
      const weights = [none, [nan, 1, 1, 1], [2, 0, 0, 0], none, [2, 0, 0, 0]]
      await table.write('weights', 0, Float32Array.from(weights.flat()))
      const found = await device.nearest(table, 5, Float32Array.of(1, 0, 0, 0), 5)
      deepStrictEqual([...found.rows], [2, 4, 0, 3, 1])
      assertClose(found.scores, [1, 1, 0, 0, -1])
      table.destroy()
    })

    test('a query of zeros scores 0 everywhere', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 3, dim: 4, init: 'zero' })
      await table.write('weights', 0, randomValues(12, 1))
      const found = await device.nearest(table, 3, new Float32Array(4), 2)
      deepStrictEqual(
        [[...found.rows], [...found.scores]],
        [
          [0, 1],
          [0, 0]
        ]
      )
      table.destroy()
    })

    test('queries that are no whole rows are refused', async () => {
      const table = await device.createTable({ name: 'rows', capacity: 3, dim: 4, init: 'zero' })
      await rejects(device.nearest(table, 3, new Float32Array(6), 2), { name: 'RangeError' })
      table.destroy()
    })
  })
}
