import type { Loss } from './moving-state.ts'

/** Counts and reports keyed state that could not come to its owner. */
export class Losses {
  /** Partitions so far. */
  partitions = 0
  readonly #onLost: ((loss: Loss) => void) | undefined

  constructor(onLost: ((loss: Loss) => void) | undefined) {
    this.#onLost = onLost
  }

  /** Gives what the user's function throws, which is not for the channel that this may be called from. */
  report(loss: Loss): { readonly error: unknown } | undefined {
    this.partitions += loss.partitions.length
    try {
      this.#onLost?.(loss)
      return undefined
    } catch (error) {
      return { error }
    }
  }
}
