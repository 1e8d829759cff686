import type { Adaptation } from '../dataflow/adapt.ts'
import type { Adapted } from '../dataflow/adapt-learner.ts'
import type { SwarmAlarms } from '../dataflow/swarm-alarms.ts'
import type { TextClass } from '../models/text-classifier.ts'
import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import type { Tweet } from './sentiment-tweets.ts'

/** What the job tells of the last predictions. */
export type Figure = 'accuracy' | 'balancedAccuracy' | 'kappa'

/** What the sentiment job emits; `tweets` counts them up to the one that it is about. */
export type SentimentEvent =
  | FiguresEvent
  /** The detector has found a drift. */
  | { readonly type: 'drift'; readonly tweets: number }
  | AlarmEvent
  /** From this tweet on they are trained on, or not any more. */
  | { readonly type: 'training' | 'stable'; readonly tweets: number }
  | PredictionEvent

/** Figures over the last tweets, each predicted before it was learned. */
export interface FiguresEvent extends Readonly<Record<Figure, number>> {
  readonly type: 'figures'
  readonly tweets: number
  /** Tweets that were trained on so far. */
  readonly trained: number
}

/** Another peer of the swarm has found a drift. */
export interface AlarmEvent {
  readonly type: 'alarm'
  readonly tweets: number
  readonly peer: string
  /** When it did, by its own clock: ms since 1970. */
  readonly time: number
  /** By how much the share of its tweets that it got wrong had grown. */
  readonly magnitude: number
}

export interface PredictionEvent {
  readonly type: 'prediction'
  readonly tweets: number
  readonly text: string
  readonly label: string
  readonly predicted: string
  /** Of the label that was predicted. */
  readonly probability: number
}

/** Tells of what comes out of `adaptation`, and of others' alarms; figures come with it, and once more at the end. */
export function sentimentEvents(
  items: AsyncIterable<Adapted<Tweet, TextClass, Figure>>,
  adaptation: Pick<Adaptation<Tweet, TextClass, Figure>, 'metrics'>,
  predictions: boolean,
  alarms: Pick<SwarmAlarms, 'peer' | 'count' | 'last'> = { peer: '', count: 0, last: [] }
): Stream<SentimentEvent> {
  return stream(async function* () {
    const account = new Account(predictions, alarms)
    for await (const chunk of chunksOf(items)) {
      yield chunkAt(
        Array.from(chunk).flatMap(item => account.take(item)),
        chunk.position
      )
    }
    if (account.untold) yield [account.figures(adaptation.metrics)]
  })
}

class Account {
  /** Whether there were tweets since the last figures. */
  untold = false
  readonly #predictions: boolean
  readonly #alarms: Pick<SwarmAlarms, 'peer' | 'count' | 'last'>
  /** Alarms that were told of. */
  #told = 0
  #tweets = 0
  #trained = 0
  #phase: Adapted<Tweet, TextClass>['phase'] | undefined

  constructor(predictions: boolean, alarms: Pick<SwarmAlarms, 'peer' | 'count' | 'last'>) {
    this.#predictions = predictions
    this.#alarms = alarms
  }

  take({ input, prediction, phase, verdict, metrics }: Adapted<Tweet, TextClass, Figure>): SentimentEvent[] {
    const events: SentimentEvent[] = []
    const tweets = ++this.#tweets
    this.untold = true
    if (phase === 'training') this.#trained++
    if (this.#predictions) {
      const { label: predicted, probabilities } = prediction
      const { text, label } = input
      events.push({
        type: 'prediction',
        tweets,
        text,
        label,
        predicted,
        probability: Math.max(...probabilities)
      })
    }
    if (verdict === 'drift') events.push({ type: 'drift', tweets })
    events.push(...this.#heard())
    if (phase !== this.#phase) events.push({ type: phase, tweets })
    this.#phase = phase
    if (metrics !== undefined) events.push(this.figures(metrics))
    return events
  }

  #heard(): AlarmEvent[] {
    const { peer: self, count, last } = this.#alarms
    if (count === this.#told) return []
    const heard = last.slice(-(count - this.#told)).filter(({ origin }) => origin !== self)
    this.#told = count
    const tweets = this.#tweets
    return heard.map(({ origin: peer, time, magnitude }) => ({
      type: 'alarm',
      tweets,
      peer,
      time,
      magnitude
    }))
  }

  figures(metrics: Readonly<Record<Figure, number>>): FiguresEvent {
    this.untold = false
    return { type: 'figures', tweets: this.#tweets, trained: this.#trained, ...metrics }
  }
}
