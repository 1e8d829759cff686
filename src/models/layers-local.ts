import type { Chunk, Position, Store } from '../types.ts'
import { Breather } from './breather.ts'
import type { Example } from './layers-batch.ts'
import { checkBoost, checkRate } from './layers-optimizer.ts'
import { inputColumns, PREDICTED_AT_ONCE, predictColumns, predictionsOf } from './layers-predict.ts'
import type { BadExamples, LayersInput, LayersProgress, LayersReplica } from './layers-replica.ts'
import type { SharedLayers } from './layers-shared.ts'
import { type LayersState, writeState } from './layers-state.ts'
import type { LayersTrainer } from './layers-trainer.ts'
import { Turns } from './turns.ts'

/** A network that is trained where it is called. */
export class LocalLayers implements LayersReplica {
  readonly shared: SharedLayers
  readonly #trainer: LayersTrainer
  readonly #onBadExample: BadExamples['onBadExample']
  /** Chunks, one after the other, and what must not come within one. */
  readonly #chunks = new Turns()
  #position: Position | undefined

  /** `position` is where the source stood when the trainer was saved. */
  constructor(
    trainer: LayersTrainer,
    shared: SharedLayers,
    { onBadExample }: BadExamples,
    position: Position | undefined
  ) {
    this.#trainer = trainer
    this.shared = shared
    this.#onBadExample = onBadExample
    this.#position = position
  }

  /** Values of one input. */
  get input(): number {
    return this.#trainer.shape.input
  }

  train(chunk: Chunk<Example>): Promise<void> {
    return this.#training(async () => {
      const breather = new Breather()
      for (const example of chunk) {
        if (this.#take(example)) await this.#trainer.flush()
        await breather.rest()
      }
      this.#position = chunk.position ?? this.#position
    })
  }

  drain(): Promise<void> {
    return this.#training(() => this.#trainer.flush())
  }

  progress(): Promise<LayersProgress> {
    return this.#chunks.take(async () => {
      const { examples, skipped } = this.#trainer.counts
      return { words: examples, ...this.#trainer.takeRecent(), skipped, position: this.#position }
    })
  }

  async predict(inputs: readonly LayersInput[]): Promise<Float32Array[]> {
    const { model, shape, turns } = this.#trainer
    const outputs: Float32Array[] = []
    for (let first = 0; first < inputs.length; first += PREDICTED_AT_ONCE) {
      const some = inputs.slice(first, first + PREDICTED_AT_ONCE)
      const columns = inputColumns(some, shape.input)
      const given = await turns.take(() => predictColumns(model, columns, some.length))
      outputs.push(...predictionsOf(given, some.length))
    }
    return outputs
  }

  rate(value: number): void {
    checkRate(value)
    this.#between(() => {
      this.#trainer.optimizer.rate = value
    })
  }

  boost(factor: number): void {
    checkBoost(factor)
    this.#between(() => {
      this.#trainer.optimizer.boost = factor
    })
  }

  resetHead(): void {
    this.#between(() => this.#trainer.resetHead())
  }

  async save(store: Store): Promise<void> {
    await writeState(store, await this.state())
  }

  /** What `save` writes: a copy. */
  state(): Promise<LayersState> {
    return this.#chunks.take(async () => {
      const { failure, turns } = this.#trainer
      if (failure !== undefined) {
        throw new Error(`layers: not saved, since training had failed (${failure.message})`)
      }
      // What other peers send must not come between two parts of it either.
      return await turns.take(async () => ({
        ...(await this.#trainer.save()),
        ...(await this.shared.save()),
        position: this.#position
      }))
    })
  }

  close(): Promise<void> {
    return this.#chunks.take(() =>
      this.#trainer.turns.take(async () => {
        this.#trainer.dispose()
        this.shared.destroy()
      })
    )
  }

  /** Whether the batch is full with this example. */
  #take(example: Example): boolean {
    const { counts } = this.#trainer
    try {
      return this.#trainer.take(example)
    } catch (error) {
      if (this.#onBadExample === undefined || !(error instanceof RangeError)) throw error
      const number = counts.examples + counts.skipped
      counts.skipped++
      this.#onBadExample(error, number)
      return false
    }
  }

  /** Acts when the chunks accepted so far are in their batches. */
  #between(act: () => void | Promise<void>): void {
    this.#chunks
      .take(async () => act())
      .catch(error => {
        this.#trainer.failure ??= error
      })
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
