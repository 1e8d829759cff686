import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { engine, type Tensor } from '@tensorflow/tfjs-core'

/** A tensor's values where they are, to be read, and not kept across a call of TensorFlow.js. */
export function valuesOf(backend: BackendWasm, x: Tensor): Float32Array {
  return backend.typedArrayFromHeap(x) as Float32Array
}

/** A tensor with the values of another, changed. A new one, since kernels keep what they made of a tensor's values. */
export function changedTensor(
  backend: BackendWasm,
  x: Tensor,
  change: (values: Float32Array) => void
): Tensor {
  const info = backend.makeOutput(x.shape, 'float32')
  const copied = valuesOf(backend, info as Tensor)
  copied.set(valuesOf(backend, x))
  change(copied)
  return engine().makeTensorFromTensorInfo(info)
}
