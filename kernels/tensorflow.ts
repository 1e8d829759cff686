import type { Tensorflow } from './tensorflow/contract.ts'
import { openTensorflowOn, type TensorflowDevice } from './tensorflow/webgpu.ts'
import { adapterName, findAdapter } from './webgpu/adapter.ts'
import { createDenseRows } from './webgpu/dense.ts'
import { createGpu } from './webgpu/gpu.ts'

export type { NetworkWeight, Tensorflow } from './tensorflow/contract.ts'
export { openTensorflow, type TensorflowOptions } from './tensorflow/open.ts'

/**
 * Opens TensorFlow.js on WebGPU and makes it the backend of this process, which has one: opening it again gives the same. With
 * `software` (default false) also on an adapter that runs on the processor.
 * @throws NoAdapterError where there is no adapter.
 */
export function openTensorflowWebGpu({ software = false } = {}): Promise<Tensorflow> {
  return openTensorflowOn(() => findDevice(software))
}

async function findDevice(software: boolean): Promise<TensorflowDevice> {
  const { adapter, instance, hardware } = await findAdapter(software)
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = adapter.limits
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize }
  })
  const gpu = createGpu(device, { hardware, subgroups: false, timer: undefined })
  return {
    device,
    adapter,
    instance,
    name: adapterName(adapter),
    rows: (weights, unit) => createDenseRows(gpu, weights, unit)
  }
}
