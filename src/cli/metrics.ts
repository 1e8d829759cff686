import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { JobEvent } from '../jobs/events.ts'
import type { FlowEvent, FlowProgressEvent } from '../jobs/flow-events.ts'
import type { SwarmStatus } from '../types.ts'

/** A peer's metrics for Prometheus. */
export interface Metrics {
  /** Of the text that `text` gives. */
  readonly contentType: string
  /** Takes words, pace and loss from a job's events, or items and pace; there are metrics of them from then on. */
  tell(event: JobEvent | FlowEvent): void
  /** All metrics as of now. */
  text(): Promise<string>
  close(): void
}

/** What is known of the training. */
interface TrainingNow {
  readonly words: number
  readonly wordsPerSecond: number
  /** NaN until one was measured. */
  readonly loss: number
  readonly vocabulary: number
}

/** What is known of a user's flow. */
type FlowNow = Pick<FlowProgressEvent, 'items' | 'itemsPerSecond'>

type Row<Source> = readonly [name: string, help: string, value: (source: Source) => number]

const SWARM_TOTALS: readonly Row<SwarmStatus>[] = [
  ['received_bytes', 'Bytes received over links, before encryption.', status => status.bytesIn],
  ['sent_bytes', 'Bytes sent over links, before encryption.', status => status.bytesOut],
  [
    'channel_received_bytes',
    'Bytes of channels of items received, before encryption; not counted in those of links.',
    status => status.channelBytesIn
  ],
  ['channel_sent_bytes', 'The same, sent.', status => status.channelBytesOut],
  ['packs', 'Packs this peer has made.', status => status.packs],
  ['frames_applied', 'Frames of other peers applied here.', status => status.framesApplied]
]
const SWARM_GAUGES: readonly Row<SwarmStatus>[] = [
  ['peers', 'Peers of the swarm that are alive, this one included.', status => status.members.length],
  ['links', 'Neighbours this peer is linked to.', status => status.links.length],
  ['channel_links', 'Peers with whom channels of items are shared.', status => status.channels.length],
  [
    'channel_waiting_bytes',
    'Bytes of items that wait to be sent.',
    status => status.channels.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0)
  ],
  ['root', 'Whether this peer has no parent: 1 or 0.', status => Number(status.root)],
  [
    'staleness_mean_seconds',
    'Age of packs when they were applied here, mean of the last minute.',
    status => status.stalenessMean / 1000
  ],
  ['staleness_max_seconds', 'The same, the greatest.', status => status.stalenessMax / 1000],
  ['apply_share', 'Share of the last seconds spent applying, 0 to 1.', status => status.applyShare]
]
const TRAINING_TOTALS: readonly Row<TrainingNow>[] = [
  ['words', 'Words read since the model was new.', training => training.words]
]
const TRAINING_GAUGES: readonly Row<TrainingNow>[] = [
  ['words_per_second', 'Words trained a second.', training => training.wordsPerSecond],
  ['loss', 'Mean loss of a context of late; NaN where none was measured.', training => training.loss],
  ['vocabulary', 'Words in the vocabulary.', training => training.vocabulary]
]
const FLOW_TOTALS: readonly Row<FlowNow>[] = [
  ['items', 'Items the flow has emitted, or counted.', flow => flow.items]
]
const FLOW_GAUGES: readonly Row<FlowNow>[] = [
  ['items_per_second', 'Items emitted or counted a second.', flow => flow.itemsPerSecond]
]

const DELAY_RESOLUTION_MS = 10

/** Metrics that ask `status` each time they are read. */
export function openMetrics(status: () => SwarmStatus): Metrics {
  const registers = [new Registry()] as const
  let training: TrainingNow | undefined
  let flow: FlowNow | undefined

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

  const all = <Source>(
    totals: readonly Row<Source>[],
    gauges: readonly Row<Source>[],
    source: () => Source
  ) => {
    for (const [name, help, value] of totals) total(name, help, () => value(source()))
    for (const [name, help, value] of gauges) gauge(name, help, () => value(source()))
  }

  all(SWARM_TOTALS, SWARM_GAUGES, status)
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
      if ('items' in event) {
        if (flow === undefined) all(FLOW_TOTALS, FLOW_GAUGES, () => flow ?? event)
        flow = event
      } else {
        const { words, wordsPerSecond, vocabulary, loss = training?.loss ?? Number.NaN } = event
        const now = { words, wordsPerSecond, vocabulary, loss }
        if (training === undefined) all(TRAINING_TOTALS, TRAINING_GAUGES, () => training ?? now)
        training = now
      }
    },
    text: () => registers[0].metrics(),
    close: () => void delay.disable()
  }
}
