import { type Optimizer, tensor, train } from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers'
import { Batch, type Example, type ExampleShape } from './layers-batch.ts'
import { DivergenceError } from './row-check.ts'
import { Turns } from './turns.ts'

type Layer = layers.Layer

/** How the steps of one replica are made; its state stays with the replica. */
export type LayersOptimizer =
  | { readonly kind: 'sgd'; readonly rate: number }
  /** v = momentum · v + g; weights -= rate · v. `momentum` 0.9 by default. */
  | { readonly kind: 'momentum'; readonly rate: number; readonly momentum?: number }
  /** Kingma & Ba 2015, with their β₁ 0.9, β₂ 0.999, ε 1e-7. `rate` 0.001 by default. */
  | { readonly kind: 'adam'; readonly rate?: number }

/** Losses of TensorFlow.js, by their names. */
export type LayersLoss =
  | 'sparseCategoricalCrossentropy'
  | 'categoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError'
  | 'meanAbsoluteError'

/** Trains a network batch by batch. */
export class LayersTrainer {
  readonly model: LayersModel
  readonly shape: ExampleShape
  readonly advice: string
  /** Examples accepted. */
  examples = 0
  /** Sum of the losses of the examples trained since it was last taken, and how many these are. */
  lossSum = 0
  lossExamples = 0
  /** Steps made since this was last set to 0. */
  steps = 0
  /** What training ended with, if it failed in the middle of a step: the network is then not shared. */
  failure: Error | undefined
  /** Steps, and what must not come within one. */
  readonly turns = new Turns()
  readonly #batch: Batch

  constructor(
    model: LayersModel,
    { loss, optimizer, batch }: { loss: LayersLoss; optimizer: LayersOptimizer; batch: number }
  ) {
    this.model = model
    this.shape = shapeOf(model, loss)
    this.#batch = new Batch(batch, this.shape)
    this.advice = `lower the rate (now ${rateOf(optimizer)}, ${optimizer.kind})`
    model.compile({ loss, optimizer: made(optimizer) })
  }

  /**
   * Takes an example, and trains the batch when it is full.
   * @throws RangeError where the example does not fit; DivergenceError where the loss is not finite.
   */
  async add(example: Example): Promise<void> {
    this.#batch.add(example)
    this.examples++
    if (this.#batch.length === this.#batch.size) await this.flush()
  }

  /** Trains what waits for its batch to be full. */
  async flush(): Promise<void> {
    if (this.#batch.length > 0) await this.turns.take(() => this.#step())
  }

  async #step(): Promise<void> {
    const { length, inputs, labels } = this.#batch
    const { input, label } = this.shape
    const x = tensor(inputs.subarray(0, length * input), [length, ...sizesOf(this.model.inputs[0].shape)])
    const y = tensor(labels.subarray(0, length * label), [length, ...labelSizes(this.model, this.shape)])
    this.#batch.length = 0
    try {
      const loss = await this.model.trainOnBatch(x, y)
      const value = Array.isArray(loss) ? loss[0] : loss
      if (!Number.isFinite(value)) {
        throw new DivergenceError(`layers: training diverged, the loss is ${value}; ${this.advice}`)
      }
      this.steps++
      this.lossSum += value * length
      this.lossExamples += length
    } finally {
      x.dispose()
      y.dispose()
    }
  }
}

/** Weights that training moves along with the batches and not by gradients: means and variances of batch normalisation. */
export function statisticsOf(model: LayersModel): LayerVariable[] {
  return leaves(model).flatMap(layer => (layer.trainable ? layer.nonTrainableWeights : []))
}

/** The layers that have weights of their own; of a frozen model none trains. */
function leaves(model: LayersModel): Layer[] {
  if (!model.trainable) return []
  return model.layers.flatMap(layer =>
    'layers' in layer ? leaves(layer as unknown as LayersModel) : [layer]
  )
}

/** @throws RangeError where the network has not one input and one output of known sizes. */
function shapeOf(model: LayersModel, loss: LayersLoss): ExampleShape {
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

function labelSizes(model: LayersModel, { label, classes }: ExampleShape): number[] {
  return label === 1 && classes !== undefined ? [1] : sizesOf(model.outputs[0].shape)
}

/** The sizes of one example. */
function sizesOf(shape: readonly (number | null)[]): number[] {
  return shape.slice(1).map(size => {
    if (size === null)
      throw new RangeError(`layers: the sizes of an example must be known; got [${shape.join(', ')}]`)
    return size
  })
}

function made(optimizer: LayersOptimizer): Optimizer {
  switch (optimizer.kind) {
    case 'sgd':
      return train.sgd(rateOf(optimizer))
    case 'momentum':
      return train.momentum(rateOf(optimizer), optimizer.momentum ?? 0.9)
    case 'adam':
      return train.adam(rateOf(optimizer))
  }
}

function rateOf(optimizer: LayersOptimizer): number {
  const rate = optimizer.rate ?? 0.001
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new RangeError(`layers: the rate must be above 0; got ${rate}`)
  return rate
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1)
}
