import { deepStrictEqual, rejects, throws } from 'node:assert'
import { after, test } from 'node:test'
import { findAdapter, type OpenedAdapter } from '../../../kernels/webgpu/adapter.ts'
import { createGpu } from '../../../kernels/webgpu/gpu.ts'

const opened: OpenedAdapter[] = [] // alive up to the end
async function open() {
  const found = await findAdapter(true)
  opened.push(found)
  const device = await found.adapter.requestDevice()
  return { device, gpu: createGpu(device, { hardware: false, subgroups: false, timer: undefined }) }
}
after(() => opened.length)

test('a lost device is told once, in one line, and by everything that comes after', async () => {
  const { device, gpu } = await open()
  const buffer = await gpu.buffer('rows', 16)
  device.destroy() // behind the back of gpu: to it the device is lost
  const error = await gpu.lost
  deepStrictEqual([error.name, error.message.split('\n').length], ['DeviceLostError', 1])
  throws(() => gpu.record(() => {}), error)
  await rejects(gpu.read(buffer, 0, 16), error)
})

test('an error that no one waits for ends in lost, in one line', async () => {
  const { device, gpu } = await open()
  device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
  const { name, message } = await gpu.lost
  deepStrictEqual([name, message.startsWith('webgpu: internal: ')], ['DeviceLostError', true])
  deepStrictEqual(message.includes('\n'), false)
  gpu.close()
})

test('a read of more than one piece is whole', async () => {
  const { gpu } = await open()
  const bytes = 2 ** 26 + 8
  const buffer = await gpu.buffer('rows', bytes)
  gpu.write(buffer, 2 ** 26 - 4, Uint32Array.of(1, 2, 3))
  const words = new Uint32Array(await gpu.read(buffer, 0, bytes))
  deepStrictEqual([...words.subarray(-4)], [0, 1, 2, 3])
  gpu.close()
})
