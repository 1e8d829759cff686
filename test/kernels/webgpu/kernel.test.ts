import { rejects } from 'node:assert'
import { after, test } from 'node:test'
import { findAdapter } from '../../../kernels/webgpu/adapter.ts'
import { loadKernel } from '../../../kernels/webgpu/kernel.ts'

const found = await findAdapter(true)
const device = await found.adapter.requestDevice()
after(() => {
  device.destroy()
  return found.instance // alive up to here
})

test('an unknown override is refused by name', async () => {
  await rejects(loadKernel(device, 'apply', { TYPO: 1 }), {
    name: 'KernelError',
    message: /^wgsl\/apply\.wgsl: no pipeline with overrides \{"TYPO":1\}/
  })
})

test('a shader that does not exist is refused by name', async () => {
  await rejects(loadKernel(device, 'nothing'), /nothing\.wgsl/)
})
