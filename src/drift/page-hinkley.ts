import {
  checkBetween,
  checkNumber,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface PageHinkleyOptions {
  /** Values before the first verdict. Default 30. */
  readonly minimum?: number
  /** Rise of the mean that is tolerated, in the values' unit. Default 0.005. */
  readonly delta?: number
  /** Sum of rises beyond that which makes a drift, in the values' unit. Default 50. */
  readonly threshold?: number
  /** What is left of the sum from one value to the next. Default 0.9999. */
  readonly alpha?: number
}

/**
 * The Page-Hinkley test: a drift when the sum of what values are above their running mean, less δ each, has risen by more than the
 * threshold from its least: m = α m + (x − x̄ − δ), m − min m > λ. Defaults and form are MOA's, and meant for errors of 0 or 1; set them in
 * the unit of other losses. No warnings; constant memory.
 *
 * Page: Continuous inspection schemes, Biometrika 41, 1954.
 *
 * @throws RangeError for options out of range.
 */
export function pageHinkley(options: PageHinkleyOptions = {}, saved?: DetectorState): Detector {
  const { minimum = 30, delta = 0.005, threshold = 50, alpha = 1 - 0.0001 } = options
  checkWhole('pageHinkley', 'minimum', minimum, 1, 1e9)
  if (!(delta >= 0 && delta < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`pageHinkley: delta must be at least 0; got ${delta}`)
  }
  checkBetween('pageHinkley', 'threshold', threshold, 0, Number.POSITIVE_INFINITY)
  if (!(alpha > 0 && alpha <= 1)) {
    throw new RangeError(`pageHinkley: alpha must be above 0, at most 1; got ${alpha}`)
  }
  return new PageHinkley({ minimum, delta, threshold, alpha }, saved)
}

class PageHinkley implements Detector {
  readonly #options: Required<PageHinkleyOptions>
  #count = 0
  #mean = 0
  #sum = 0
  #least = Number.MAX_VALUE

  constructor(options: Required<PageHinkleyOptions>, saved: DetectorState | undefined) {
    this.#options = options
    if (saved === undefined) return
    const [count = 0, mean = 0, sum = 0, least = 0] = savedValues(saved, 4)
    this.#count = count
    this.#mean = mean
    this.#sum = sum
    this.#least = least
  }

  update(value: number): Verdict {
    checkNumber('pageHinkley', value)
    const { minimum, delta, threshold, alpha } = this.#options
    this.#count++
    this.#mean += (value - this.#mean) / this.#count
    this.#sum = alpha * this.#sum + (value - this.#mean - delta)
    this.#least = Math.min(this.#least, this.#sum)
    // As in MOA, whose count is one ahead.
    if (this.#count + 1 < minimum || this.#sum - this.#least <= threshold) return 'none'
    this.reset()
    return 'drift'
  }

  reset(): void {
    this.#count = 0
    this.#mean = 0
    this.#sum = 0
    this.#least = Number.MAX_VALUE
  }

  save(): DetectorState {
    const values = [this.#count, this.#mean, this.#sum, this.#least]
    return { detector: 'pageHinkley', options: { ...this.#options }, values }
  }
}
