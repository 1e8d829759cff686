import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { ExampleShape } from './layers-batch.ts'
import type { LayersLoss } from './layers-replica.ts'

/** @throws RangeError where the network has not one input and one output of known sizes. */
export function shapeOf(model: LayersModel, loss: LayersLoss): ExampleShape {
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new RangeError(
      `layers: a network must have one input and one output; got ${model.inputs.length} and ${model.outputs.length}`
    )
  }
  const input = product(sizesOf(model.inputs[0].shape))
  const output = product(sizesOf(model.outputs[0].shape))
  if (loss === 'sparseCategoricalCrossentropy') return { input, label: 1, classes: output }
  return { input, label: output, classes: loss === 'categoricalCrossentropy' ? output : undefined }
}

/** The sizes of the label of one example. */
export function labelSizes(model: LayersModel, { label, classes }: ExampleShape): number[] {
  return label === 1 && classes !== undefined ? [1] : sizesOf(model.outputs[0].shape)
}

/** The sizes of one example. */
export function sizesOf(shape: readonly (number | null)[]): number[] {
  return shape.slice(1).map(size => {
    if (size === null)
      throw new RangeError(`layers: the sizes of an example must be known; got [${shape.join(', ')}]`)
    return size
  })
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}
