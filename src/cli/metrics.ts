import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { JobEvent } from '../jobs/events.ts'
import type { SwarmStatus } from '../types.ts'

/** A peer's metrics for Prometheus. */
export interface Metrics {
  /** Of the text that `text` gives. */
  readonly contentType: string
  /** Takes words, pace and loss from a job's events. */
  tell(event: JobEvent): void
  /** All metrics as of now. */
  text(): Promise<string>
  close(): void
}

/** What is known of the training; NaN until it is told. */
interface TrainingNow {
  words: number
  wordsPerSecond: number
  loss: number
  vocabulary: number
}

type Row<Source> = readonly [name: string, help: string, value: (source: Source) => number]

const SWARM_TOTALS: readonly Row<SwarmStatus>[] = [
  ['received_bytes', 'Bytes received over links, before encryption.', status => status.bytesIn],
  ['sent_bytes', 'Bytes sent over links, before encryption.', status => status.bytesOut],
  ['packs', 'Packs this peer has made.', status => status.packs],
  ['frames_applied', 'Frames of other peers applied here.', status => status.framesApplied]
]
const SWARM_GAUGES: readonly Row<SwarmStatus>[] = [
  ['peers', 'Peers of the swarm that are alive, this one included.', status => status.members.length],
  ['links', 'Neighbours this peer is linked to.', status => status.links.length],
  ['root', 'Whether this peer has no parent: 1 or 0.', status => Number(status.root)],
  [
    'staleness_mean_seconds',
    'Age of packs when they were applied here, mean of the last minute.',
    status => status.stalenessMean / 1000
  ],
  ['staleness_max_seconds', 'The same, the greatest.', status => status.stalenessMax / 1000],
  ['apply_share', 'Share of the last seconds spent applying, 0 to 1.', status => status.applyShare]
]
const TRAINING_GAUGES: readonly Row<TrainingNow>[] = [
  ['words_per_second', 'Words trained a second.', training => training.wordsPerSecond],
  ['loss', 'Mean loss of a context of late; NaN where none was measured.', training => training.loss],
  ['vocabulary', 'Words in the vocabulary.', training => training.vocabulary]
]

const DELAY_RESOLUTION_MS = 10

/** Metrics that ask `status` each time they are read. */
export function openMetrics(status: () => SwarmStatus): Metrics {
  const registers = [new Registry()] as const
  const training: TrainingNow = { words: 0, wordsPerSecond: 0, loss: Number.NaN, vocabulary: 0 }

  const total = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `tensair_${name}_total`,
      help,
      registers: [...registers],
      collect() {
        this.reset()
        this.inc(value())
      }
    })
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `tensair_${name}`,
      help,
      registers: [...registers],
      collect() {
        this.set(value())
      }
    })

  for (const [name, help, value] of SWARM_TOTALS) total(name, help, () => value(status()))
  for (const [name, help, value] of SWARM_GAUGES) gauge(name, help, () => value(status()))
  new Counter({
    name: 'tensair_rejected_total',
    help: 'What other peers sent that broke the rules, by kind.',
    labelNames: ['kind'],
    registers: [...registers],
    collect() {
      this.reset()
      for (const [kind, times] of Object.entries(status().rejected)) this.inc({ kind }, times)
    }
  })
  total('words', 'Words read since the model was new.', () => training.words)
  for (const [name, help, value] of TRAINING_GAUGES) gauge(name, help, () => value(training))

  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  gauge(
    'event_loop_delay_p99_seconds',
    'Delay of the event loop since the last reading: 99 of 100 were shorter.',
    () => {
      // What is measured is the time from tick to tick.
      const seconds = Math.max(0, delay.percentile(99) / 1e9 - DELAY_RESOLUTION_MS / 1000)
      delay.reset()
      return seconds
    }
  )
  return {
    contentType: registers[0].contentType,
    tell(event) {
      if (event.event !== 'progress' && event.event !== 'done' && event.event !== 'interrupted') return
      const { words, wordsPerSecond, vocabulary, loss = training.loss } = event
      Object.assign(training, { words, wordsPerSecond, vocabulary, loss })
    },
    text: () => registers[0].metrics(),
    close: () => void delay.disable()
  }
}
