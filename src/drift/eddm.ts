import {
  checkBetween,
  checkError,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface EddmOptions {
  /** Values, and errors, before the first verdict. Default 30. */
  readonly minimum?: number
  /** Share of the greatest distance below which a warning is given. Default 0.95. */
  readonly warning?: number
  /** The same for a drift. Default 0.9. */
  readonly drift?: number
}

/**
 * EDDM: a drift when errors come closer together: mean distance between errors plus two standard deviations falls below 0.9 of the
 * greatest it has been. Defaults and form are MOA's. Values are errors, 0 or 1; between errors the last verdict stands, a
 * drift apart; constant memory.
 *
 * Baena-García, del Campo-Ávila, Fidalgo, Bifet, Gavaldà, Morales-Bueno: Early drift detection method, IWKDDS 2006.
 *
 * @throws RangeError for options out of range.
 */
export function eddm(options: EddmOptions = {}, saved?: DetectorState): Detector {
  const { minimum = 30, warning = 0.95, drift = 0.9 } = options
  checkWhole('eddm', 'minimum', minimum, 1, 1e9)
  checkBetween('eddm', 'warning', warning, 0, 1)
  checkBetween('eddm', 'drift', drift, 0, 1)
  return new Eddm({ minimum, warning, drift }, saved)
}

class Eddm implements Detector {
  readonly #options: Required<EddmOptions>
  #count = 0
  #errors = 0
  #lastError = 0
  #mean = 0
  #squares = 0 // of the distances' deviations from their mean
  #greatest = 0
  #warned = false

  constructor(options: Required<EddmOptions>, saved: DetectorState | undefined) {
    this.#options = options
    if (saved === undefined) return
    const [count = 0, errors = 0, lastError = 0, mean = 0, squares = 0, greatest = 0, warned = 0] =
      savedValues(saved, 7)
    this.#count = count
    this.#errors = errors
    this.#lastError = lastError
    this.#mean = mean
    this.#squares = squares
    this.#greatest = greatest
    this.#warned = warned !== 0
  }

  update(value: number): Verdict {
    checkError('eddm', value)
    this.#count++
    if (value === 0) return this.#warned ? 'warning' : 'none'
    this.#warned = false
    const { minimum, warning, drift } = this.#options
    const distance = this.#count - this.#lastError
    this.#lastError = this.#count
    this.#errors++
    const before = this.#mean
    this.#mean += (distance - before) / this.#errors
    this.#squares += (distance - this.#mean) * (distance - before)
    if (this.#count < minimum) return 'none'
    const reach = this.#mean + 2 * Math.sqrt(this.#squares / this.#errors)
    if (reach > this.#greatest) {
      this.#greatest = reach
      return 'none'
    }
    if (this.#errors <= minimum) return 'none'
    const share = reach / this.#greatest
    if (share < drift) {
      this.reset()
      return 'drift'
    }
    this.#warned = share < warning
    return this.#warned ? 'warning' : 'none'
  }

  reset(): void {
    this.#count = 0
    this.#errors = 0
    this.#lastError = 0
    this.#mean = 0
    this.#squares = 0
    this.#greatest = 0
    this.#warned = false
  }

  save(): DetectorState {
    const values = [
      this.#count,
      this.#errors,
      this.#lastError,
      this.#mean,
      this.#squares,
      this.#greatest,
      this.#warned ? 1 : 0
    ]
    return { detector: 'eddm', options: { ...this.#options }, values }
  }
}
