import {
  checkBetween,
  checkShare,
  checkWhole,
  type Detector,
  type DetectorState,
  savedValues,
  type Verdict
} from './detector.ts'

export interface EcddOptions {
  /** Weight of the newest value in the moving average. Default 0.2, which the control limits were fitted for. */
  readonly lambda?: number
  /** Values before the first verdict. Default 30. */
  readonly minimum?: number
}

/**
 * ECDD: a drift when a moving average z of the errors rises above a control limit about their mean p: z > p + L(p) σ_z; a warning at
 * half of it. The limits are those fitted for 400 values, on average, from one false alarm to the next. Above an error rate of
 * about a half they were not fitted, and are so high that nothing is found. Defaults and form are MOA's. Values are errors, 0 or 1,
 * or shares of errors in batches; constant memory.
 *
 * Ross, Adams, Tasoulis, Hand: Exponentially weighted moving average charts for detecting concept drift, Pattern Recognition
 * Letters 33, 2012.
 *
 * @throws RangeError for options out of range.
 */
export function ecdd(options: EcddOptions = {}, saved?: DetectorState): Detector {
  const { lambda = 0.2, minimum = 30 } = options
  checkBetween('ecdd', 'lambda', lambda, 0, 1)
  checkWhole('ecdd', 'minimum', minimum, 1, 1e9)
  return new Ecdd({ lambda, minimum }, saved)
}

class Ecdd implements Detector {
  readonly #options: Required<EcddOptions>
  #count = 0
  #sum = 0
  #average = 0

  constructor(options: Required<EcddOptions>, saved: DetectorState | undefined) {
    this.#options = options
    if (saved === undefined) return
    const [count = 0, sum = 0, average = 0] = savedValues(saved, 3)
    this.#count = count
    this.#sum = sum
    this.#average = average
  }

  update(value: number): Verdict {
    checkShare('ecdd', value)
    const { lambda, minimum } = this.#options
    this.#count++
    this.#sum += value
    this.#average += lambda * (value - this.#average)
    // One value earlier MOA gives warnings, but no drifts.
    if (this.#count + 1 < minimum) return 'none'
    const p = this.#sum / this.#count
    const growth = 1 - (1 - lambda) ** (2 * this.#count)
    const margin = controlLimit(p) * Math.sqrt((p * (1 - p) * lambda * growth) / (2 - lambda))
    if (this.#count >= minimum && this.#average > p + margin) {
      this.reset()
      return 'drift'
    }
    return this.#average > p + 0.5 * margin ? 'warning' : 'none'
  }

  reset(): void {
    this.#count = 0
    this.#sum = 0
    this.#average = 0
  }

  save(): DetectorState {
    return {
      detector: 'ecdd',
      options: { ...this.#options },
      values: [this.#count, this.#sum, this.#average]
    }
  }
}

/** 3.97 − 6.56 p + 48.73 p³ − 330.13 p⁵ + 848.18 p⁷, for λ 0.2 (Ross et al., table 1). */
function controlLimit(p: number): number {
  const square = p * p
  return 3.97 + p * (-6.56 + square * (48.73 + square * (-330.13 + square * 848.18)))
}
