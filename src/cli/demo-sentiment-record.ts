import type { Phase } from '../dataflow/adapt-course.ts'
import { balancedAccuracy, kappa } from '../dataflow/class-metrics.ts'
import { MetricWindow } from '../dataflow/metric-window.ts'
import { accuracy } from '../dataflow/metrics.ts'
import type { TextClass } from '../models/text-classifier.ts'
import type { Verdict } from '../types.ts'
import type { MailStep } from './demo-sentiment-run.ts'

/** Mails that the curves are over, the last ones. */
export const WINDOW = 200

/** Accuracy of both models over the last mails, up to number `mails`. */
export interface CurvePoint {
  readonly mails: number
  readonly adapting: number
  readonly still: number
}

/** Mails that were learned one after the other: `from` is the number before the first, `to` that of the last. */
export interface Training {
  readonly from: number
  to: number
}

/** A drift was found, or from this mail, of that time, on mails are learned, or not any more; by the model that adapts. */
export interface MailChange {
  readonly event: 'drift' | 'training' | 'stable'
  readonly mails: number
  readonly time: number
}

/** What a model has come to, over all its mails, each predicted before it was learned. */
export interface ModelFigures {
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly kappa: number
  /** Share of the mails that it learned. */
  readonly trained: number
}

/** What has happened so far; mails are counted from 1. */
export class MailRecord {
  mails = 0
  /** Of the last mail: ms since 1970. */
  time = 0
  /** One for each step. */
  readonly points: CurvePoint[] = []
  readonly alarms: number[] = []
  /** Of the model that adapts. */
  readonly trainings: Training[] = []
  readonly #adapting = new Judge()
  readonly #still = new Judge()

  /** What the mails of a step have changed, in order. */
  add({ judged }: MailStep): MailChange[] {
    const changes: MailChange[] = []
    for (const { mail, adapting, still } of judged) {
      this.mails++
      this.time = mail.time
      this.#adapting.add(adapting.prediction, mail.label, adapting.phase === 'training')
      this.#still.add(still.prediction, mail.label, still.phase === 'training')
      for (const event of this.#follow(adapting.verdict, adapting.phase)) {
        changes.push({ event, mails: this.mails, time: mail.time })
      }
    }
    this.points.push({ mails: this.mails, adapting: this.#adapting.latest, still: this.#still.latest })
    return changes
  }

  get figures(): { readonly adapting: ModelFigures; readonly still: ModelFigures } {
    return { adapting: this.#adapting.figures, still: this.#still.figures }
  }

  #follow(verdict: Verdict, phase: Phase): MailChange['event'][] {
    const events: MailChange['event'][] = []
    if (verdict === 'drift') {
      this.alarms.push(this.mails)
      events.push('drift')
    }
    const last = this.trainings.at(-1)
    const goesOn = last?.to === this.mails - 1 && verdict !== 'drift'
    if (phase === 'training' && goesOn) last.to = this.mails
    else if (phase === 'training') {
      this.trainings.push({ from: this.mails - 1, to: this.mails })
      events.push('training')
    } else if (goesOn) events.push('stable')
    return events
  }
}

class Judge {
  readonly #window = new MetricWindow<TextClass, string, 'accuracy'>({ accuracy: isRight() }, WINDOW)
  readonly #all = { accuracy: isRight(), balancedAccuracy: balancedAccuracy(labelOf), kappa: kappa(labelOf) }
  #mails = 0
  #trained = 0

  add(prediction: TextClass, label: string, trained: boolean): void {
    this.#window.add(prediction, label)
    for (const metric of Object.values(this.#all)) metric.add(prediction, label)
    this.#mails++
    if (trained) this.#trained++
  }

  get latest(): number {
    return this.#window.values.accuracy
  }

  get figures(): ModelFigures {
    const { accuracy, balancedAccuracy, kappa } = this.#all
    return {
      accuracy: accuracy.value,
      balancedAccuracy: balancedAccuracy.value,
      kappa: kappa.value,
      trained: this.#trained / this.#mails
    }
  }
}

function labelOf({ label }: TextClass): string {
  return label
}

function isRight() {
  return accuracy<TextClass, string>((prediction, label) => prediction.label === label)
}
