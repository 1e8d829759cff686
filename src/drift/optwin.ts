import {
  checkBetween,
  checkNumber,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'
import { type Cuts, optwinCuts } from './optwin-cuts.ts'
import { OptwinWindow } from './optwin-window.ts'

const LONGEST = 100_000 // window; small ρ with longer ones would need many seconds for the table

export interface OptwinOptions {
  /** Least rise of the mean to be found, in standard deviations of the history; the smaller, the later and the surer. Default 0.5. */
  readonly rho?: number
  /** Confidence that a drift is one, above 0 and below 1. Default 0.99. */
  readonly confidence?: number
  /** Confidence of the test of means for a warning. Default 0.98. */
  readonly warningConfidence?: number
  /** Values before the first verdict, at least 10. Default 30. */
  readonly minWindow?: number
  /** Values kept, at most 100,000. Default 25,000. */
  readonly maxWindow?: number
  /** Least standard deviation, in the values' unit: added to both. Default 1e-6. */
  readonly noise?: number
  /**
   * What a history whose values are all equal is taken for: `counted`, one in which other values may still be as frequent as the
   * confidence allows, so that some of them in the new part are no drift yet; `noise`, as published, one with the noise for its
   * deviation, so that any higher value is a drift. Default `counted`.
   */
  readonly constantHistory?: 'counted' | 'noise'
  /** Whether it does just as the published code, with the defects told below. Default false. */
  readonly published?: boolean
}

/**
 * OPTWIN: a window of the values since the last drift, cut where the new part is as short as it can be for a rise of ρ standard
 * deviations to show. A drift when the new part's mean is higher by a t-test, or when it is higher at all and its variance is by an
 * F-test. A falling loss is learning, not drift. Values are any numbers: losses, or errors of 0 and 1. Memory: maxWindow numbers, and
 * tables of four for all detectors with the same options; amortised constant time. After a drift the window holds the value that gave it.
 *
 * The published code, `published`, once the window is full moves the wrong value from the new part to the history; lets the sums'
 * rounding pile up; and has `noise` for a constant history. Its t-test divides by deviations where Welch's has variances, which is
 * kept: its figures depend on it. So the verdicts depend on the values' unit: errors and cross-entropies suit it.
 *
 * Tosi, Theobald: OPTWIN: Drift identification with optimal sub-windows, ICDEW 2024, arXiv 2305.11942.
 *
 * @throws RangeError for options out of range.
 */
export function optwin(options: OptwinOptions = {}, saved?: DetectorState): Detector {
  const {
    rho = 0.5,
    confidence = 0.99,
    warningConfidence = 0.98,
    minWindow = 30,
    maxWindow = 25_000
  } = options
  const { noise = 1e-6, published = false, constantHistory = published ? 'noise' : 'counted' } = options
  checkBetween('optwin', 'rho', rho, 0, Number.POSITIVE_INFINITY)
  checkBetween('optwin', 'confidence', confidence, 0, 1)
  checkBetween('optwin', 'warningConfidence', warningConfidence, 0, 1)
  checkWhole('optwin', 'minWindow', minWindow, 10, LONGEST)
  checkWhole('optwin', 'maxWindow', maxWindow, minWindow, LONGEST)
  checkBetween('optwin', 'noise', noise, 0, Number.POSITIVE_INFINITY)
  if (constantHistory !== 'counted' && constantHistory !== 'noise') {
    throw new RangeError(`optwin: constantHistory must be counted or noise; got ${constantHistory}`)
  }
  const all = { rho, confidence, warningConfidence, minWindow, maxWindow, noise, constantHistory, published }
  return new Optwin(all, saved)
}

class Optwin implements Detector {
  readonly #options: Required<OptwinOptions>
  readonly #window: OptwinWindow
  readonly #unseen: number // the share of other values that n equal ones do not exclude is this over n
  #cuts: Cuts | undefined

  constructor(options: Required<OptwinOptions>, saved: DetectorState | undefined) {
    this.#options = options
    this.#unseen = -Math.log(1 - options.confidence)
    this.#window = new OptwinWindow(options.maxWindow, options.published)
    if (saved !== undefined) this.#window.open(savedValues(saved, saved.values.length))
  }

  update(value: number): Verdict {
    checkNumber('optwin', value)
    const window = this.#window
    window.add(value)
    if (window.length < this.#options.minWindow) return 'none'
    this.#cuts ??= optwinCuts(this.#options)
    window.cutAt(this.#cuts.cut[window.length] ?? 0)
    const verdict = this.#verdict(this.#cuts)
    if (verdict === 'drift') {
      window.clear()
      window.add(value)
    }
    return verdict
  }

  #verdict(cuts: Cuts): Verdict {
    const { length, cut, history, fresh } = this.#window
    const { noise, constantHistory } = this.#options
    const rise = fresh.sum / (length - cut) - history.sum / cut
    if (!(rise > 0)) return 'none'
    const old = history.deviation(cut) + noise
    const now = fresh.deviation(length - cut) + noise
    const t = rise / Math.sqrt(now / (length - cut) + old / cut)
    if (t > (cuts.t[length] ?? 0)) return 'drift'
    const ratio =
      constantHistory === 'counted' && history.isConstant(cut)
        ? this.#window.others() / (length - cut) / (this.#unseen / cut)
        : (now * now) / (old * old)
    if (ratio > (cuts.phi[length] ?? 0)) return 'drift'
    return t > (cuts.warning[length] ?? 0) ? 'warning' : 'none'
  }

  reset(): void {
    this.#window.clear()
  }

  save(): DetectorState {
    return { detector: 'optwin', options: { ...this.#options }, values: this.#window.save() }
  }
}
