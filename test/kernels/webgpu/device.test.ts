import { deepStrictEqual, ok, rejects, throws } from 'node:assert'
import { after, test } from 'node:test'
import { openWebGpu } from '../../../kernels/webgpu/device.ts'
import { initRow } from '../../reference/init-rows.ts'

const device = await openWebGpu({ software: true, timing: true })
after(() => device.close())
const options = { name: 'input', capacity: 4, dim: 4, init: 'uniform' } as const

test('the adapter has a name, which is printed here, and is not the null backend', context => {
  context.diagnostic(`WebGPU adapter: ${device.name}`)
  ok(device.name.trim().length > 0)
  ok(!/\bnull\b/i.test(device.name), device.name)
  deepStrictEqual(device.facts.find(([name]) => name === 'adapter')?.[1], device.name)
})

test('a software adapter says that it is not hardware', () => {
  deepStrictEqual(device.hardware, !/swiftshader|llvmpipe/i.test(device.name))
})

test('a table that no binding can hold is refused with what to do', async () => {
  const limit = Number(device.facts.find(([name]) => name === 'maxStorageBufferBindingSize')?.[1])
  const rows = Math.floor(limit / 4096)
  const mebibytes = Math.ceil(((rows + 256) * 4096) / 2 ** 20)
  await rejects(device.createTable({ ...options, dim: 1024, capacity: rows + 256 }), {
    name: 'RangeError',
    message:
      `webgpu: table input needs ${mebibytes} MiB in one binding, this adapter allows ${Math.ceil(limit / 2 ** 20)} MiB; ` +
      `lower the capacity to ${rows} rows or the dim`
  })
})

test('a table of another device, and a destroyed one, are refused', async () => {
  const table = await device.createTable(options)
  const other = await openWebGpu({ software: true })
  const message = 'webgpu: table input is destroyed or belongs to another device'
  await rejects(other.pack(table), { name: 'TypeError', message })
  await other.close()
  table.destroy()
  await rejects(device.pack(table), { name: 'TypeError', message })
  await rejects(table.read('hits', 0, 1), { message: 'table input: used after destroy' })
  throws(() => table.initRows(0, new Uint32Array(2)), { message: 'table input: used after destroy' })
})

test('a closed device says so and is not lost', async () => {
  const closed = await openWebGpu({ software: true })
  const table = await closed.createTable(options)
  await closed.close()
  const error = { name: 'DeviceLostError', message: 'webgpu: the device is closed' }
  await rejects(table.read('weights', 0, 1), error)
  await rejects(closed.createTable(options), error)
  deepStrictEqual(await Promise.race([closed.lost, 'not lost']), 'not lost')
})

test('more than 65535 workgroups reach every row', async () => {
  const rows = 65536 / 4 + 3 // four workgroups a row
  const table = await device.createTable({ ...options, capacity: rows, dim: 1024 })
  const keys = new Uint32Array(2 * rows)
  keys[2 * rows - 2] = 77
  table.initRows(0, keys)
  deepStrictEqual([...(await table.read('shared', rows - 1, 1))], [...initRow(77, 0, 1024)])
  deepStrictEqual([...(await table.read('shared', rows - 4, 1))], [...initRow(0, 0, 1024)])
  table.destroy()
})

test('a device opened with timing says how long each kernel took', async () => {
  const table = await device.createTable(options)
  table.initRows(0, new Uint32Array(8))
  table.initRows(0, new Uint32Array(8))
  const times = await device.kernelTimes()
  const initRows = times.find(({ kernel }) => kernel === 'init-rows')
  ok(initRows !== undefined && initRows.dispatches >= 2 && initRows.nanoseconds > 0, JSON.stringify(times))
  table.destroy()
})

test('the roof is measured', { timeout: 20_000 }, async () => {
  const { copyGBps, peakGFlops } = await device.measureRoof()
  ok(copyGBps > 0.01 && copyGBps < 1e5, `${copyGBps} GB/s`)
  ok(peakGFlops > 0.01 && peakGFlops < 1e7, `${peakGFlops} GFLOP/s`)
})
