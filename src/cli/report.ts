import type { JobEvent, ProgressEvent, SwarmProgress } from '../jobs/events.ts'
import type { FlowEvent, FlowProgressEvent } from '../jobs/flow-events.ts'
import { bytes, count, duration, peerName } from './table.ts'

/** Tells what a job is doing. */
export interface Reporter {
  /** How often progress is worth telling. */
  readonly everySeconds: number
  tell(event: JobEvent | FlowEvent): void
  /** A line for people; not shown to programs. */
  say(text: string): void
  /** Leaves the terminal as it was. */
  close(): void
}

/**
 * The reporter that suits where the output goes: NDJSON for programs, a line in place on a terminal, plain lines elsewhere.
 * `results`: whether results go to standard output meanwhile, where they would break that line.
 */
export async function openReporter(json: boolean, results = false): Promise<Reporter> {
  if (json) return jsonReporter()
  // A terminal that does not know its width cannot keep a line in place.
  const inPlace = process.stderr.isTTY === true && process.stderr.columns > 0
  if (inPlace && !(results && process.stdout.isTTY === true)) return await terminalReporter()
  return plainReporter()
}

function jsonReporter(): Reporter {
  return {
    everySeconds: 1,
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
    everySeconds: 0.5,
    tell(event) {
      if (event.event === 'progress') line(progressLine(event))
      else for (const text of eventLines(event)) line.persist(text)
    },
    say: text => line.persist(text),
    close: () => line.done()
  }
}

function plainReporter(): Reporter {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  return {
    // These lines stay: the log of a long run should remain readable.
    everySeconds: 5,
    tell(event) {
      if (event.event === 'progress') say(progressLine(event))
      else for (const text of eventLines(event)) say(text)
    },
    say,
    close: () => {}
  }
}

/** What a person sees of a progress event. */
export function progressLine(event: ProgressEvent | FlowProgressEvent): string {
  const parts = 'items' in event ? flowParts(event) : trainingParts(event)
  const all = event.swarm === undefined ? parts : [...parts, swarmPart(event.swarm)]
  return all.filter(part => part !== undefined).join(' · ')
}

function flowParts({ items, itemsPerSecond }: FlowProgressEvent): string[] {
  return [`${count(items)} items`, `${count(itemsPerSecond)} items/s`]
}

function trainingParts(event: ProgressEvent): (string | undefined)[] {
  return [
    event.share === undefined ? undefined : `${(event.share * 100).toFixed(0).padStart(3)} %`,
    `${count(event.words)} words`,
    `${count(event.wordsPerSecond)} words/s`,
    event.loss === undefined ? undefined : `loss ${event.loss.toFixed(3)}`,
    `vocabulary ${event.vocabulary.toLocaleString('en-US')}`,
    event.secondsLeft === undefined ? undefined : `${duration(event.secondsLeft)} left`
  ]
}

function swarmPart(swarm: SwarmProgress): string {
  if (swarm.peers === 1) return '1 peer'
  return [
    `${swarm.peers} peers`,
    `↓${bytes(swarm.bytesInPerSecond)}/s ↑${bytes(swarm.bytesOutPerSecond)}/s`,
    `stale ${swarm.stalenessMean.toFixed(0)} ms (max ${swarm.stalenessMax.toFixed(0)})`,
    `apply ${(swarm.applyShare * 100).toFixed(0)} %`
  ].join(' · ')
}

/** What a person sees of the other events, line by line; nothing of some. */
export function eventLines(
  event: Exclude<JobEvent | FlowEvent, ProgressEvent | FlowProgressEvent>
): string[] {
  switch (event.event) {
    case 'started': {
      if ('job' in event) return [`running ${event.job}`]
      const from = event.resumedWords > 0 ? `, continuing after ${count(event.resumedWords)} words` : ''
      return [`training on ${event.device}${from}; first words after ${event.seconds.toFixed(2)} s`]
    }
    case 'waiting':
      return [
        `${'items' in event ? `the flow is over, ${count(event.items)} items` : `trained ${count(event.words)} words`}; waiting for the other peers (Ctrl-C ends)`
      ]
    case 'warning':
      return [`warning: ${event.message}`]
    case 'peer-joined':
      return [`peer ${peerName(event.peer)} joined`]
    case 'peer-left':
      return [`peer ${peerName(event.peer)} left`]
    case 'done':
    case 'interrupted':
      return event.sharedHash === undefined ? [] : [`shared model ${event.sharedHash}`]
    default:
      return []
  }
}
