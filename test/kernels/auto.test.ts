import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDevice } from '../../kernels/index.ts'

test('a device asked for by name is that one', async () => {
  const { device, why } = await openDevice('wasm', { threads: 1 })
  assert.equal(device.kind, 'wasm')
  assert.equal(device.facts.find(([name]) => name === 'threads')?.[1], '1')
  assert.equal(why, 'wasm was asked for by name')
  await device.close()
})

test('auto takes a hardware adapter or the processors, never a software adapter, and says why', async () => {
  const { device, why } = await openDevice('auto', { threads: 1 })
  if (device.kind === 'webgpu') {
    assert('hardware' in device && device.hardware)
    assert.equal(why, `${device.name} is a hardware WebGPU adapter`)
  } else {
    assert.match(
      why,
      /^(this machine has no WebGPU adapter|the only WebGPU adapter, .+, is software|WebGPU cannot)/
    )
    assert.match(why, /, so the processors are used$/)
  }
  await device.close()
})

test('webgpu asked for by name is opened on a software adapter too', async () => {
  const { device, why } = await openDevice('webgpu')
  assert.equal(device.kind, 'webgpu')
  assert.notEqual(device.name, '')
  assert.equal(why, 'webgpu was asked for by name')
  await device.close()
})

test('options that no device takes are refused, not replaced', async () => {
  await assert.rejects(
    openDevice('wasm', { threads: 1.5 }),
    /threads must be a whole number, at least 1; got 1.5/
  )
})
