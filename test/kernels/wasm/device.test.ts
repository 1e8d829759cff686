import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Device, DeviceLostError } from '../../../kernels/contract.ts'
import { openWasm } from '../../../kernels/wasm/device.ts'

const rows = 200
const dim = 16

/** Trains a few batches with a pack, a read and a write in between, `settle` being called after each step. */
async function train(device: Device, settle: (step: Promise<unknown>) => unknown) {
  const keys = Uint32Array.from({ length: 2 * rows }, (_, i) => Math.imul(i + 1, 0x9e3779b9))
  const input = await device.createTable({ name: 'input', capacity: rows, dim, init: 'uniform' })
  const output = await device.createTable({ name: 'output', capacity: rows, dim, init: 'zero' })
  input.initRows(0, keys)
  output.initRows(0, keys)
  const optimizer = { kind: 'adagrad' } as const
  const skipGram = await device.createSkipGram({ input, output, window: 5, negatives: 5, optimizer })
  await settle(
    skipGram.setSampling({
      keep: new Uint32Array(rows).fill(0xffff_ffff),
      threshold: new Uint32Array(rows).fill(0xffff_ffff),
      alias: Uint32Array.from({ length: rows }, (_, i) => i)
    })
  )
  const slots = new Uint32Array(3000)
  const packs = []
  for (let key = 1; key <= 4; key++) {
    for (let i = 0; i < slots.length; i++) slots[i] = (Math.imul(8 * i + key, 0x9e3779b9) >>> 8) % rows
    const trained = skipGram.train({ slots, key, rate: 0.1 })
    // Accepted means copied.
    slots.fill(0)
    await settle(trained)
    const pack = device.pack(input, 150)
    await settle(pack)
    packs.push(pack)
    await settle(output.write('multiplier', key, Float32Array.of(1.5)))
  }
  const result = { packs: await Promise.all(packs), weights: await output.read('weights', 0, rows) }
  await skipGram.destroy()
  return result
}

test('calls that nobody waits for run in the order they were made', { timeout: 60_000 }, async () => {
  const device = await openWasm({ threads: 1 })
  assert(device.deterministic)
  const waited = await train(device, step => step)
  const hurried = await train(device, () => {})
  assert.deepEqual(hurried, waited)
  assert(waited.packs.every(pack => pack.rows.length === 150))
  await device.close()
})

test('a closed device refuses with a DeviceLostError', async () => {
  const device = await openWasm({ threads: 1 })
  const table = await device.createTable({ name: 'words', capacity: 4, dim, init: 'zero' })
  await device.close()
  await device.close()
  await assert.rejects(device.pack(table), DeviceLostError)
  await assert.rejects(table.read('hits', 0, 1), { message: 'wasm: the device is closed' })
})

test('threads must be a whole number', async () => {
  await assert.rejects(openWasm({ threads: 0 }), {
    name: 'RangeError',
    message: 'wasm: threads must be a whole number, at least 1; got 0'
  })
})

test('the roof is measured, and is one that a machine can have', async () => {
  const device = await openWasm({ threads: 2 })
  const { copyGBps, peakGFlops } = await device.measureRoof()
  assert(copyGBps > 0.1 && copyGBps < 10_000, `copies ${copyGBps} GB/s`)
  assert(peakGFlops > 0.1 && peakGFlops < 100_000, `computes ${peakGFlops} GFLOP/s`)
  await device.close()
})
