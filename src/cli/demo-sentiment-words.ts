// What the demonstration says to people.

import type { MailDrift } from './demo-sentiment-drifts.ts'
import { findDrifts } from './demo-sentiment-drifts.ts'
import { type MailChange, type MailRecord, type ModelFigures, WINDOW } from './demo-sentiment-record.ts'
import { table } from './table.ts'

/** What is shown, and what of it is natural. */
export function introduction(mails: number, undated: number, drifts: readonly MailDrift[]): string[] {
  const left = `${undated} without a date that can be true are left out`
  return [
    `${number(mails)} mails of 2001 and 2002, ham or spam, in the order of their dates (${left})`,
    'two equal models predict each before they learn it: one adapts to drifts, the other learns until it has caught up and never again',
    ...drifts.map(({ kind, what, at }) => `${KINDS[kind]}: from mail ${number(at + 1)} on ${what}`)
  ]
}

const KINDS: Readonly<Record<MailDrift['kind'], string>> = {
  natural: 'a natural drift',
  induced: 'a drift induced for the demonstration'
}

/** A change as one line. */
export function changeLine({ event, mails, time }: MailChange): string {
  const what = {
    drift: 'drift found',
    training: 'it learns from here on',
    stable: 'it has caught up, and only predicts'
  }
  return `mail ${number(mails)} (${day(time)}): ${what[event]}`
}

/** Where it stands, as one line. */
export function standLine({ mails, time, points }: MailRecord, total: number): string {
  const { adapting = Number.NaN, still = Number.NaN } = points.at(-1) ?? {}
  const of = `right of the last ${WINDOW}: ${percent(adapting)} with adaptation, ${percent(still)} without`
  return `mail ${number(mails)} of ${number(total)} (${day(time)}) · ${of}`
}

/** What it has come to. */
export function summaryOf(record: MailRecord, drifts: readonly MailDrift[], picture: string): string {
  const { adapting, still } = record.figures
  const { found, falseAlarms } = findDrifts(drifts, record.alarms)
  const row = (name: string, { accuracy, balancedAccuracy, kappa, trained }: ModelFigures) => [
    name,
    percent(accuracy),
    percent(balancedAccuracy),
    kappa.toFixed(3),
    percent(trained)
  ]
  const models = [
    ['model', 'accuracy', 'balanced', 'kappa', 'learned'],
    row('with adaptation', adapting),
    row('without', still)
  ]
  const alarms = found.map(({ kind, what, at, alarm, delay }) => [
    kind,
    number(at + 1),
    alarm === undefined ? (at < record.mails ? 'not found' : 'not reached') : number(alarm),
    delay === undefined ? '-' : `${delay} mails`,
    what
  ])
  return [
    '',
    table(models, [1, 2, 3, 4]),
    '',
    table([['drift', 'from mail', 'found at', 'after', 'what'], ...alarms], [1, 2, 3]),
    '',
    `alarms of no known drift: ${falseAlarms}`,
    `training saved, against learning every mail: ${percent(1 - adapting.trained)}`,
    `the curves: ${picture}`
  ].join('\n')
}

/** A day as in 2002-07-09, UTC. */
export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
