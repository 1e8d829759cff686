import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Tensorflow } from '../../kernels/tensorflow.ts'
import type { Chunk, Position, Progress, Replica } from '../types.ts'
import { Breather } from './breather.ts'
import type { Example } from './layers-batch.ts'
import { SharedLayers } from './layers-shared.ts'
import { DenseTable, rowsOf } from './layers-table.ts'
import { type LayersLoss, type LayersOptimizer, LayersTrainer, statisticsOf } from './layers-trainer.ts'
import { keepTrainingRules } from './saved-training.ts'
import { Turns } from './turns.ts'

export interface LayersOptions {
  /** A network of @tensorflow/tfjs-layers, made after TensorFlow.js was opened, with one input and one output. It is trained as it is; layers that are not trainable stay, and are not sent. */
  readonly model: LayersModel
  readonly loss: LayersLoss
  readonly optimizer: LayersOptimizer
  /** Examples in a step. Default 32. */
  readonly batch?: number
  /**
   * How the steps of several replicas are put together: 0 takes their mean, 1 the sum of up to four. Default: 1 over the number of
   * steps that a pack holds.
   */
  readonly gain?: number
}

/** A network that is trained from a stream of examples, and can be asked at any moment. */
export interface LayersReplica extends Replica<Example> {
  /** The network as a swarm sees it. */
  readonly shared: SharedLayers
  /**
   * Trains the examples of a chunk, in batches that reach across chunks.
   * @throws RangeError at the first example that does not fit the network or is not finite; those before it are accepted.
   * DivergenceError where the loss is not finite: then the replica trains no more.
   */
  train(chunk: Chunk<Example>): Promise<void>
  /** Trains what waits for a full batch too: for the end of the stream, since it cuts a batch short. */
  drain(): Promise<void>
  /** `words` counts examples. */
  progress(): Promise<Progress>
  /** What the network gives for each input, as it is now. */
  predict(inputs: readonly ArrayLike<number>[]): Promise<Float32Array[]>
  /** Gives the memory back, the network's with it. */
  close(): Promise<void>
}

// Values of the shared weights are exact to 2^-20, within ±1843; statistics, of whatever the images are made of, to 2^-10, within ±1.9 million.
const WEIGHT_UNIT = 2 ** -20
const STATISTIC_UNIT = 2 ** -10
/** Inputs that go through the network at once. */
const PREDICTED_AT_ONCE = 128

/**
 * Makes a replica of a network, on the TensorFlow.js that is open.
 * @throws RangeError that says which option is wrong, or that the network has no weights to train.
 */
export async function layersModel(tensorflow: Tensorflow, options: LayersOptions): Promise<LayersReplica> {
  const { model, loss, optimizer, batch = 32, gain } = options
  if (!(Number.isInteger(batch) && batch >= 1)) {
    throw new RangeError(`layers: batch must be a whole number, at least 1; got ${batch}`)
  }
  if (gain !== undefined && !(gain >= 0 && gain <= 1))
    throw new RangeError(`layers: gain must be 0 to 1; got ${gain}`)
  const weights = model.trainableWeights
  if (weights.length === 0)
    throw new RangeError('layers: the network has no weights to train; all its layers are frozen')
  keepTrainingRules(model)
  const statistics = statisticsOf(model)
  const rows = (of: typeof weights) => of.reduce((sum, weight) => sum + rowsOf(weight.read()), 0)
  const capacity = Math.max(rows(weights), rows(statistics))
  const trainer = new LayersTrainer(model, { loss, optimizer, batch })
  const tables = [new DenseTable(tensorflow, weights, { name: 'weights', unit: WEIGHT_UNIT, capacity })]
  if (statistics.length > 0) {
    tables.push(
      new DenseTable(tensorflow, statistics, { name: 'statistics', unit: STATISTIC_UNIT, capacity })
    )
  }
  for (const table of tables) await table.begin()
  return new Layers(trainer, new SharedLayers(tables, trainer, gain))
}

class Layers implements LayersReplica {
  readonly shared: SharedLayers
  readonly #trainer: LayersTrainer
  /** Chunks, one after the other. */
  readonly #chunks = new Turns()
  #position: Position | undefined

  constructor(trainer: LayersTrainer, shared: SharedLayers) {
    this.#trainer = trainer
    this.shared = shared
  }

  train(chunk: Chunk<Example>): Promise<void> {
    return this.#training(async () => {
      const breather = new Breather()
      for (const example of chunk) {
        await this.#trainer.add(example)
        await breather.rest()
      }
      this.#position = chunk.position ?? this.#position
    })
  }

  drain(): Promise<void> {
    return this.#training(() => this.#trainer.flush())
  }

  progress(): Promise<Progress> {
    return this.#chunks.take(async () => {
      const loss = this.#trainer.lossSum / this.#trainer.lossExamples
      this.#trainer.lossSum = 0
      this.#trainer.lossExamples = 0
      return { words: this.#trainer.examples, loss, position: this.#position }
    })
  }

  async predict(inputs: readonly ArrayLike<number>[]): Promise<Float32Array[]> {
    const outputs: Float32Array[] = []
    for (let first = 0; first < inputs.length; first += PREDICTED_AT_ONCE) {
      const some = inputs.slice(first, first + PREDICTED_AT_ONCE)
      outputs.push(...(await this.#trainer.turns.take(() => this.#predict(some))))
    }
    return outputs
  }

  async #predict(inputs: readonly ArrayLike<number>[]): Promise<Float32Array[]> {
    const { model, shape } = this.#trainer
    const values = new Float32Array(inputs.length * shape.input)
    for (const [i, input] of inputs.entries()) {
      if (input.length !== shape.input) {
        throw new RangeError(`layers: an input must have ${shape.input} values; got ${input.length}`)
      }
      values.set(input, i * shape.input)
    }
    const sizes = model.inputs[0].shape.slice(1) as number[]
    const x = tensor(values, [inputs.length, ...sizes])
    const y = model.predictOnBatch(x) as Tensor
    const given = await y.data<'float32'>()
    x.dispose()
    y.dispose()
    const width = given.length / inputs.length
    return inputs.map((_, i) => given.slice(i * width, (i + 1) * width))
  }

  close(): Promise<void> {
    return this.#chunks.take(() =>
      this.#trainer.turns.take(async () => {
        this.#trainer.model.dispose()
      })
    )
  }

  /** An example that does not fit ends its chunk there, and the next chunk may train; a network that failed in the middle of a step may not. */
  #training(act: () => Promise<void>): Promise<void> {
    return this.#chunks.take(async () => {
      if (this.#trainer.failure !== undefined) throw this.#trainer.failure
      try {
        await act()
      } catch (error) {
        if (!(error instanceof RangeError))
          this.#trainer.failure = error instanceof Error ? error : new Error(String(error))
        throw error
      }
    })
  }
}
