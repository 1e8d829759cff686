import fQuantile from '@stdlib/stats-base-dists-f-quantile'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import { interpolated } from './interpolation.ts'

/** What the table of cuts depends on. */
export interface CutParameters {
  /** Confidence that an alarm is true, shared out over four tests: each is made at its fourth root. */
  readonly confidence: number
  readonly warningConfidence: number
  /** Least rise of the mean to be found, in standard deviations of the history. */
  readonly rho: number
  readonly minWindow: number
  readonly maxWindow: number
}

/** For each window length W, minWindow to maxWindow: where to cut it into history and new values, and the tests' critical values there. */
export interface Cuts {
  readonly cut: Int32Array // [maxWindow + 1], values in the history
  readonly phi: Float64Array // [maxWindow + 1], of the ratio of variances, new to history
  readonly t: Float64Array // [maxWindow + 1]
  readonly warning: Float64Array // [maxWindow + 1], of t, for a warning
}

const KEPT = 8
const tables = new Map<string, Cuts>()

/**
 * The table of cuts for these parameters: the shortest new part in which a rise of ρ standard deviations shows at the confidence
 * asked for, and half the window where there is none (Tosi & Theobald, OPTWIN, arXiv 2305.11942). Computed when first asked for:
 * 0.1 to 0.4 s for 25,000 lengths and ρ from 0.1 on, 2 s at worst for smaller ones; the last eight tables are kept.
 */
export function optwinCuts(parameters: CutParameters): Cuts {
  const { confidence, warningConfidence, rho, minWindow, maxWindow } = parameters
  const key = [confidence, warningConfidence, rho, minWindow, maxWindow].join()
  const kept = tables.get(key)
  const cuts = kept ?? computeCuts(parameters)
  tables.delete(key)
  tables.set(key, cuts)
  for (const oldest of tables.keys()) {
    if (tables.size <= KEPT) break
    tables.delete(oldest)
  }
  return cuts
}

function computeCuts(parameters: CutParameters): Cuts {
  const { minWindow, maxWindow } = parameters
  const tests = new CutTests(parameters)
  const cuts: Cuts = {
    cut: new Int32Array(maxWindow + 1),
    phi: new Float64Array(maxWindow + 1),
    t: new Float64Array(maxWindow + 1),
    warning: new Float64Array(maxWindow + 1)
  }
  const first = firstWithRoot(tests, minWindow, maxWindow)
  // Half a window is a smooth function of its length only where that is even, or odd.
  fill(cuts, tests, minWindow + (minWindow % 2), first, 2, W => W / 2 + 1)
  fill(cuts, tests, minWindow + 1 - (minWindow % 2), first, 2, W => (W + 1) / 2)
  if (first > maxWindow) return cuts
  // The new part's length changes seldom and by little: lengths that share one are neighbours.
  let cut = Math.floor(rightRoot(tests, first))
  let run = 1
  for (let W = first; W <= maxWindow; W += run) {
    cut = cutNear(tests, W, W === first ? cut : cut + run)
    const fresh = W - cut
    const shares = (k: number) => W + k <= maxWindow && tests.isCut(W + k, W + k - fresh)
    run = runLength(shares, run)
    fill(cuts, tests, W, W + run, 1, length => length - fresh)
  }
  return cuts
}

/** The right-most cut with power, near a guess. */
function cutNear(tests: CutTests, W: number, guess: number): number {
  let cut = guess
  while (tests.power(W, cut + 1) >= 0) cut++
  while (cut > W / 4 && tests.power(W, cut) < 0) cut--
  // Where no whole number has power the root lies between two.
  return cut > W / 4 ? cut : Math.floor(rightRoot(tests, W))
}

/** How many of 0, 1, 2, … hold before the first that does not; 0 does. Sought from `guess` outwards. */
function runLength(holds: (k: number) => boolean, guess: number): number {
  let [low, high] = [0, guess]
  while (holds(high)) [low, high] = [high, 2 * high]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (holds(middle)) low = middle
    else high = middle
  }
  return high
}

