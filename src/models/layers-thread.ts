import type { LayersModel } from '@tensorflow/tfjs-layers'
import { platform } from '../../kernels/platform.ts'
import type { TensorflowOptions } from '../../kernels/tensorflow.ts'
import type { Chunk, Store } from '../types.ts'
import type { Example } from './layers-batch.ts'
import { checkBoost, checkRate } from './layers-optimizer.ts'
import { inputColumns, predictionsOf } from './layers-predict.ts'
import type {
  BadExamples,
  LayersInput,
  LayersProgress,
  LayersReplica,
  LayersResume,
  LayersTraining
} from './layers-replica.ts'
import { readState, writeState } from './layers-state.ts'
import { ThreadCalls } from './layers-thread-calls.ts'
import { columnsOf } from './layers-thread-chunk.ts'
import type { BadExample, NetworkService, NetworkSource, SharedState } from './layers-thread-service.ts'
import { ThreadShared } from './layers-thread-shared.ts'
import { networkSource, type SavedModel } from './layers-thread-source.ts'
import { Turns } from './turns.ts'

export type { SavedModel } from './layers-thread-source.ts'

export interface LayersThreadOptions extends LayersTraining, BadExamples, TensorflowOptions {
  /** A network of @tensorflow/tfjs-layers, of which the thread gets a copy, or a saved one, which only the thread opens. Its layers must be known to TensorFlow.js. */
  readonly model: LayersModel | SavedModel
}

export interface LayersThreadResume extends LayersResume, TensorflowOptions {}

/** Chunks that are in the thread, or on their way there: one is trained, the next waits. */
const MOST_ON_THE_WAY = 2

/**
 * Makes a replica that trains in a thread of its own, with a TensorFlow.js of its own: the caller's event loop stays free. It trains
 * exactly as `layersModel` does. Chunks are copied. `train` resolves while its chunk may still be in training, so that the next can be
 * read meanwhile; at most two are on their way. What goes wrong with a chunk rejects the first call of `train`, `drain`, `progress` or
 * `save` after it, once; a chunk that this call brings is trained all the same.
 *
 * @throws RangeError that says which option is wrong, or that the network has no weights to train; SavedModelError where a saved one
 * cannot be read; CheckpointError where there is nothing sound to resume.
 */
export async function layersInThread(
  options: LayersThreadOptions | LayersThreadResume
): Promise<LayersReplica> {
  const { threads, wasmPaths, onBadExample } = options
  const source = await sourceOf(options)
  // The same name, whether this runs from the sources or from what is published.
  const worker = platform.startWorker(
    new URL(import.meta.url.replace(/layers-thread(?=\.[jt]s$)/, 'layers-thread-worker'))
  )
  const calls = new ThreadCalls<NetworkService, SharedState>(worker, {
    spent: 0,
    hasMore: false,
    repaired: 0
  })
  try {
    await calls.ready
    const skips = onBadExample !== undefined
    const opened = await calls.call('open', { source, threads, wasmPaths, skips })
    return new LayersThread(calls, opened.input, new ThreadShared(calls, opened), onBadExample)
  } catch (error) {
    await calls.close()
    throw error
  }
}

async function sourceOf(options: LayersThreadOptions | LayersThreadResume): Promise<NetworkSource> {
  if ('resume' in options) return { kind: 'state', state: await readState(options.resume) }
  const { model, loss, optimizer, batch, gain, topRows } = options
  return networkSource(model, { loss, optimizer, batch, gain, topRows })
}

class LayersThread implements LayersReplica {
  readonly shared: ThreadShared
  readonly #calls: ThreadCalls<NetworkService, SharedState>
  /** Values of an input. */
  readonly #input: number
  /** What has an order among the chunks is sent in that order. */
  readonly #order = new Turns()
  readonly #onTheWay = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(
    calls: ThreadCalls<NetworkService, SharedState>,
    input: number,
    shared: ThreadShared,
    onBadExample: BadExamples['onBadExample']
  ) {
    this.#calls = calls
    this.#input = input
    this.shared = shared
    calls.hear = said => {
      const { message, example } = said as BadExample
      try {
        onBadExample?.(new RangeError(message), example)
      } catch (error) {
        this.#failure ??= { error }
      }
    }
  }

  train(chunk: Chunk<Example>): Promise<void> {
    return this.#order.take(async () => {
      if (this.#calls.ended !== undefined) throw this.#calls.ended
      const trained = this.#later(this.#calls.call('train', columnsOf(chunk)))
      this.#onTheWay.add(trained)
      void trained.then(() => this.#onTheWay.delete(trained))
      while (this.#onTheWay.size >= MOST_ON_THE_WAY) await Promise.race(this.#onTheWay)
      this.#throwFailure()
    })
  }

  drain(): Promise<void> {
    return this.#asked(() => this.#calls.call('drain'))
  }

  progress(): Promise<LayersProgress> {
    return this.#asked(() => this.#calls.call('progress'))
  }

  async predict(inputs: readonly LayersInput[]): Promise<Float32Array[]> {
    if (inputs.length === 0) return []
    const given = await this.#calls.call('predict', inputColumns(inputs, this.#input), inputs.length)
    return predictionsOf(given, inputs.length)
  }

  rate(value: number): void {
    checkRate(value)
    this.#between(() => this.#calls.call('rate', value))
  }

  boost(factor: number): void {
    checkBoost(factor)
    this.#between(() => this.#calls.call('boost', factor))
  }

  resetHead(): void {
    this.#between(() => this.#calls.call('resetHead'))
  }

  async save(store: Store): Promise<void> {
    await writeState(store, await this.#asked(() => this.#calls.call('state')))
  }

  async close(): Promise<void> {
    // A thread that is no more has given its memory back.
    await this.#order.take(() => this.#calls.call('close').catch(() => {}))
    await this.#calls.close()
  }

  /** Asks when all chunks have been sent; rejects with what went wrong with one of them. */
  async #asked<Result>(ask: () => Promise<Result>): Promise<Result> {
    const [asked] = await this.#order.take(async () => [ask()])
    const result = await asked.catch(error => {
      // A chunk's failure is why this failed.
      this.#throwFailure()
      throw error
    })
    this.#throwFailure()
    return result
  }

  #between(ask: () => Promise<void>): void {
    void this.#order.take(async () => void this.#later(ask()))
  }

  /** Settles when that does, and never rejects: what goes wrong is thrown later. */
  #later(asked: Promise<void>): Promise<void> {
    return asked.catch(error => {
      this.#failure ??= { error }
    })
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return
    const { error } = this.#failure
    this.#failure = undefined
    throw error
  }
}
