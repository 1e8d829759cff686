import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { clone, type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { WeightBuffers } from '../dense.ts'
import type { NetworkWeight } from './contract.ts'

/** What the backend has of a tensor's values: they are on the device, on the host, or, once downloaded, on both. */
interface TensorValues {
  values: Float32Array | null
  readonly resource?: GPUBuffer | null
  /** Tensors of these values. */
  readonly refCount: number
}

/** What it has recorded and not submitted yet. */
interface Recorded {
  readonly commandEncoder: GPUCommandEncoder | null
}

/**
 * The buffers that TensorFlow.js has the values of weights in. Kernels keep nothing of a tensor's values beside them (on WASM they do),
 * so they may be changed in place. An optimiser gives a weight a new tensor at each step: a buffer is good until the next.
 */
export function weightBuffers(backend: WebGPUBackend, weights: readonly NetworkWeight[]): WeightBuffers {
  const valuesOf = ({ dataId }: Tensor) => backend.tensorMap.get(dataId) as unknown as TensorValues

  function uploaded(x: Tensor): GPUBuffer {
    backend.uploadToGPU(x.dataId)
    const { resource } = valuesOf(x)
    if (resource === null || resource === undefined)
      throw new Error('internal: a weight is not on the device')
    return resource
  }

  function replace(weight: NetworkWeight, by: Tensor): void {
    weight.write(by)
    by.dispose()
  }

  return {
    sizes: weights.map(weight => weight.read().size),

    async bring(i) {
      const x = weights[i].read()
      const values = await x.data<'float32'>()
      // The backend hands out what it keeps.
      replace(weights[i], tensor(values.slice(), x.shape))
      return values
    },

    buffer(i) {
      const x = weights[i].read()
      const buffer = uploaded(x)
      if (valuesOf(x).refCount === 1) return buffer
      replace(weights[i], backend.createTensorFromGPUData({ buffer }, x.shape, 'float32'))
      return uploaded(weights[i].read())
    },

    submit() {
      if ((backend as unknown as Recorded).commandEncoder === null) return
      backend.endComputePassEncoder()
      backend.submitQueue()
    },

    changed(i) {
      const x = weights[i].read()
      valuesOf(x).values = null
      // The same values: only its constraint is applied.
      replace(weights[i], clone(x))
    }
  }
}
