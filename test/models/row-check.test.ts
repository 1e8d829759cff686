import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { after, before, test } from 'node:test'
import type { Device, Table } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { repairRows } from '../../src/models/row-check.ts'

const ROWS = 100
let device: Device
before(async () => {
  device = await openWasm({ threads: 1 })
})
after(() => device.close())

async function tableWith(sick: Record<number, number>): Promise<Table> {
  const table = await device.createTable({ name: 'words', capacity: ROWS, dim: 4, init: 'uniform' })
  table.initRows(
    0,
    Uint32Array.from({ length: ROWS * 2 }, (_, i) => i)
  )
  await table.write('accumulator', 0, new Float32Array(ROWS).fill(2))
  for (const [row, value] of Object.entries(sick)) {
    await table.write('weights', Number(row), Float32Array.of(0, value, 0, 0))
    await table.write('accumulator', Number(row), Float32Array.of(value))
  }
  return table
}

test('sick rows are put back and can learn again; the others are left as they are', async () => {
  const table = await tableWith({ 3: Number.NaN, 50: Number.POSITIVE_INFINITY, 51: 1900, 52: 1800 })
  const before = await table.read('weights', 0, ROWS)
  deepStrictEqual([...(await repairRows(device, table, ROWS, ''))], [3, 50, 51])
  const after = await table.read('weights', 0, ROWS)
  ok(after.every(value => Number.isFinite(value) && Math.abs(value) <= 1800))
  deepStrictEqual(after.slice(52 * 4), before.slice(52 * 4))
  const accumulator = await table.read('accumulator', 0, ROWS)
  deepStrictEqual(
    [3, 50, 51, 52, 53].map(row => accumulator[row]),
    [0, 0, 0, 1800, 2]
  )
  strictEqual((await repairRows(device, table, ROWS, '')).length, 0)
  table.destroy()
})

test('many sick rows are a divergence; ten are not yet many', async () => {
  const sick = (rows: number) =>
    Object.fromEntries(Array.from({ length: rows }, (_, row) => [row, Number.NaN]))
  const ten = await tableWith(sick(10))
  strictEqual((await repairRows(device, ten, ROWS, '')).length, 10)
  const eleven = await tableWith(sick(11))
  await rejects(repairRows(device, eleven, ROWS, 'lower the rate'), {
    name: 'DivergenceError',
    message:
      'word2vec: training diverged, 11 of 100 rows of table words are not finite or out of range; lower the rate'
  })
  for (const table of [ten, eleven]) table.destroy()
})
