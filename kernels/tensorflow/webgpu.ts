import { getKernelsForBackend, registerBackend, registerKernel, setBackend } from '@tensorflow/tfjs-core'
import type { DenseRows, WeightBuffers } from '../dense.ts'
import { addChainedOperations } from './chained.ts'
import type { Tensorflow } from './contract.ts'
import { weightBuffers } from './weight-buffers.ts'

/** The name our backend has in TensorFlow.js. */
const NAME = 'tensair-webgpu'

/** A device that TensorFlow.js can be opened on. */
export interface TensorflowDevice {
  readonly device: GPUDevice
  readonly adapter: GPUAdapter
  /** What `navigator.gpu` is in a page: the backend takes its presence for that of WebGPU. */
  readonly instance: GPU
  readonly name: string
  /** Makes the device's rows of weights that are on it. */
  rows(weights: WeightBuffers, unit: number): DenseRows
}

let opened: Promise<Tensorflow> | undefined

/** Opens TensorFlow.js on the device that `find` finds, the first time, and makes it the backend of this process. */
export async function openTensorflowOn(find: () => Promise<TensorflowDevice>): Promise<Tensorflow> {
  opened ??= find()
    .then(open)
    .catch(error => {
      opened = undefined
      throw error
    })
  const tensorflow = await opened
  await setBackend(NAME)
  return tensorflow
}

async function open({ device, adapter, instance, name, rows }: TensorflowDevice): Promise<Tensorflow> {
  if (navigator.gpu === undefined)
    Object.defineProperty(navigator, 'gpu', { value: instance, configurable: true })
  // What it looks for to know that it may run outside a page's main thread.
  if (!('WorkerGlobalScope' in globalThis) && !('window' in globalThis)) {
    Object.defineProperty(globalThis, 'WorkerGlobalScope', { value: class {}, configurable: true })
  }
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  const backend = new WebGPUBackend(device, adapter.info)
  addChainedOperations()
  registerBackend(NAME, () => backend)
  for (const kernel of getKernelsForBackend('webgpu')) registerKernel({ ...kernel, backendName: NAME })
  return {
    backend: NAME,
    name,
    rows: (weights, unit) => rows(weightBuffers(backend, weights), unit)
  }
}
