import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { AdaptableReplica, Chunk, Progress, SharedReplica, Store } from '../types.ts'
import type { Example } from './layers-batch.ts'
import type { LayersOptimizer } from './layers-optimizer.ts'

/** Losses of TensorFlow.js, by their names. */
export type LayersLoss =
  | 'sparseCategoricalCrossentropy'
  | 'categoricalCrossentropy'
  | 'binaryCrossentropy'
  | 'meanSquaredError'
  | 'meanAbsoluteError'

/** How a network is trained. */
export interface LayersTraining {
  readonly loss: LayersLoss
  readonly optimizer: LayersOptimizer
  /** Examples in a step. Default 32. */
  readonly batch?: number | undefined
  /**
   * How the steps of several replicas are put together: 0 takes their mean, 1 the sum of up to four. Default: 1 over the number of
   * steps that a pack holds, or as much as makes the swarm move √2 times the mean, whichever is more.
   */
  readonly gain?: number | undefined
  /**
   * Rows of 256 weights that a pack has at most, in each table: those of the greatest squared change. What is not sent stays in the
   * weights and goes with a later pack, when it has grown; what is left when training ends is not sent. Default: all.
   */
  readonly topRows?: number | undefined
}

/** Who hears of examples that do not fit the network or are not finite. */
export interface BadExamples {
  /**
   * Such an example is left out and counted, and this hears of it: `example` is its number, from 0, among all that were given. Default:
   * it ends its chunk. What this throws ends the chunk too.
   */
  readonly onBadExample?: ((error: RangeError, example: number) => void) | undefined
}

export interface LayersOptions extends LayersTraining, BadExamples {
  /** A network of @tensorflow/tfjs-layers, made after TensorFlow.js was opened, with one input and one output. It is trained as it is; layers that are not trainable stay, and are not sent. */
  readonly model: LayersModel
}

/** A replica that goes on where another was saved. */
export interface LayersResume extends BadExamples {
  /** Where it was saved. The network and how it is trained are there too. */
  readonly resume: Store
}

export interface LayersProgress extends Progress {
  /** Examples accepted. */
  readonly words: number
  /** Share of the examples trained since the last progress whose class the network had right before it learned from them; NaN where labels are not classes, or none was trained. */
  readonly accuracy: number
  /** Examples left out since the start. */
  readonly skipped: number
}

/** A network as a swarm sees it. */
export interface SharedNetwork extends SharedReplica {
  /** 32 hexadecimal digits of the values that the network begins with: replicas that differ in it must not exchange deltas. */
  readonly fingerprint: string
  /** Rows that were not finite or out of range and were put back. */
  readonly repaired: number
  /** Examples between two packs, where these cost little time: those of one step. */
  readonly packEvery: number
  /**
   * Makes the weights exactly unit · shared, so that replicas that agree have the same bits: what rounding left in them, and rows that
   * `topRows` held back, is dropped. A replica that has learned something since its last pack stays as it is.
   */
  settle(): Promise<void>
}

/** The values of one input, or an example, of which only these count. */
export type LayersInput = ArrayLike<number> | Pick<Example, 'input'>

/** A network that is trained from a stream of examples, and can be asked at any moment. */
export interface LayersReplica extends AdaptableReplica<Example, Float32Array> {
  readonly shared: SharedNetwork
  /**
   * Trains the examples of a chunk, in batches that reach across chunks.
   * @throws RangeError at the first example that does not fit the network or is not finite; those before it are accepted.
   * DivergenceError where the loss is not finite: then the replica trains no more.
   */
  train(chunk: Chunk<Example>): Promise<void>
  /** Trains what waits for a full batch too: for the end of the stream, since it cuts a batch short. */
  drain(): Promise<void>
  /** `words` counts examples. */
  progress(): Promise<LayersProgress>
  /**
   * What the network gives for each input, as it is now: at once between two steps, whatever waits to be trained.
   * @throws RangeError where an input does not fit the network.
   */
  predict(inputs: readonly LayersInput[]): Promise<Float32Array[]>
  /**
   * Sets the learning rate, from the first step after the chunks accepted before; what the optimiser remembers stays.
   * @throws RangeError where it is not above 0.
   */
  rate(value: number): void
  /** Learns at so many times its own rate from the same moment on. @throws RangeError where the factor is not above 0. */
  boost(factor: number): void
  /**
   * Draws the weights of the last layer that trains anew, as its initialiser says, from a seed that follows from how often this was
   * done; what the optimiser remembers stays. The swarm hears of it as of anything learned: by the next packs.
   */
  resetHead(): void
  /**
   * Writes a checkpoint, between two chunks and without cutting a batch: a replica made with `resume` goes on exactly as this one.
   * @throws Error where training had failed.
   */
  save(store: Store): Promise<void>
  /** Gives the memory back, the network's with it. */
  close(): Promise<void>
}
