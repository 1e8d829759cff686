import { setBackend, tensor } from '@tensorflow/tfjs-core'
import { LayerVariable } from '@tensorflow/tfjs-layers'
import { type DenseRows, ROW_VALUES } from '../../kernels/dense.ts'
import { openTensorflow, openTensorflowWebGpu, type Tensorflow } from '../../kernels/tensorflow.ts'

export const UNIT = 2 ** -20

export const rest = async () => {}

/** TensorFlow.js on the devices that dense rows are on. A process has both, and one at a time is set. */
export const tensorflows: readonly { readonly name: string; open(): Promise<Tensorflow> }[] = [
  { name: 'webgpu', open: () => openTensorflowWebGpu({ software: true }) },
  { name: 'wasm', open: () => openTensorflow({ threads: 1 }) }
]

/** Weights of a network and their rows. */
export interface DenseCase {
  readonly rows: DenseRows
  readonly weights: readonly LayerVariable[]
}

/** Weights of these values whose rows stand at `shared`, or where the weights do. */
export async function denseCase(
  tensorflow: Tensorflow,
  values: readonly Float32Array[],
  shared?: Int32Array<ArrayBuffer>
): Promise<DenseCase> {
  await setBackend(tensorflow.backend)
  const weights = values.map(one => {
    const x = tensor(one, [one.length])
    const weight = new LayerVariable(x)
    x.dispose()
    return weight
  })
  const rows = tensorflow.rows(weights, UNIT)
  const begun = await rows.begin()
  if (shared !== undefined)
    await rows.resume(Int32Array.from({ length: begun.length }, (_, i) => shared[i] ?? 0))
  return { rows, weights }
}

/** Values of the weights, cut into rows; the last row of each may be shorter. */
export async function weightRows({ weights }: DenseCase): Promise<Float32Array[]> {
  const all = await Promise.all(weights.map(weight => weight.read().data<'float32'>()))
  return all.flatMap(cut)
}

export function cut(values: Float32Array): Float32Array[] {
  return Array.from({ length: Math.ceil(values.length / ROW_VALUES) }, (_, i) =>
    values.slice(i * ROW_VALUES, (i + 1) * ROW_VALUES)
  )
}

export function dispose({ rows, weights }: DenseCase): void {
  rows.destroy()
  for (const weight of weights) weight.dispose()
}
