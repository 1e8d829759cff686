import { type Adaptation, adapt } from '../dataflow/adapt.ts'
import type { Adapted } from '../dataflow/adapt-learner.ts'
import { convergence } from '../drift/convergence.ts'
import { newDetector } from '../drift/open.ts'
import { swapping } from '../jobs/sentiment-swap.ts'
import { type TextClass, textClassifier } from '../models/text-classifier.ts'
import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Detector } from '../types.ts'
import { MAIL_LABELS, type Mail } from './demo-mail.ts'

/** Mails that arrive together, and are predicted before they are learned. */
const ARRIVING = 20
/** Values between two looks at whether training has caught up: there are but 6,000 mails. */
const EPOCH = 200

/** Where labels are swapped, and swapped back: mails before it. */
export const SWAPS = [3000, 4500] as const

/** A mail as it came, its label perhaps swapped, and what both models made of it. */
export interface JudgedMail {
  readonly mail: Mail
  /** By the model that adapts. */
  readonly adapting: Adapted<Mail, TextClass>
  /** By the model that learns at the start only. */
  readonly still: Adapted<Mail, TextClass>
}

/** Mails that came together; `first` is the number of the first, from 0. */
export interface MailStep {
  readonly first: number
  readonly judged: readonly JudgedMail[]
}

/**
 * Predicts each mail, then learns it where that is due, with two equal models: one adapts to drifts, the other learns up to its first
 * convergence and never again. Equal mails and seeds give equal steps.
 *
 * The detector, its response and the epoch were chosen on these mails, with labels swapped at these and other places.
 */
export async function* runMail(mails: readonly Mail[], seed: number): AsyncGenerator<MailStep> {
  const swap = swapping(
    MAIL_LABELS,
    SWAPS.map(tweets => ({ tweets })),
    []
  )
  const arriving = mails.map(mail => ({ ...mail, label: swap(mail).label }))
  const still = through(arriving, open(seed, deaf()))
  let first = 0
  try {
    for await (const chunk of through(arriving, open(seed, newDetector('adwin')))) {
      const others: Adapted<Mail, TextClass>[] = Array.from((await still.next()).value ?? [])
      const judged = Array.from(chunk, (adapting, i) => ({
        mail: adapting.input,
        adapting,
        still: others[i]
      }))
      yield { first, judged }
      first += judged.length
    }
  } finally {
    await still.return(undefined)
  }
}

function open(seed: number, detector: Detector): Adaptation<Mail, TextClass> {
  const model = textClassifier({ classes: MAIL_LABELS, seed })
  return adapt<Mail, TextClass, string>(model, {
    truth: ({ label }) => label,
    loss: (prediction, label) => model.loss(prediction, label),
    error: (prediction, label) => Number(prediction.label !== label),
    detector,
    convergence: convergence({ epoch: EPOCH }),
    onDrift: { reset: true },
    most: ARRIVING
  })
}

function through(
  mails: readonly Mail[],
  adaptation: Adaptation<Mail, TextClass>
): AsyncGenerator<Chunk<Adapted<Mail, TextClass>>> {
  const arriving = stream<Mail>(async function* () {
    for (let at = 0; at < mails.length; at += ARRIVING) yield mails.slice(at, at + ARRIVING)
  })
  return chunksOf(adaptation(arriving))
}

/** Finds no drift. */
function deaf(): Detector {
  return {
    update: () => 'none',
    reset() {},
    save: () => ({ detector: 'deaf', options: {}, values: [] })
  }
}
