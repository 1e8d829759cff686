import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TableOptions } from '../../../kernels/contract.ts'
import { openWasm } from '../../../kernels/wasm/device.ts'
import type { WasmTable } from '../../../kernels/wasm/table.ts'

const device = await openWasm({ threads: 1 })
after(() => device.close())
const options: TableOptions = { name: 'words', capacity: 10, dim: 8, init: 'zero' }
const openTable = async () => (await device.createTable(options)) as WasmTable

test('every field keeps what is written to its rows, and only to those', async () => {
  const table = await device.createTable(options)
  const written = {
    weights: new Float32Array(16).fill(1.5),
    shared: new Int32Array(16).fill(-3),
    accumulator: new Float32Array(2).fill(2.5),
    sharedAccumulator: new Int32Array(2).fill(-5),
    multiplier: new Float32Array(2).fill(3.5),
    contributions: new Uint32Array(2).fill(4_000_000_000),
    hits: new Uint32Array(2).fill(7)
  }
  await table.write('weights', 3, written.weights)
  await table.write('shared', 3, written.shared)
  await table.write('accumulator', 3, written.accumulator)
  await table.write('sharedAccumulator', 3, written.sharedAccumulator)
  await table.write('multiplier', 3, written.multiplier)
  await table.write('contributions', 3, written.contributions)
  await table.write('hits', 3, written.hits)
  for (const field of Object.keys(written) as (keyof typeof written)[]) {
    assert.deepEqual(await table.read(field, 3, 2), written[field], field)
    const width = written[field].length / 2
    const others = [...(await table.read(field, 0, 3)), ...(await table.read(field, 5, 5))]
    assert.deepEqual(others, new Array(8 * width).fill(0), field)
  }
  table.destroy()
})

test('a read is a copy', async () => {
  const table = await device.createTable(options)
  const values = await table.read('weights', 0, 1)
  values.fill(9)
  assert.deepEqual(await table.read('weights', 0, 1), new Float32Array(8))
  table.destroy()
})

test('options out of range are refused with what was wanted and what came', async () => {
  const refused = [
    [{ dim: 130 }, 'table words: dim must be a multiple of 4, at most 1024; got 130'],
    [{ dim: 1028 }, 'table words: dim must be a multiple of 4, at most 1024; got 1028'],
    [{ capacity: 0 }, 'table words: capacity must be a whole number of rows, at least 1; got 0'],
    [{ unit: 0.3 }, 'table words: unit must be a power of two, 2^-40 to 1; got 0.3']
  ] as const
  for (const [wrong, message] of refused) {
    await assert.rejects(device.createTable({ ...options, ...wrong }), { name: 'RangeError', message })
  }
})

test('rows beyond the capacity are refused, whatever is asked', async () => {
  const table = await device.createTable(options)
  const message = 'table words: rows 9 … 10 are not within its 10'
  await assert.rejects(table.read('hits', 9, 2), { name: 'RangeError', message })
  await assert.rejects(table.write('weights', 9, new Float32Array(16)), RangeError)
  await assert.rejects(table.write('weights', 0, new Float32Array(7)), RangeError)
  assert.throws(() => table.initRows(10, new Uint32Array(2)), RangeError)
  const rows = Uint32Array.of(10)
  const one = { increments: new Int32Array(8), accumulators: new Int32Array(1), counts: new Uint32Array(1) }
  await assert.rejects(device.apply(table, { rows, ...one }), RangeError)
  await assert.rejects(device.nearest(table, 11, new Float32Array(8), 1), RangeError)
  await assert.rejects(device.nearest(table, 10, new Float32Array(9), 1), {
    message: 'nearest: queries must be whole rows of 8 values; got 9 values'
  })
  await assert.rejects(device.checkRows(table, 11, 1), {
    message: 'checkRows: table words has 10 rows; got 11'
  })
  await assert.rejects(device.checkRows(table, 10, -1), RangeError)
  table.destroy()
})

test('a table too large is refused in one line, and what fits can still be made', async () => {
  await assert.rejects(device.createTable({ ...options, capacity: 2 ** 24, dim: 100 }), {
    name: 'RangeError',
    message:
      /^wasm: table words \(16777216 rows of 100\) needs 6400 MiB and \d+ MiB of the 4 GiB are left; lower/
  })
  const table = await device.createTable(options)
  table.destroy()
})

test('the memory of a destroyed table is used again, and the table is not', async () => {
  const first = await openTable()
  first.destroy()
  const second = await openTable()
  assert.equal(second.address.weights, first.address.weights)
  await assert.rejects(first.read('hits', 0, 1), /table words: used after destroy/)
  await assert.rejects(device.pack(first), /table words: used after destroy/)
  assert.throws(() => first.initRows(0, new Uint32Array(2)), /table words: used after destroy/)
  second.destroy()
})

test('a table of another device is refused', async () => {
  const other = await openWasm({ threads: 1 })
  const table = await other.createTable(options)
  await assert.rejects(device.pack(table), {
    name: 'TypeError',
    message: 'wasm: table words belongs to another device'
  })
  await other.close()
})
