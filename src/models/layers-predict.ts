import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { LayersInput } from './layers-replica.ts'

/** Inputs that go through the network at once. */
export const PREDICTED_AT_ONCE = 128

/**
 * The values of inputs, back to back.
 * @throws RangeError where an input has not `width` values.
 */
export function inputColumns(inputs: readonly LayersInput[], width: number): Float32Array<ArrayBuffer> {
  const columns = new Float32Array(inputs.length * width)
  for (const [i, one] of inputs.entries()) {
    const input = 'input' in one ? one.input : one
    if (input.length !== width) {
      throw new RangeError(`layers: an input must have ${width} values; got ${input.length}`)
    }
    columns.set(input, i * width)
  }
  return columns
}

/** What the network gives for each of `count` inputs, back to back. */
export async function predictColumns(
  model: LayersModel,
  inputs: Float32Array,
  count: number
): Promise<Float32Array<ArrayBuffer>> {
  const sizes = model.inputs[0].shape.slice(1) as number[]
  const x = tensor(inputs, [count, ...sizes])
  const y = model.predictOnBatch(x) as Tensor
  const given = Float32Array.from(await y.data<'float32'>())
  x.dispose()
  y.dispose()
  return given
}

/** Columns as single predictions. */
export function predictionsOf(columns: Float32Array<ArrayBuffer>, count: number): Float32Array[] {
  const width = columns.length / count
  return Array.from({ length: count }, (_, i) => columns.slice(i * width, (i + 1) * width))
}