/** The least window in which some cut shows a rise of ρ; above maxWindow where there is none. */
function firstWithRoot(tests: CutTests, minWindow: number, maxWindow: number): number {
  if (tests.best(minWindow).power >= 0) return minWindow
  return minWindow + runLength(k => minWindow + k <= maxWindow && tests.best(minWindow + k).power < 0, 1)
}

/** The right-most cut, not a whole number, at which the power is 0. */
function rightRoot(tests: CutTests, W: number): number {
  let [low, high] = [tests.best(W).cut, W - 2]
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2
    if (tests.power(W, middle) >= 0) low = middle
    else high = middle
  }
  return low
}

/** The tests at one cut of a window of length W. The cut need not be a whole number. */
class CutTests {
  readonly #each: number
  readonly #warning: number
  readonly #rho: number

  constructor({ confidence, warningConfidence, rho }: CutParameters) {
    this.#each = confidence ** (1 / 4)
    this.#warning = warningConfidence
    this.#rho = rho
  }

  phi(W: number, cut: number): number {
    return fQuantile(this.#each, cut - 1, W - cut - 1)
  }

  /** Welch's degrees of freedom, with 1/φ² for the ratio of variances, as the published code has it. */
  #freedom(W: number, cut: number, phi: number): number {
    const fresh = W - cut
    const g = 1 / (phi * phi)
    const spread = 1 / cut + g / fresh
    return (spread * spread) / (1 / (cut * cut * (cut - 1)) + (g * g) / (fresh * fresh * (fresh - 1)))
  }

  /** At least 0 where a rise of ρ standard deviations is sure to be seen. */
  power(W: number, cut: number): number {
    const phi = this.phi(W, cut)
    return (
      this.#rho - tQuantile(this.#each, this.#freedom(W, cut, phi)) * Math.sqrt(1 / cut + phi / (W - cut))
    )
  }

  /** Whether the right-most root is between this cut and the next. */
  isCut(W: number, cut: number): boolean {
    return this.power(W, cut) >= 0 && !(this.power(W, cut + 1) >= 0)
  }

  /** The cut with the greatest power; it has one maximum. */
  best(W: number): { cut: number; power: number } {
    let [low, high] = [2, W - 2]
    while (high - low > 1e-3) {
      const [a, b] = [low + (high - low) * 0.45, low + (high - low) * 0.55]
      if (this.power(W, a) < this.power(W, b)) low = a
      else high = b
    }
    return { cut: low, power: this.power(W, low) }
  }

  /** φ, t and the warning's t. */
  critical(W: number, cut: number): [number, number, number] {
    const phi = this.phi(W, cut)
    const freedom = this.#freedom(W, cut, phi)
    return [phi, tQuantile(this.#each, freedom), tQuantile(this.#warning, freedom)]
  }
}

const NODES = 8
const BLOCK = 1.25 // longest to shortest window of a block

/**
 * Fills in the lengths from, from + step, … below `to`. A quantile costs some 30 μs, so where many lengths follow each other the
 * critical values are interpolated in 1/W between Chebyshev nodes, to 1e-10.
 */
function fill(
  cuts: Cuts,
  tests: CutTests,
  from: number,
  to: number,
  step: number,
  cutAt: (W: number) => number
): void {
  for (let start = from; start < to; ) {
    let end = start
    while (end < to && end <= start * BLOCK) end += step
    const critical = (W: number) => tests.critical(W, cutAt(W))
    const at = (end - start) / step > NODES ? interpolated(critical, start, end - step, NODES) : critical
    for (let W = start; W < end; W += step) {
      const [phi, t, warning] = at(W)
      cuts.cut[W] = cutAt(W)
      cuts.phi[W] = phi
      cuts.t[W] = t
      cuts.warning[W] = warning
    }
    start = end
  }
}
