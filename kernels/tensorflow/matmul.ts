import {
  BatchMatMul,
  type KernelConfig,
  type KernelFunc,
  matMul,
  ones,
  reshape,
  Sum,
  type Tensor,
  type TensorInfo,
  transpose
} from '@tensorflow/tfjs-core'

interface Transposed {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

type Plain = (kernelName: string) => KernelFunc

/**
 * Products of matrices that are read transposed, as gradients of dense layers are. TensorFlow.js multiplies those with a plain
 * loop, at a fiftieth of the speed; here the transposed copy is made first.
 */
export function batchMatMul(plain: Plain): Omit<KernelConfig, 'backendName'> {
  return {
    kernelName: BatchMatMul,
    kernelFunc: call => {
      const { a, b } = call.inputs as { a: Tensor; b: Tensor }
      const { transposeA, transposeB } = call.attrs as unknown as Transposed
      const left = transposeA ? swapped(a) : a
      const right = transposeB ? swapped(b) : b
      const attrs = { ...call.attrs, transposeA: false, transposeB: false }
      const product = plain(BatchMatMul)({ ...call, inputs: { a: left, b: right }, attrs })
      if (transposeA) left.dispose()
      if (transposeB) right.dispose()
      return product
    }
  }
}

/** Sums over all but the last axes, as gradients of biases are: a product with ones, which is many times as fast as the plain kernel. */
export function sum(plain: Plain): Omit<KernelConfig, 'backendName'> {
  return {
    kernelName: Sum,
    kernelFunc: call => {
      const { x } = call.inputs as { x: Tensor }
      const { axis, keepDims } = call.attrs as unknown as { axis: number | number[]; keepDims: boolean }
      const axes = (Array.isArray(axis) ? axis : [axis])
        .map(one => (one < 0 ? one + x.rank : one))
        .toSorted((a, b) => a - b)
      const rows = x.shape.slice(0, axes.length).reduce((product, size) => product * size, 1)
      const leading = axes.length < x.rank && axes.every((one, i) => one === i)
      if (!leading || keepDims || x.dtype !== 'float32' || rows < 2 || x.size === 0) return plain(Sum)(call)
      return columnSums(x, rows, x.shape.slice(axes.length))
    }
  }
}

function columnSums(x: Tensor, rows: number, shape: number[]): TensorInfo {
  const matrix = reshape(x, [rows, x.size / rows])
  const one = ones([1, rows])
  const sums = matMul(one, matrix)
  const result = reshape(sums, shape)
  for (const part of [matrix, one, sums]) part.dispose()
  return result
}

function swapped(x: Tensor): Tensor {
  const { rank } = x
  const order = Array.from({ length: rank }, (_, i) => i)
  order.splice(rank - 2, 2, rank - 1, rank - 2)
  return transpose(x, order)
}
