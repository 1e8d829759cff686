import { styleText } from 'node:util'
import { type ChartPart, chartOf } from './demo-sentiment-chart.ts'
import { findDrifts, type MailDrift } from './demo-sentiment-drifts.ts'
import type { MailChange, MailRecord } from './demo-sentiment-record.ts'
import { changeLine, introduction, standLine, summaryOf } from './demo-sentiment-words.ts'
import { openReporter } from './report.ts'

const DRAW_MS = 100
/** Of a log, which stays, and of events for programs: mails. */
const TELL_EVERY = 500
/** A narrower terminal has no place for the chart. */
const LEAST_COLUMNS = 50

/** What is to be seen. */
export interface MailShow {
  readonly mails: number
  /** Mails that were left out. */
  readonly undated: number
  readonly drifts: readonly MailDrift[]
}

/** Shows how it goes. */
export interface MailDisplay {
  show(record: MailRecord, changes: readonly MailChange[]): void
  /** A line for people. */
  say(text: string): void
  /** What it came to; `picture` is the file of the curves. */
  end(event: 'done' | 'interrupted', record: MailRecord, picture: string): void
  /** Leaves the terminal as it was. */
  close(): void
}

/** Whether people watch, on a terminal in which a chart can be drawn. */
export function isWatched(): boolean {
  return process.stderr.isTTY === true && process.stderr.columns >= LEAST_COLUMNS
}

/** The display that suits where the output goes. */
export async function openMailDisplay(json: boolean, show: MailShow): Promise<MailDisplay> {
  if (json) return jsonDisplay(show)
  const display = isWatched() ? await terminalDisplay(show) : await plainDisplay(show)
  for (const line of introduction(show.mails, show.undated, show.drifts)) display.say(line)
  return display
}

function jsonDisplay({ mails, undated, drifts }: MailShow): MailDisplay {
  const write = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)
  const due = everySo()
  write({ event: 'started', mails, undated, drifts })
  return {
    show(record, changes) {
      for (const { time, ...change } of changes) write({ ...change, time: new Date(time).toISOString() })
      if (due(record.mails)) write({ event: 'figures', ...record.points.at(-1) })
    },
    say: () => {},
    end(event, record, picture) {
      const { found, falseAlarms } = findDrifts(drifts, record.alarms)
      write({ event, mails: record.mails, ...record.figures, drifts: found, falseAlarms, picture })
    },
    close: () => {}
  }
}

async function plainDisplay({ mails, drifts }: MailShow): Promise<MailDisplay> {
  const reporter = await openReporter(false)
  const due = everySo()
  return {
    show(record, changes) {
      for (const change of changes) reporter.say(changeLine(change))
      if (due(record.mails)) reporter.say(standLine(record, mails))
    },
    say: reporter.say,
    end: (_, record, picture) => console.log(summaryOf(record, drifts, picture)),
    close: reporter.close
  }
}

const COLORS = { with: 'cyan', without: 'yellow', training: 'green', alarm: 'red' } as const

async function terminalDisplay({ mails, drifts }: MailShow): Promise<MailDisplay> {
  const { createLogUpdate } = await import('log-update')
  const place = createLogUpdate(process.stderr)
  const paint = (part: ChartPart, text: string) => styleText(COLORS[part], text, { stream: process.stderr })
  const draw = (record: MailRecord) =>
    place(`${chartOf(record, drifts, mails, process.stderr.columns, paint)}\n${standLine(record, mails)}`)
  let drawn = Number.NEGATIVE_INFINITY
  return {
    show(record, changes) {
      for (const change of changes) place.persist(changeLine(change))
      const now = performance.now()
      if (now - drawn < DRAW_MS && changes.length === 0) return
      drawn = now
      draw(record)
    },
    say: text => place.persist(text),
    end(_, record, picture) {
      draw(record)
      place.done()
      console.log(summaryOf(record, drifts, picture))
    },
    close: () => place.done()
  }
}

/** Whether so many mails more have come since it last said so. */
function everySo(): (mails: number) => boolean {
  let told = 0
  return mails => {
    if (mails - told < TELL_EVERY) return false
    told += TELL_EVERY
    return true
  }
}
