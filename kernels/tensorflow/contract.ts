import type { Tensor } from '@tensorflow/tfjs-core'
import type { DenseRows } from '../dense.ts'

/** TensorFlow.js on one device, with every kernel that training needs. A process has one. */
export interface Tensorflow {
  /** What `tf.setBackend` knows it by. */
  readonly backend: string
  /** For people: `WASM SIMD, 2 threads`, or the adapter's name. */
  readonly name: string
  /** Weights as rows that a swarm shares, `unit` (a power of two) being one step of what it agrees on. */
  rows(weights: readonly NetworkWeight[], unit: number): DenseRows
}

/** A weight of a network, as @tensorflow/tfjs-layers has it; f32. */
export interface NetworkWeight {
  read(): Tensor
  /** Takes the values of another tensor, and applies the weight's constraint. */
  write(values: Tensor): unknown
}
