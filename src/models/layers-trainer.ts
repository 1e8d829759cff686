import { tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { Batch, type Example, type ExampleShape } from './layers-batch.ts'
import { resetHead } from './layers-leaves.ts'
import { networkState } from './layers-network.ts'
import { RatedOptimizer } from './layers-optimizer.ts'
import type { LayersTraining } from './layers-replica.ts'
import { labelSizes, shapeOf, sizesOf } from './layers-shape.ts'
import type { LayersState } from './layers-state.ts'
import { DivergenceError } from './row-check.ts'
import { Turns } from './turns.ts'

/** What a trainer has counted. */
export interface TrainerCounts {
  /** Examples accepted, and left out. */
  examples: number
  skipped: number
  /** Of the examples trained since this was last taken: how many, the sum of their losses, and those whose class was right. */
  recent: number
  lossSum: number
  right: number
  /** Steps made. */
  steps: number
  /** Times that the head was reset. */
  resets: number
}

/** What a trainer has come to. */
export type SavedTrainer = Pick<LayersState, 'training' | 'network' | 'optimizer' | 'counts' | 'waiting'>

/** Trains a network batch by batch. */
export class LayersTrainer {
  readonly model: LayersModel
  readonly training: LayersTraining
  readonly shape: ExampleShape
  readonly optimizer: RatedOptimizer
  readonly batch: Batch
  readonly counts: TrainerCounts = {
    examples: 0,
    skipped: 0,
    recent: 0,
    lossSum: 0,
    right: 0,
    steps: 0,
    resets: 0
  }
  /** What training ended with, if it failed in the middle of a step: the network is then not shared. */
  failure: Error | undefined
  /** Steps, and what must not come within one. */
  readonly turns = new Turns()

  /** @throws RangeError for options out of range, and for a network that has not one input and one output of known sizes. */
  constructor(model: LayersModel, { loss, optimizer, batch = 32, gain, topRows }: LayersTraining) {
    if (!(Number.isInteger(batch) && batch >= 1)) {
      throw new RangeError(`layers: batch must be a whole number, at least 1; got ${batch}`)
    }
    if (gain !== undefined && !(gain >= 0 && gain <= 1))
      throw new RangeError(`layers: gain must be 0 to 1; got ${gain}`)
    if (topRows !== undefined && !(Number.isInteger(topRows) && topRows >= 1))
      throw new RangeError(`layers: topRows must be a whole number, at least 1; got ${topRows}`)
    this.model = model
    this.training = { loss, optimizer, batch, gain, topRows }
    this.shape = shapeOf(model, loss)
    this.batch = new Batch(batch, this.shape)
    this.optimizer = new RatedOptimizer(optimizer)
    // Of what the step computes anyway: it costs the search for the greatest of the outputs.
    const metrics = this.shape.classes === undefined ? [] : ['accuracy']
    model.compile({ loss, optimizer: this.optimizer.optimizer, metrics })
  }

  /** What to do where training diverges. */
  get advice(): string {
    return this.optimizer.advice
  }

  /**
   * Takes an example; whether the batch is full then, and must be trained before the next.
   * @throws RangeError, with nothing taken, where the example does not fit.
   */
  take(example: Example): boolean {
    this.batch.add(example)
    this.counts.examples++
    return this.batch.length === this.batch.size
  }

  /**
   * Trains what waits for its batch to be full.
   * @throws DivergenceError where the loss is not finite.
   */
  async flush(): Promise<void> {
    if (this.batch.length > 0) await this.turns.take(() => this.#step())
  }

  /** Draws the weights of the last layer that trains anew. */
  async resetHead(): Promise<void> {
    await this.turns.take(async () => resetHead(this.model, this.counts.resets++))
  }

  /** A copy of what it has come to; to be asked between two steps. */
  async save(): Promise<SavedTrainer> {
    const { length, inputs, labels } = this.batch
    const { input, label } = this.shape
    return {
      training: this.training,
      network: await networkState(this.model),
      optimizer: await this.optimizer.save(),
      counts: { ...this.counts },
      waiting: { length, inputs: inputs.slice(0, length * input), labels: labels.slice(0, length * label) }
    }
  }

  /** Goes on where another of the same network stood, whose weights this one has. */
  async restore({ optimizer, counts, waiting }: SavedTrainer): Promise<void> {
    await this.optimizer.restore(optimizer, this.model.trainableWeights)
    Object.assign(this.counts, counts)
    this.batch.inputs.set(waiting.inputs)
    this.batch.labels.set(waiting.labels)
    this.batch.length = waiting.length
  }

  /** Mean loss and accuracy of the examples trained since this was last asked. */
  takeRecent(): { loss: number; accuracy: number } {
    const { counts } = this
    const loss = counts.lossSum / counts.recent
    const accuracy = this.shape.classes === undefined ? Number.NaN : counts.right / counts.recent
    counts.recent = counts.lossSum = counts.right = 0
    return { loss, accuracy }
  }

  dispose(): void {
    this.model.dispose()
    this.optimizer.dispose()
  }

  async #step(): Promise<void> {
    const { length, inputs, labels } = this.batch
    const { input, label } = this.shape
    const x = tensor(inputs.subarray(0, length * input), [length, ...sizesOf(this.model.inputs[0].shape)])
    const y = tensor(labels.subarray(0, length * label), [length, ...labelSizes(this.model, this.shape)])
    this.batch.length = 0
    try {
      const values = await this.model.trainOnBatch(x, y)
      const [loss, accuracy = 0] = Array.isArray(values) ? values : [values]
      if (!Number.isFinite(loss)) {
        throw new DivergenceError(`layers: training diverged, the loss is ${loss}; ${this.advice}`)
      }
      this.counts.steps++
      this.counts.recent += length
      this.counts.lossSum += loss * length
      this.counts.right += Math.round(accuracy * length)
    } finally {
      x.dispose()
      y.dispose()
    }
  }
}
