// Figures over predictions and what then was true.

/** A figure over some predictions; one that was added can be taken out again, so that it can be kept over a sliding window. */
export interface Metric<Prediction, Truth> {
  add(prediction: Prediction, truth: Truth): void
  /** Takes out one that was added, the oldest first. */
  remove(prediction: Prediction, truth: Truth): void
  /** What the predictions in it come to; NaN of none. */
  readonly value: number
}

/**
 * The mean of a measure over all predictions. While one of them measures what is not a finite number, the mean is NaN. The sum
 * is compensated (Neumaier), so that what rounding loses does not add up, however long items come and go.
 */
export function meanOf<Prediction, Truth>(
  measure: (prediction: Prediction, truth: Truth) => number
): Metric<Prediction, Truth> {
  const sum = new CompensatedSum()
  let count = 0
  let notFinite = 0
  const change = (prediction: Prediction, truth: Truth, by: 1 | -1) => {
    const measured = measure(prediction, truth)
    count += by
    if (Number.isFinite(measured)) sum.add(by * measured)
    else notFinite += by
  }
  return {
    add: (prediction, truth) => change(prediction, truth, 1),
    remove: (prediction, truth) => change(prediction, truth, -1),
    get value() {
      return notFinite > 0 || count === 0 ? Number.NaN : sum.value / count
    }
  }
}

/** The share of predictions that are right, 0 to 1; by default those that are the truth itself (`Object.is`). */
export function accuracy<Prediction, Truth>(
  isRight: (prediction: Prediction, truth: Truth) => boolean = Object.is
): Metric<Prediction, Truth> {
  return meanOf((prediction, truth) => (isRight(prediction, truth) ? 1 : 0))
}

/** Mean of |prediction − truth|. */
export function meanAbsoluteError(): Metric<number, number> {
  return meanOf(absoluteError)
}

/** Mean of (prediction − truth)². */
export function meanSquaredError(): Metric<number, number> {
  return meanOf(squaredError)
}

/** |prediction − truth| */
export function absoluteError(prediction: number, truth: number): number {
  return Math.abs(prediction - truth)
}

/** (prediction − truth)² */
export function squaredError(prediction: number, truth: number): number {
  return (prediction - truth) ** 2
}

/** −ln of the probability that was given to the truth, a class 0 or 1; `prediction` is that of class 1, taken as within 1e-15 … 1 − 1e-15. */
export function logLoss(prediction: number, truth: number): number {
  const probability = Math.min(1 - 1e-15, Math.max(1e-15, prediction))
  return -Math.log(truth === 1 ? probability : 1 - probability)
}

/** Neumaier's sum: what each addition rounds off is summed beside it. */
class CompensatedSum {
  #sum = 0
  #lost = 0

  add(x: number): void {
    const sum = this.#sum + x
    this.#lost += Math.abs(this.#sum) >= Math.abs(x) ? this.#sum - sum + x : x - sum + this.#sum
    this.#sum = sum
  }

  get value(): number {
    return this.#sum + this.#lost
  }
}
