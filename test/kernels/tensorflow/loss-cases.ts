import { ok } from 'node:assert'
import { setBackend, type Tensor, tensor, train } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import type { LayersLoss } from '../../../src/models/layers-replica.ts'
import { gradient } from './float64.ts'
import { dense, each, mean, sigmoid, softmax } from './layer-definitions.ts'

/** A network of one dense layer, [4, 3] inputs to [4, 2] outputs, with a loss. */
export interface LossCase {
  readonly name: LayersLoss
  readonly activation: 'softmax' | 'sigmoid' | 'linear'
  readonly labels: readonly number[] // [4] classes or [4, 2]
  /** Of one value of the outputs, or for a class, of its probability; the mean of these is the loss, over `per` values of an example. */
  readonly term: (given: number, wanted: number) => number
}

const targets = [0.9, 0.1, 0.3, 0.8, 0.5, -0.4, 0.2, 0.7]

export const lossCases: readonly LossCase[] = [
  {
    name: 'sparseCategoricalCrossentropy',
    activation: 'softmax',
    labels: [1, 0, 0, 1],
    term: (given, wanted) => -2 * wanted * Math.log(given)
  },
  {
    name: 'categoricalCrossentropy',
    activation: 'softmax',
    labels: [0, 1, 1, 0, 1, 0, 0, 1],
    term: (given, wanted) => -2 * wanted * Math.log(given)
  },
  {
    name: 'binaryCrossentropy',
    activation: 'sigmoid',
    labels: [0, 1, 1, 0, 1, 0, 0, 1],
    term: (given, wanted) => -(wanted * Math.log(given) + (1 - wanted) * Math.log(1 - given))
  },
  {
    name: 'meanSquaredError',
    activation: 'linear',
    labels: targets,
    term: (given, wanted) => (given - wanted) ** 2
  },
  {
    name: 'meanAbsoluteError',
    activation: 'linear',
    labels: targets,
    term: (given, wanted) => Math.abs(given - wanted)
  }
]

const inputs = [0.5, -1, 0.25, 1, 0.75, -0.5, -0.25, 0.5, 1, -1, -0.75, 0.1]
const start = [0.4, -0.3, 0.2, 0.6, -0.5, 0.1]
const shift = [0.05, -0.1]

/** Holds the loss, and the step that it makes, against float64: with rate 1 a step of gradient descent is the gradient. */
export async function checkLoss(
  backend: string,
  { name, activation, labels, term }: LossCase
): Promise<void> {
  await setBackend(backend)
  const layer = layers.dense({ units: 2, activation, inputShape: [3] })
  const model = sequential({ layers: [layer] })
  layer.setWeights([tensor(start, [3, 2]), tensor(shift, [2])])
  model.compile({ loss: name, optimizer: train.sgd(1) })
  const loss = await model.trainOnBatch(tensor(inputs, [4, 3]), tensor([...labels], [4, labels.length / 4]))
  const after = await Promise.all(layer.getWeights().map((weight: Tensor) => weight.data()))

  const wanted = labels.length === 4 ? labels.flatMap(label => [1 - label, label]) : labels
  const x = { shape: [4, 3], values: Float64Array.from(inputs) }
  const kernel = { shape: [3, 2], values: Float64Array.from(start, Math.fround) }
  const bias = { shape: [2], values: Float64Array.from(shift, Math.fround) }
  const activate =
    activation === 'softmax' ? softmax : each(activation === 'sigmoid' ? sigmoid : value => value)
  const value = () => {
    const given = activate([{ shape: [4, 2], values: dense(x, kernel, bias) }], [])
    return Float64Array.of(mean(given.map((one, i) => term(one, wanted[i]))))
  }
  near(Array.isArray(loss) ? loss[0] : loss, value()[0], 'loss')
  for (const [which, { values }] of [kernel, bias].entries()) {
    const before = values.slice()
    for (const [i, slope] of gradient(values, [1], value).entries())
      near(before[i] - after[which][i], slope, `gradient ${which}, value ${i}`)
  }
}

function near(got: number, wanted: number, what: string): void {
  ok(Math.abs(got - wanted) <= 1e-5 * (1 + Math.abs(wanted)), `${what}: ${got}; float64 has ${wanted}`)
}
