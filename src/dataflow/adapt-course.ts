import type { Convergence, Detector, Verdict } from '../types.ts'
import { isTraining, type LossReport, nextTraining, OwnStages, type Stages } from './adapt-stages.ts'
import { ErrorShift } from './error-shift.ts'

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
 * When to train: a course of stable and training phases, decided result by result. Nothing but this and the stages decides it, so it can be
 * tested without a model.
 *
 * A result is that of a version of the model. When a phase begins, results of versions before are of the phase before: neither the
 * detector nor the rule of convergence gets them.
 */
export class Course {
  phase: Phase = 'stable'
  alarms = 0
  trainings = 0
  readonly #mode: AdaptMode
  readonly #detector: Detector
  readonly #convergence: Convergence
  readonly #stages: Stages
  readonly #shift = new ErrorShift()
  /** The stage that this phase is of. */
  #stage: number
  /** The first version whose results are of this phase. */
  #since = 0
  /** The last version that training makes, of what was judged so far. */
  #trained = 0

  /** `trained`: whether the model is so already; else the first phase is training, where any is. */
  constructor(
    mode: AdaptMode,
    detector: Detector,
    convergence: Convergence,
    trained: boolean,
    stages: Stages = new OwnStages()
  ) {
    this.#mode = mode
    this.#detector = detector
    this.#convergence = convergence
    this.#stages = stages
    if (mode === 'always' || (mode === 'when-needed' && !trained)) stages.reach(1)
    this.#stage = stages.stage
    if (mode === 'always' || (mode === 'when-needed' && isTraining(this.#stage))) {
      this.phase = 'training'
      this.trainings = 1
    }
  }

  /** Training begins with the next result, as at a drift. */
  ask(): void {
    if (this.#mode !== 'never') this.#stages.reach(nextTraining(this.#stages.stage))
  }

  /**
   * Takes a result: what the detector is to see of it, its loss, and the version that it is of; `next` is the version that
   * training on it would make.
   */
  judge(error: number, loss: number, version: number, next: number): Judgement {
    const begun = this.#listen(next)
    const isOld = version < this.#since
    const verdict = isOld ? 'none' : this.#detector.update(error)
    if (!isOld) this.#shift.add(error)
    if (verdict === 'drift') {
      this.alarms++
      this.#stages.raise(this.#shift.magnitude)
    }
    const begins = this.#follow(next) ?? begun
    const { phase } = this
    if (phase === 'training') this.#trained = next
    if (begins === 'training' || isOld || this.#mode === 'never' || !isTraining(this.#stage)) {
      return { verdict, phase }
    }
    const converged = this.#convergence.update(loss)
    this.#stages.tellLoss(loss)
    if (converged) this.#stages.reach(this.#stage + 1)
    this.#follow(next)
    return { verdict, phase }
  }

  /** Takes what was heard of others since the last result; the phase that begins with it. */
  #listen(next: number): Phase | undefined {
    if (this.#mode === 'never') return undefined
    const begun = this.#follow(next)
    if (this.#stages.takeReports().some(report => this.#converges(report)))
      this.#stages.reach(this.#stage + 1)
    return this.#follow(next) ?? begun
  }

  #converges({ count, mean }: LossReport): boolean {
    for (let i = 0; i < count; i++) if (this.#convergence.update(mean)) return true
    return false
  }

  /** Begins the phase of the present stage, where that is a new one. */
  #follow(next: number): Phase | undefined {
    const { stage } = this.#stages
    if (stage === this.#stage || this.#mode === 'never') return undefined
    this.#stage = stage
    this.#convergence.reset()
    if (isTraining(stage)) {
      this.trainings++
      return this.#begin('training', next)
    }
    if (this.#mode === 'always') return undefined
    // Where nothing of this part is trained the model is already what it was trained to be.
    return this.#begin('stable', this.#trained)
  }

  #begin(phase: Phase, since: number): Phase {
    this.phase = phase
    this.#since = since
    this.#detector.reset()
    this.#shift.reset()
    return phase
  }
}
