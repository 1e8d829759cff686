import type { Mail } from './demo-mail.ts'
import { SWAPS } from './demo-sentiment-run.ts'

/** From then on there is ham on every day; before, but for a week in February, all is spam. */
const HAM_BEGINS = Date.UTC(2002, 6, 9)

/** A change of the stream that is known. */
export interface MailDrift {
  /** Whether it was in the mail, or made for the demonstration. */
  readonly kind: 'natural' | 'induced'
  readonly what: string
  /** Mails before it. */
  readonly at: number
}

/** A drift, and when it was found. */
export interface FoundDrift extends MailDrift {
  /** The mail with which it was found, counted from 1; undefined where it was not, before the next drift or the end. */
  readonly alarm: number | undefined
  /** Mails that it took: of the drift, up to the one with which it was found. */
  readonly delay: number | undefined
}

/** What changes in the mail, in order. */
export function driftsIn(mails: readonly Mail[]): readonly MailDrift[] {
  const ham = mails.findIndex(({ time }) => time >= HAM_BEGINS)
  return [
    { kind: 'natural', what: 'most is ham, before nearly all was spam', at: ham },
    { kind: 'induced', what: 'labels are swapped', at: SWAPS[0] },
    { kind: 'induced', what: 'labels are right again', at: SWAPS[1] }
  ]
}

/** Each drift with the first alarm after it, and how many alarms are of none. */
export function findDrifts(
  drifts: readonly MailDrift[],
  alarms: readonly number[]
): { readonly found: readonly FoundDrift[]; readonly falseAlarms: number } {
  const found = drifts.map((drift, i) => {
    const next = drifts[i + 1]?.at ?? Number.POSITIVE_INFINITY
    const alarm = alarms.find(mail => mail > drift.at && mail <= next)
    return { ...drift, alarm, delay: alarm === undefined ? undefined : alarm - drift.at }
  })
  return { found, falseAlarms: alarms.length - found.filter(({ alarm }) => alarm !== undefined).length }
}
