import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { type KernelConfig, type TensorInfo, UnsortedSegmentSum } from '@tensorflow/tfjs-core'

/** Adds row i of x to row segmentIds[i] of zeros, as gradients of embeddings do; ids below 0 are left out. */
export const unsortedSegmentSum: Omit<KernelConfig, 'backendName'> = {
  kernelName: UnsortedSegmentSum,
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo }
    const { numSegments } = attrs as { numSegments: number }
    const wasm = backend as BackendWasm
    const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)]
    const out = wasm.makeOutput(shape, x.dtype)
    const values = wasm.typedArrayFromHeap(x)
    const ids = wasm.typedArrayFromHeap(segmentIds)
    const sums = wasm.typedArrayFromHeap(out).fill(0)
    const width = ids.length === 0 ? 0 : values.length / ids.length
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]
      if (id < 0 || id >= numSegments) continue
      for (let d = 0; d < width; d++) sums[id * width + d] += values[i * width + d]
    }
    return out
  }
}
