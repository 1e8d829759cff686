import type { Tensorflow } from './tensorflow/contract.ts'
import { openTensorflowOn } from './tensorflow/webgpu.ts'
import { adapterName, findAdapter } from './webgpu/adapter.ts'

export type { Tensorflow } from './tensorflow/contract.ts'
export { openTensorflow, type TensorflowOptions } from './tensorflow/open.ts'

/**
 * Opens TensorFlow.js on WebGPU; with `software` (default false) also on an adapter that runs on the processor.
 * @throws NoAdapterError where there is no adapter.
 */
export async function openTensorflowWebGpu({ software = false } = {}): Promise<Tensorflow> {
  const { adapter, instance } = await findAdapter(software)
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize }
  })
  return await openTensorflowOn(device, adapter, instance, adapterName(adapter))
}
