import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import {
  checkBetween,
  checkError,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface StepdOptions {
  /** Newest values, which are held against all before them. Default 30. */
  readonly window?: number
  /** Significance at which a warning is given. Default 0.05. */
  readonly warning?: number
  /** The same for a drift. Default 0.003, as in the paper. */
  readonly drift?: number
  /** Whether it does just as MOA's STEPD, with what is said below. Default false. */
  readonly published?: boolean
}

/**
 * STEPD: a drift when the error rate of the last 30 values is higher than that of all before them since the last drift, by the test
 * of equal proportions with continuity correction. Values are errors, 0 or 1; memory of one window.
 *
 * MOA's form, `published`, also calls a fall of the error rate a drift, though it only means that the model has learned; and it
 * finds a drift every 60 values where all values are equal, since there its statistic is −1/0 and only the size of that is looked at.
 *
 * Nishida, Yamauchi: Detecting concept drift using statistical testing, Discovery Science 2007.
 *
 * @throws RangeError for options out of range.
 */
export function stepd(options: StepdOptions = {}, saved?: DetectorState): Detector {
  const { window = 30, warning = 0.05, drift = 0.003, published = false } = options
  checkWhole('stepd', 'window', window, 2, 1e6)
  checkBetween('stepd', 'warning', warning, 0, 1)
  checkBetween('stepd', 'drift', drift, 0, 1)
  return new Stepd({ window, warning, drift, published }, saved)
}

/** The normal quantile that a two-sided test of this significance asks for: Student's, with next to no uncertainty of the variance. */
function criticalValue(significance: number): number {
  return tQuantile(1 - significance / 2, 1e12)
}

class Stepd implements Detector {
  readonly #options: Required<StepdOptions>
  readonly #warning: number
  readonly #drift: number
  readonly #recent: Uint8Array // a ring
  #count = 0
  #olderErrors = 0
  #recentErrors = 0

  constructor(options: Required<StepdOptions>, saved: DetectorState | undefined) {
    this.#options = options
    this.#warning = criticalValue(options.warning)
    this.#drift = criticalValue(options.drift)
    this.#recent = new Uint8Array(options.window)
    if (saved === undefined) return
    const [count = 0, olderErrors = 0, recentErrors = 0, ...recent] = savedValues(saved, 3 + options.window)
    this.#count = count
    this.#olderErrors = olderErrors
    this.#recentErrors = recentErrors
    this.#recent.set(recent)
  }

  update(value: number): Verdict {
    checkError('stepd', value)
    const { window } = this.#options
    const place = this.#count % window
    if (this.#count >= window) {
      const leaving = this.#recent[place] ?? 0
      this.#olderErrors += leaving
      this.#recentErrors -= leaving
    }
    this.#recent[place] = value
    this.#recentErrors += value
    this.#count++
    if (this.#count < 2 * window) return 'none'
    const statistic = this.#statistic()
    if (statistic > this.#drift) {
      this.reset()
      return 'drift'
    }
    return statistic > this.#warning ? 'warning' : 'none'
  }

  #statistic(): number {
    const { window, published } = this.#options
    const older = this.#count - window
    const rise = this.#recentErrors / window - this.#olderErrors / older
    const sizes = 1 / older + 1 / window
    const p = (this.#olderErrors + this.#recentErrors) / this.#count
    const deviation = Math.sqrt(p * (1 - p) * sizes)
    if (published) return Math.abs((Math.abs(rise) - sizes / 2) / deviation)
    return rise > sizes / 2 ? (rise - sizes / 2) / deviation : 0
  }

  reset(): void {
    this.#count = 0
    this.#olderErrors = 0
    this.#recentErrors = 0
    this.#recent.fill(0)
  }

  save(): DetectorState {
    const values = [this.#count, this.#olderErrors, this.#recentErrors, ...this.#recent]
    return { detector: 'stepd', options: { ...this.#options }, values }
  }
}
