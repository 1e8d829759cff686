import type { Metric } from './metrics.ts'

/** Metrics over the last predictions, which are held. */
export class MetricWindow<Prediction, Truth, Name extends string> {
  /** Predictions that were added so far. */
  added = 0
  readonly #metrics: readonly (readonly [Name, Metric<Prediction, Truth>])[]
  readonly #size: number
  /** The last ones; number i of all is at i % size. */
  readonly #held: { readonly prediction: Prediction; readonly truth: Truth }[] = []

  /** @throws RangeError where `size` is not a whole number of predictions, at least 1. */
  constructor(metrics: Readonly<Record<Name, Metric<Prediction, Truth>>>, size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`evaluate: window must be a whole number of predictions, at least 1; got ${size}`)
    }
    this.#metrics = Object.entries(metrics) as [Name, Metric<Prediction, Truth>][]
    this.#size = size
  }

  add(prediction: Prediction, truth: Truth): void {
    const at = this.added++ % this.#size
    if (this.#metrics.length === 0) return
    const oldest = this.#held[at]
    this.#held[at] = { prediction, truth }
    for (const [, metric] of this.#metrics) {
      if (oldest !== undefined) metric.remove(oldest.prediction, oldest.truth)
      metric.add(prediction, truth)
    }
  }

  get values(): Readonly<Record<Name, number>> {
    return Object.fromEntries(this.#metrics.map(([name, metric]) => [name, metric.value])) as Record<
      Name,
      number
    >
  }
}
