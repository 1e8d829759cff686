import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import type { ImageShape } from './networks.ts'

/**
 * Freezes layers, so that training leaves them as they are, and frees all others: `'3'` is the first three layers that have weights, `'0'`
 * none, `'all'` all but the last of them; anything else is a layer's name. Without any, what is frozen stays so.
 *
 * @throws RangeError where a layer is not there, or none would be left to train.
 */
export function freezeLayers(model: LayersModel, frozen: readonly string[]): void {
  const weighted = model.layers.filter(layer => layer.weights.length > 0)
  if (frozen.length > 0) for (const layer of weighted) layer.trainable = true
  for (const which of frozen) {
    const count = which === 'all' ? -1 : Number(which)
    for (const layer of Number.isNaN(count) ? [named(model, which)] : weighted.slice(0, count))
      layer.trainable = false
  }
  if (model.trainableWeights.length === 0) {
    throw new RangeError(
      `networks: ${weighted.length} layers have weights, and all are frozen; leave the last to train: freeze ${weighted.length - 1} at most`
    )
  }
}

/**
 * Checks that a network takes such images and gives the probabilities of so many classes.
 *
 * @throws RangeError, in one line, where it does not.
 */
export function checkNetwork(model: LayersModel, shape: ImageShape, classes: number): void {
  const wanted = [shape.height, shape.width, shape.channels]
  const taken = model.inputs.map(({ shape }) => shape.slice(1))
  if (taken.length !== 1 || taken[0].join() !== wanted.join()) {
    throw new RangeError(
      `networks: ${model.name} must take images of ${wanted.join(' · ')}, as these are; it takes ${sizes(taken)}`
    )
  }
  const given = model.outputs.map(({ shape }) => shape.slice(1))
  if (given.length !== 1 || given[0].join() !== String(classes)) {
    throw new RangeError(
      `networks: ${model.name} must give as many values as there are classes, ${classes}; it gives ${sizes(given)}; put a dense layer of ${classes} with softmax at its end (--new-head)`
    )
  }
  const [last] = model.layers.slice(-1)
  const { activation } = last.getConfig()
  if (activation !== undefined && activation !== 'softmax') {
    throw new RangeError(
      `networks: ${model.name} must end in softmax, since its values are to be probabilities; its last layer ${last.name} has ${String(activation)}; put a softmax layer behind it`
    )
  }
}

function named(model: LayersModel, name: string): layers.Layer {
  const found = model.layers.find(layer => layer.name === name)
  if (found !== undefined) return found
  const names = model.layers.map(layer => layer.name)
  throw new RangeError(
    `networks: ${model.name} has no layer ${JSON.stringify(name)} to freeze; it has ${names.join(', ')}`
  )
}

function sizes(shapes: readonly (readonly (number | null)[])[]): string {
  return shapes.map(shape => shape.map(size => size ?? 'any').join(' · ')).join(' and ')
}
