import {
  checkBetween,
  checkNumber,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface KswinOptions {
  /** Significance of one test; a test is made at every value. Default 0.005. */
  readonly alpha?: number
  /** Values kept. Default 100. */
  readonly window?: number
  /** Newest values, and as many drawn from those before them, that are compared. At most half the window. Default 30. */
  readonly recent?: number
  /** Of what is drawn. Default 1. */
  readonly seed?: number
}

/**
 * KSWIN: a drift when the newest 30 values and 30 drawn from the 70 before them come from different distributions by the test of
 * Kolmogorov and Smirnov, exact for samples of this size, and differ by more than 0.1. Finds changes of any kind, falls and changes of
 * spread too; then only the newest values are kept. Defaults and form are river's. Values are any numbers; memory of one window, time
 * proportional to the window; no warnings.
 *
 * Raab, Heusinger, Schleif: Reactive soft prototype computing for concept drift streams, Neurocomputing 2020.
 *
 * @throws RangeError for options out of range.
 */
export function kswin(options: KswinOptions = {}, saved?: DetectorState): Detector {
  const { alpha = 0.005, window = 100, recent = 30, seed = 1 } = options
  checkBetween('kswin', 'alpha', alpha, 0, 1)
  checkWhole('kswin', 'window', window, 4, 100_000)
  checkWhole('kswin', 'recent', recent, 2, Math.floor(window / 2))
  checkWhole('kswin', 'seed', seed, 0, 2 ** 32 - 1)
  return new Kswin({ alpha, window, recent, seed }, saved)
}

/**
 * The least k for which two samples of n from one distribution are k/n or more apart with a chance of at most alpha:
 * P(D ≥ k/n) = 2 Σ_{i ≥ 1} (−1)^{i+1} C(2n, n + ik) / C(2n, n). Above n where no distance is that rare.
 */
export function criticalDistance(n: number, alpha: number): number {
  for (let k = 1; k <= n; k++) {
    let chance = 0
    let term = 1 // C(2n, n + j) / C(2n, n)
    for (let j = 1; j <= n; j++) {
      term *= (n - j + 1) / (n + j)
      if (j % k === 0) chance += (j / k) % 2 === 1 ? 2 * term : -2 * term
    }
    if (chance <= alpha) return k
  }
  return n + 1
}

class Kswin implements Detector {
  readonly #options: Required<KswinOptions>
  readonly #critical: number
  readonly #values: Float64Array // a ring
  readonly #places: Uint32Array // of the older values, for drawing
  readonly #newest: Float64Array // scratch
  readonly #drawn: Float64Array // scratch
  #start = 0
  #length = 0
  #state: number

  constructor(options: Required<KswinOptions>, saved: DetectorState | undefined) {
    const { alpha, window, recent, seed } = options
    this.#options = options
    this.#critical = Math.max(criticalDistance(recent, alpha), Math.floor(recent / 10) + 1)
    this.#values = new Float64Array(window)
    this.#places = new Uint32Array(window - recent)
    this.#newest = new Float64Array(recent)
    this.#drawn = new Float64Array(recent)
    this.#state = seed
    if (saved === undefined) return
    const length = Math.max(0, Math.min(saved.values.length - 1, window))
    const [state = seed, ...values] = savedValues(saved, 1 + length)
    this.#state = state
    this.#values.set(values)
    this.#length = length
  }

  update(value: number): Verdict {
    checkNumber('kswin', value)
    const { window, recent } = this.#options
    if (this.#length === window) {
      this.#values[this.#start] = value
      this.#start = (this.#start + 1) % window
    } else {
      this.#values[this.#length++] = value
    }
    if (this.#length < window || this.#distance() < this.#critical) return 'none'
    this.#values.set(this.#part(window - recent))
    this.#start = 0
    this.#length = recent
    return 'drift'
  }

  /** Greatest difference between the numbers of values up to some x, over all x, in the newest part and in as many drawn from the older. */
  #distance(): number {
    const { window, recent } = this.#options
    const newest = this.#newest
    for (let i = 0; i < recent; i++) newest[i] = this.#at(window - recent + i)
    newest.sort()
    const drawn = this.#draw().sort()
    let greatest = 0
    for (let i = 0, j = 0; i < recent && j < recent; ) {
      const x = Math.min(newest[i] ?? 0, drawn[j] ?? 0)
      while (newest[i] === x) i++
      while (drawn[j] === x) j++
      greatest = Math.max(greatest, Math.abs(i - j))
    }
    return greatest
  }

  /** The values from place `first` of the window on, oldest first. */
  #part(first: number): Float64Array {
    return Float64Array.from({ length: this.#length - first }, (_, i) => this.#at(first + i))
  }

  #at(place: number): number {
    const at = this.#start + place
    return this.#values[at < this.#values.length ? at : at - this.#values.length] ?? 0
  }

  /** Some of the older values, without replacement: the first steps of a shuffle, begun anew each time so that the state stays small. */
  #draw(): Float64Array {
    const places = this.#places
    for (let i = 0; i < places.length; i++) places[i] = i
    for (let i = 0; i < this.#drawn.length; i++) {
      const other = i + Math.floor(this.#random() * (places.length - i))
      this.#drawn[i] = this.#at(places[other] ?? 0)
      places[other] = places[i] ?? 0
    }
    return this.#drawn
  }

  /** The next number in [0, 1): mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  reset(): void {
    this.#start = 0
    this.#length = 0
    this.#state = this.#options.seed
  }

  save(): DetectorState {
    return {
      detector: 'kswin',
      options: { ...this.#options },
      values: [this.#state, ...this.#part(0)]
    }
  }
}
