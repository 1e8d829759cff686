import {
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  setBackend,
  tensor
} from '@tensorflow/tfjs-core'
import { addChainedOperations } from './chained.ts'
import type { Tensorflow } from './contract.ts'

/** The name our backend has in TensorFlow.js. */
const NAME = 'tensair-webgpu'

/**
 * Opens TensorFlow.js on a device of ours and makes it the backend of this process. `instance` is what `navigator.gpu` is in a page: the
 * backend takes its presence for that of WebGPU.
 */
export async function openTensorflowOn(
  device: GPUDevice,
  { info }: GPUAdapter,
  instance: GPU,
  name: string
): Promise<Tensorflow> {
  if (navigator.gpu === undefined)
    Object.defineProperty(navigator, 'gpu', { value: instance, configurable: true })
  // What it looks for to know that it may run outside a page's main thread.
  if (!('WorkerGlobalScope' in globalThis) && !('window' in globalThis)) {
    Object.defineProperty(globalThis, 'WorkerGlobalScope', { value: class {}, configurable: true })
  }
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu')
  const backend = new WebGPUBackend(device, info)
  addChainedOperations()
  registerBackend(NAME, () => backend)
  for (const kernel of getKernelsForBackend('webgpu')) registerKernel({ ...kernel, backendName: NAME })
  await setBackend(NAME)
  return {
    backend: NAME,
    name,
    async look(x, use) {
      use(await x.data<'float32'>())
    },
    async changed(x, change) {
      // The backend hands out its own copy of what it downloaded.
      const values = (await x.data<'float32'>()).slice()
      change(values)
      return tensor(values, x.shape)
    }
  }
}
