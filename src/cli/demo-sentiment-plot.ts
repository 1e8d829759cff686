import type { Mail } from './demo-mail.ts'
import type { MailDrift } from './demo-sentiment-drifts.ts'
import { type MailRecord, WINDOW } from './demo-sentiment-record.ts'
import { day } from './demo-sentiment-words.ts'
import type { LinePlot } from './line-plot-svg.ts'

const TICK = 1000 // mails

/** The curves of both models over all mails, with what happened: for the picture. */
export function plotOf(record: MailRecord, drifts: readonly MailDrift[], mails: readonly Mail[]): LinePlot {
  const ticks = Array.from({ length: Math.ceil(mails.length / TICK) }, (_, i) => {
    const at = i * TICK
    return { at, text: `${at.toLocaleString('en-US')} · ${day(mails[at].time)}` }
  })
  return {
    title: `Ham or spam: accuracy over the last ${WINDOW} mails, with and without adaptation`,
    x: { end: mails.length, name: 'mails, in the order of their dates', ticks },
    y: { from: 0, end: 1, ticks: [0, 0.25, 0.5, 0.75, 1].map(at => ({ at, text: `${100 * at} %` })) },
    lines: [
      { name: 'with adaptation', points: record.points.map(({ mails, adapting }) => [mails, adapting]) },
      { name: 'without', points: record.points.map(({ mails, still }) => [mails, still]) }
    ],
    bands: { name: 'the first one learns', spans: record.trainings.map(({ from, to }) => [from, to]) },
    marks: { name: 'it finds a drift', at: record.alarms },
    rules: drifts.map(({ kind, what, at }) => ({ at, text: `${kind}: ${what}` }))
  }
}
