// A model, a detector and a rule of convergence whose every step a test can follow.

import type {
  AdaptableReplica,
  Chunk,
  Convergence,
  Detector,
  Position,
  Progress,
  Verdict
} from '../../src/types.ts'
import { idle } from './clock.ts'

/** Predicts how many items it was trained on, once it was drained; keeps account of what it was asked. */
export class Counting implements AdaptableReplica<number, number> {
  readonly asked: (readonly [act: string, ...what: number[]])[] = []
  position: Position | undefined
  learned = 0
  #accepted = 0

  async predict(items: readonly number[]): Promise<number[]> {
    this.asked.push(['predict', ...items])
    await idle()
    if (items.includes(13)) throw new Error('unlucky')
    return items.map(() => this.learned)
  }

  async train(chunk: Chunk<number>): Promise<void> {
    this.position = chunk.position ?? this.position
    if (chunk.length === 0) return
    this.asked.push(['train', ...chunk])
    if ([...chunk].includes(66)) throw new Error('device lost')
    this.#accepted += chunk.length
  }

  async drain(): Promise<void> {
    await idle()
    this.learned += this.#accepted
    this.#accepted = 0
  }

  async progress(): Promise<Progress> {
    return { words: this.learned, loss: Number.NaN, position: this.position }
  }

  boost(factor: number): void {
    this.asked.push(['boost', factor])
  }

  resetHead(): void {
    this.asked.push(['reset'])
  }
}

export const DRIFT = 9
export const CONVERGED = 0

/** Finds a drift in a value of DRIFT, a warning in one less. */
export function scriptedDetector(seen: number[] = []): Detector {
  return {
    update(value): Verdict {
      if (value === 77) throw new RangeError('no error of this world')
      seen.push(value)
      return value === DRIFT ? 'drift' : value === DRIFT - 1 ? 'warning' : 'none'
    },
    reset() {},
    save: () => ({ detector: 'scripted', options: {}, values: [] })
  }
}

/** Has converged with a loss of CONVERGED. */
export function scriptedConvergence(seen: number[] = []): Convergence {
  return {
    update(loss) {
      seen.push(loss)
      return loss === CONVERGED
    },
    reset() {},
    save: () => ({ detector: 'scripted', options: {}, values: [] })
  }
}
