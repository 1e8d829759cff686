import { AdwinBuckets } from './adwin-buckets.ts'
import {
  checkBetween,
  checkNumber,
  checkWhole,
  type Detector,
  type DetectorState,
  type Verdict
} from './detector.ts'

export interface AdwinOptions {
  /** Chance of a false alarm at one check. Default 0.002. */
  readonly delta?: number
  /** Values between checks. Default 32. */
  readonly clock?: number
  /** Each side of a cut has at least two values more than this. Default 5. */
  readonly minPart?: number
}

/**
 * ADWIN: a window of all values since the mean last changed, as buckets of 2^i values. Every 32 values each cut between buckets is
 * tested, and while the means on its two sides differ by more than chance allows, the oldest bucket goes. A drift where the
 * window was cut and its mean is higher for it; where it is lower, the window is cut just so, since a falling loss is learning.
 * Defaults and form are MOA's. Values are any numbers; constant memory, 5 buckets for each power of two; no warnings.
 *
 * Bifet, Gavaldà: Learning from time-changing data with adaptive windowing, SDM 2007.
 *
 * @throws RangeError for options out of range.
 */
export function adwin(options: AdwinOptions = {}, saved?: DetectorState): Detector {
  const { delta = 0.002, clock = 32, minPart = 5 } = options
  checkBetween('adwin', 'delta', delta, 0, 1)
  checkWhole('adwin', 'clock', clock, 1, 1e9)
  checkWhole('adwin', 'minPart', minPart, 1, 1e9)
  return new Adwin({ delta, clock, minPart }, saved)
}

class Adwin implements Detector {
  readonly #options: Required<AdwinOptions>
  #buckets: AdwinBuckets
  #untilCheck: number

  constructor(options: Required<AdwinOptions>, saved: DetectorState | undefined) {
    this.#options = options
    this.#buckets = new AdwinBuckets()
    this.#untilCheck = options.clock
    if (saved === undefined) return
    const [untilCheck = options.clock, ...values] = saved.values
    checkWhole('adwin', 'a saved clock', untilCheck, 1, options.clock)
    this.#untilCheck = untilCheck
    this.#buckets = AdwinBuckets.open(values)
  }

  update(value: number): Verdict {
    checkNumber('adwin', value)
    const before = this.#buckets.mean
    this.#buckets.add(value)
    if (--this.#untilCheck > 0) return 'none'
    this.#untilCheck = this.#options.clock
    let shrunk = false
    while (this.#buckets.width > 2 * this.#options.minPart && this.#hasCut()) {
      this.#buckets.dropOldest()
      shrunk = true
    }
    return shrunk && this.#buckets.mean > before ? 'drift' : 'none'
  }

  /** Whether some cut of the window has means on its sides that differ by more than chance allows. */
  #hasCut(): boolean {
    const { delta, minPart } = this.#options
    const { width, total, variance } = this.#buckets
    const confidence = Math.log((2 * Math.log(width)) / delta)
    const spread = 2 * variance * confidence
    let older = 0
    let olderTotal = 0
    return this.#buckets.someOldestFirst((count, sum) => {
      older += count
      olderTotal += sum
      const newer = width - older
      if (older <= minPart + 1 || newer <= minPart + 1) return false
      const difference = Math.abs(olderTotal / older - (total - olderTotal) / newer)
      const sizes = 1 / (older - minPart + 1) + 1 / (newer - minPart + 1)
      return difference > Math.sqrt(spread * sizes) + (2 / 3) * confidence * sizes
    })
  }

  reset(): void {
    this.#buckets = new AdwinBuckets()
    this.#untilCheck = this.#options.clock
  }

  save(): DetectorState {
    const values = [this.#untilCheck, ...this.#buckets.save()]
    return { detector: 'adwin', options: { ...this.#options }, values }
  }
}
