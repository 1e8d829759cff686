import type { Convergence, Detector, Verdict } from '../types.ts'

/** What `adapt` is doing: predicting only, or training too. */
export type Phase = 'stable' | 'training'

/** Whether items are trained: all, none, or those since a drift up to convergence. */
export type AdaptMode = 'always' | 'never' | 'when-needed'

/** What comes of one result of the model. */
export interface Judgement {
  readonly verdict: Verdict
  /** `training` where the item is to be trained on. */
  readonly phase: Phase
}

/**
 * When to train: a course of stable and training phases, decided result by result. Nothing but this decides it, so it can be
 * tested without a model.
 *
 * A result is that of a version of the model. When a phase begins, results of versions before are of the phase before: neither the
 * detector nor the rule of convergence gets them.
 */
export class Course {
  phase: Phase
  alarms = 0
  trainings = 0
  readonly #mode: AdaptMode
  readonly #detector: Detector
  readonly #convergence: Convergence
  /** The first version whose results are of this phase. */
  #since = 0
  #asked = false

  /** `trained`: whether the model is so already; else the first phase is training, where any is. */
  constructor(mode: AdaptMode, detector: Detector, convergence: Convergence, trained: boolean) {
    this.#mode = mode
    this.#detector = detector
    this.#convergence = convergence
    this.phase = mode === 'always' || (mode === 'when-needed' && !trained) ? 'training' : 'stable'
    if (this.phase === 'training') this.trainings = 1
  }

  /** Training begins with the next result, as at a drift. */
  ask(): void {
    this.#asked = true
  }

  /**
   * Takes a result: what the detector is to see of it, its loss, and the version that it is of; `next` is the version that
   * training on it would make.
   */
  judge(error: number, loss: number, version: number, next: number): Judgement {
    const isOld = version < this.#since
    const verdict = isOld ? 'none' : this.#detector.update(error)
    if (verdict === 'drift') this.alarms++
    const begins = (verdict === 'drift' || this.#asked) && this.#mode !== 'never'
    this.#asked = false
    if (begins) {
      this.#begin('training', next)
      this.trainings++
      return { verdict, phase: 'training' }
    }
    const { phase } = this
    if (phase === 'training' && !isOld && this.#mode === 'when-needed' && this.#convergence.update(loss)) {
      this.#begin('stable', next)
    }
    return { verdict, phase }
  }

  #begin(phase: Phase, since: number): void {
    this.phase = phase
    this.#since = since
    this.#convergence.reset()
    this.#detector.reset()
  }
}
