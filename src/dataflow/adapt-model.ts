import { chunkAt } from '../stream.ts'
import type { AdaptableReplica, Position, Predictor } from '../types.ts'

/** What is done to a model at a drift, besides training it. */
export interface DriftResponse {
  /** Learns at so many times its own rate, above 0, for the next so many items, or up to convergence, or the stream's end; to the end of their part. Default: at its own. */
  readonly boost?: { readonly factor: number; readonly items: number }
  /** Makes the layer that predicts as it was when new. Default false. */
  readonly reset?: boolean
}

/** A prediction, and the version of the model that made it: how many times it had been trained. */
export interface Versioned<Out> {
  readonly prediction: Out
  readonly version: number
}

/** A model that counts its versions, and is made ready for what comes after a drift. */
export class AdaptedModel<Item, Out> implements Predictor<Item, Versioned<Out>> {
  version = 0
  /** Items it was trained on. */
  trained = 0
  readonly #model: AdaptableReplica<Item, Out>
  readonly #response: DriftResponse
  /** Items that are still to be learned at the higher rate. */
  #boosted = 0

  /** @throws TypeError where the model does not offer what is asked of it; RangeError for options out of range. */
  constructor(model: AdaptableReplica<Item, Out>, response: DriftResponse) {
    const { boost, reset = false } = response
    if (reset && model.resetHead === undefined) {
      throw new TypeError('adapt: reset wants a model with resetHead; got one without')
    }
    if (boost !== undefined && model.boost === undefined) {
      throw new TypeError('adapt: boost wants a model with boost; got one without')
    }
    if (boost !== undefined && !(boost.factor > 0 && boost.factor < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`adapt: boost.factor must be a number above 0; got ${boost.factor}`)
    }
    if (boost !== undefined && (!Number.isSafeInteger(boost.items) || boost.items < 1)) {
      throw new RangeError(
        `adapt: boost.items must be a whole number of items, at least 1; got ${boost.items}`
      )
    }
    this.#model = model
    this.#response = response
  }

  async predict(items: readonly Item[]): Promise<readonly Versioned<Out>[]> {
    // Training may go on meanwhile: what is promised is the version that all of it has.
    const { version } = this
    const predictions = await this.#model.predict(items)
    return predictions.map(prediction => ({ prediction, version }))
  }

  /** Trains on items, of which the source stands at `position` then, and resolves when that is learned. */
  async train(items: readonly Item[], position: Position | undefined): Promise<void> {
    // A model that is not trained still hears how far the stream has come.
    if (items.length === 0 && position === undefined) return
    await this.#model.train(chunkAt(items, position))
    if (items.length === 0) return
    await this.#model.drain()
    this.version++
    this.trained += items.length
    if (this.#boosted > items.length) this.#boosted -= items.length
    else this.settle()
  }

  /** What a drift asks for, before the first training after it. */
  respond(): void {
    const { boost, reset = false } = this.#response
    if (reset) this.#model.resetHead?.()
    if (boost === undefined) return
    this.#model.boost?.(boost.factor)
    this.#boosted = boost.items
  }

  /** Learns at its own rate again. */
  settle(): void {
    if (this.#boosted === 0) return
    this.#boosted = 0
    this.#model.boost?.(1)
  }
}
