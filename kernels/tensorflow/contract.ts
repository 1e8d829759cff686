import type { Tensor } from '@tensorflow/tfjs-core'

/** TensorFlow.js on one device, with every kernel that training needs. A process has one. */
export interface Tensorflow {
  /** What `tf.setBackend` knows it by. */
  readonly backend: string
  /** For people: `WASM SIMD, 2 threads`, or the adapter's name. */
  readonly name: string
  /** Shows a tensor's values, to be read and not kept: in place on WASM, downloaded on WebGPU. */
  look(x: Tensor, use: (values: Float32Array) => void): Promise<void>
  /** A tensor with the values of another, changed. A new one, since kernels keep what they made of a tensor's values. */
  changed(x: Tensor, change: (values: Float32Array) => void): Promise<Tensor>
}
