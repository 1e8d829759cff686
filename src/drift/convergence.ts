import type { Convergence, DetectorState } from '../types.ts'
import { checkBetween, checkNumber, checkWhole, savedValues } from './detector.ts'

export interface ConvergenceOptions {
  /** Values in an epoch: so many that their mean is surer than the tolerance. Default 500. */
  readonly epoch?: number
  /** Epochs that are compared, at least 2. Default 2. */
  readonly epochs?: number
  /** Most by which the last epoch's mean may differ from those of the others, in the values' unit. Default 0.02. */
  readonly tolerance?: number
}

/**
 * Says when training has caught up: once the mean loss of the last epoch, m_E, is near those of the epochs before it,
 *
 *   |m_i − m_E| ≤ tolerance   for i = 1 … E − 1,
 *
 * so that the loss neither falls any more nor rises. A converged one starts anew by itself. Memory: `epochs` numbers.
 *
 * TensAIR's rule (m_i − m_E ≤ tolerance) takes a loss that rises, as of training that diverges or of a world that goes on
 * changing, for convergence too.
 *
 * @throws RangeError for options out of range.
 */
export function convergence(options: ConvergenceOptions = {}, saved?: DetectorState): Convergence {
  const { epoch = 500, epochs = 2, tolerance = 0.02 } = options
  checkWhole('convergence', 'epoch', epoch, 1, 1e9)
  checkWhole('convergence', 'epochs', epochs, 2, 1000)
  checkBetween('convergence', 'tolerance', tolerance, 0, Number.POSITIVE_INFINITY)
  return new EpochConvergence({ epoch, epochs, tolerance }, saved)
}

class EpochConvergence implements Convergence {
  readonly #options: Required<ConvergenceOptions>
  /** Means of the last epochs, `epochs` − 1 at most. */
  #means: number[] = []
  #mean = 0
  #count = 0

  constructor(options: Required<ConvergenceOptions>, saved: DetectorState | undefined) {
    this.#options = options
    if (saved === undefined) return
    const [count = 0, mean = 0, ...means] = savedValues(saved, saved.values.length)
    checkWhole('convergence', 'the number of saved means', means.length, 0, options.epochs - 1)
    checkWhole('convergence', 'the number of saved values', count, 0, options.epoch - 1)
    this.#count = count
    this.#mean = mean
    this.#means = means
  }

  update(value: number): boolean {
    checkNumber('convergence', value)
    const { epoch, epochs, tolerance } = this.#options
    this.#count++
    this.#mean += (value - this.#mean) / this.#count
    if (this.#count < epoch) return false
    const last = this.#mean
    const means = this.#means
    if (means.length === epochs - 1 && means.every(mean => Math.abs(mean - last) <= tolerance)) {
      this.reset()
      return true
    }
    means.push(last)
    if (means.length === epochs) means.shift()
    this.#mean = 0
    this.#count = 0
    return false
  }

  reset(): void {
    this.#means = []
    this.#mean = 0
    this.#count = 0
  }

  save(): DetectorState {
    return {
      detector: 'convergence',
      options: { ...this.#options },
      values: [this.#count, this.#mean, ...this.#means]
    }
  }
}
