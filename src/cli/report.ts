import type { JobEvent, ProgressEvent } from '../jobs/events.ts'
import { count, duration } from './table.ts'

/** Tells what a job is doing. */
export interface Reporter {
  tell(event: JobEvent): void
  /** A line for people; not shown to programs. */
  say(text: string): void
  /** Leaves the terminal as it was. */
  close(): void
}

// How often a line is written where it stays: a log of a long run should remain readable.
const PLAIN_LINE_MS = 5000

/** The reporter that suits where the output goes: NDJSON for programs, a line in place on a terminal, plain lines elsewhere. */
export async function openReporter(json: boolean): Promise<Reporter> {
  if (json) return jsonReporter()
  if (process.stderr.isTTY === true) return await terminalReporter()
  return plainReporter()
}

function jsonReporter(): Reporter {
  return {
    // JSON has no NaN and no Infinity: a loss that cannot be written is left out.
    tell: event =>
      process.stdout.write(
        `${JSON.stringify(event, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? undefined : value))}\n`
      ),
    say: () => {},
    close: () => {}
  }
}

async function terminalReporter(): Promise<Reporter> {
  const { createLogUpdate } = await import('log-update')
  const line = createLogUpdate(process.stderr)
  return {
    tell(event) {
      if (event.event === 'progress') line(progressLine(event))
      else for (const text of eventLines(event)) line.persist(text)
    },
    say: text => line.persist(text),
    close: () => line.done()
  }
}

function plainReporter(): Reporter {
  let last = Number.NEGATIVE_INFINITY
  const write = (text: string) => process.stderr.write(`${text}\n`)
  return {
    tell(event) {
      if (event.event !== 'progress') {
        for (const text of eventLines(event)) write(text)
      } else if (performance.now() - last >= PLAIN_LINE_MS) {
        last = performance.now()
        write(progressLine(event))
      }
    },
    say: write,
    close: () => {}
  }
}

function progressLine(event: ProgressEvent): string {
  const parts = [
    event.share === undefined ? undefined : `${(event.share * 100).toFixed(0).padStart(3)} %`,
    `${count(event.words)} words`,
    `${count(event.wordsPerSecond)} words/s`,
    event.loss === undefined ? undefined : `loss ${event.loss.toFixed(3)}`,
    `vocabulary ${event.vocabulary.toLocaleString('en-US')}`,
    event.secondsLeft === undefined ? undefined : `${duration(event.secondsLeft)} left`
  ]
  return parts.filter(part => part !== undefined).join(' · ')
}

function eventLines(event: Exclude<JobEvent, ProgressEvent>): string[] {
  switch (event.event) {
    case 'started': {
      const from = event.resumedWords > 0 ? `, continuing after ${count(event.resumedWords)} words` : ''
      return [`training on ${event.device}${from}; first words after ${event.seconds.toFixed(2)} s`]
    }
    case 'warning':
      return [`warning: ${event.message}`]
    default:
      return []
  }
}
