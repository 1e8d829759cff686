import {
  checkBetween,
  checkShare,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface DdmOptions {
  /** Values before the first verdict. Default 30. */
  readonly minimum?: number
  /** Standard deviations above the best error rate at which a warning is given. Default 2. */
  readonly warning?: number
  /** The same for a drift. Default 3. */
  readonly drift?: number
}

/**
 * DDM: a drift when the error rate p of all values since the last drift, with its standard deviation s = √(p(1 − p)/n), rises above
 * the least p + s there has been: p + s > p_min + 3 s_min. Defaults and form are MOA's. Values are errors, 0 or 1, or
 * shares of errors in batches; constant memory.
 *
 * One error after 30 or more without any counts as a drift, since s_min is 0 then.
 *
 * Gama, Medas, Castillo, Rodrigues: Learning with drift detection, SBIA 2004.
 *
 * @throws RangeError for options out of range.
 */
export function ddm(options: DdmOptions = {}, saved?: DetectorState): Detector {
  const { minimum = 30, warning = 2, drift = 3 } = options
  checkWhole('ddm', 'minimum', minimum, 1, 1e9)
  checkBetween('ddm', 'warning', warning, 0, Number.POSITIVE_INFINITY)
  checkBetween('ddm', 'drift', drift, 0, Number.POSITIVE_INFINITY)
  return new Ddm({ minimum, warning, drift }, saved)
}

class Ddm implements Detector {
  readonly #options: Required<DdmOptions>
  #count = 0
  #rate = 0
  #leastRate = Number.MAX_VALUE
  #leastDeviation = Number.MAX_VALUE

  constructor(options: Required<DdmOptions>, saved: DetectorState | undefined) {
    this.#options = options
    if (saved === undefined) return
    const [count = 0, rate = 0, leastRate = 0, leastDeviation = 0] = savedValues(saved, 4)
    this.#count = count
    this.#rate = rate
    this.#leastRate = leastRate
    this.#leastDeviation = leastDeviation
  }

  update(value: number): Verdict {
    checkShare('ddm', value)
    const { minimum, warning, drift } = this.#options
    this.#count++
    this.#rate += (value - this.#rate) / this.#count
    const deviation = Math.sqrt((this.#rate * (1 - this.#rate)) / this.#count)
    // MOA counts the first value twice here, so minima are kept from the value before.
    if (this.#count + 1 < minimum) return 'none'
    const level = this.#rate + deviation
    if (level <= this.#leastRate + this.#leastDeviation) {
      this.#leastRate = this.#rate
      this.#leastDeviation = deviation
    }
    if (this.#count >= minimum && level > this.#leastRate + drift * this.#leastDeviation) {
      this.reset()
      return 'drift'
    }
    return level > this.#leastRate + warning * this.#leastDeviation ? 'warning' : 'none'
  }

  reset(): void {
    this.#count = 0
    this.#rate = 0
    this.#leastRate = Number.MAX_VALUE
    this.#leastDeviation = Number.MAX_VALUE
  }

  save(): DetectorState {
    const values = [this.#count, this.#rate, this.#leastRate, this.#leastDeviation]
    return { detector: 'ddm', options: { ...this.#options }, values }
  }
}
