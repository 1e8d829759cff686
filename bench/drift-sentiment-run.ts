import { type AdaptOptions, adapt } from '../src/dataflow/adapt.ts'
import type { Adapted } from '../src/dataflow/adapt-learner.ts'
import { type AlarmRule, swarmAlarms } from '../src/dataflow/swarm-alarms.ts'
import { type ConvergenceOptions, convergence } from '../src/drift/convergence.ts'
import {
  type LabelledText,
  type TextClass,
  type TextClassifier,
  textClassifier
} from '../src/models/text-classifier.ts'
import { chunksOf, stream } from '../src/stream.ts'
import type { Channels, Chunk, Detector } from '../src/types.ts'
import { channelsOf } from './drift-sentiment-channels.ts'
import { SENTIMENTS } from './drift-sentiment-data.ts'

/** Tweets that arrive together at a peer, and are predicted before they are learned. */
const ARRIVING = 32
/** Tweets of each peer between two exchanges of what they have learned. */
const EXCHANGED = 256

type Tweet = Required<LabelledText>
type Result = Adapted<LabelledText, TextClass>

/** What is tried on the tweets. */
export type Course = Pick<AdaptOptions<LabelledText, TextClass, string>, 'mode' | 'onDrift'> & {
  readonly detector: () => Detector
  readonly convergence?: ConvergenceOptions
  /** What the detector gets: whether a prediction was wrong, or its loss. Default: whether it was wrong. */
  readonly watch?: 'error' | 'loss'
  /** What makes several peers adapt. Default: any alarm. */
  readonly rule?: AlarmRule
}

export interface Run {
  /** For each tweet, the sentiment that was predicted. */
  readonly predicted: readonly string[]
  /** Tweets, counted from 0, at which a drift was found. */
  readonly alarms: readonly number[]
  /** Whether each tweet was trained on. */
  readonly trained: readonly boolean[]
  readonly tweetsPerSecond: number
}

/** A detector that finds nothing. */
export const deaf = (): Detector => ({
  update: () => 'none',
  reset() {},
  save: () => ({ detector: 'deaf', options: {}, values: [] })
})

interface Peer {
  readonly model: TextClassifier
  readonly results: AsyncIterator<Chunk<Result>>
}

/**
 * Takes the tweets through `adapt` as they would arrive, in turn at each of so many peers, which share what they learn every 256
 * tweets, and adapt as one.
 */
export async function runTweets(tweets: readonly Tweet[], course: Course, seed = 1, peers = 1): Promise<Run> {
  const swarms = peers > 1 ? channelsOf(peers) : [undefined]
  const all = swarms.map((swarm, i) => openPeer(tweets, course, seed, i * ARRIVING, peers * ARRIVING, swarm))
  const seen: Result[] = []
  const started = performance.now()
  for (let round = 1; seen.length < tweets.length; round++) {
    for (const peer of all) {
      const { value, done } = await peer.results.next()
      if (done) continue
      seen.push(...value)
    }
    if (peers > 1 && round % (EXCHANGED / ARRIVING) === 0) await exchange(all)
  }
  const tweetsPerSecond = (tweets.length / (performance.now() - started)) * 1000
  return {
    predicted: seen.map(({ prediction }) => prediction.label),
    alarms: seen.flatMap(({ verdict }, i) => (verdict === 'drift' ? [i] : [])),
    trained: seen.map(({ phase }) => phase === 'training'),
    tweetsPerSecond
  }
}

function openPeer(
  tweets: readonly Tweet[],
  course: Course,
  seed: number,
  first: number,
  step: number,
  swarm: Channels | undefined
): Peer {
  const model = textClassifier({ classes: SENTIMENTS, seed })
  const adaptation = adapt<LabelledText, TextClass, string>(model, {
    ...(course.mode && { mode: course.mode }),
    ...(course.onDrift && { onDrift: course.onDrift }),
    ...(swarm && { alarms: swarmAlarms(swarm, course.rule && { rule: course.rule }) }),
    detector: course.detector(),
    truth: ({ label = '' }) => label,
    loss: (prediction, label) => model.loss(prediction, label),
    error: (prediction, label) =>
      course.watch === 'loss' ? model.loss(prediction, label) : Number(prediction.label !== label),
    convergence: convergence(course.convergence),
    most: ARRIVING
  })
  const arriving = stream<LabelledText>(async function* () {
    for (let i = first; i < tweets.length; i += step) yield tweets.slice(i, i + ARRIVING)
  })
  return { model, results: chunksOf(adaptation(arriving)) }
}

async function exchange(peers: readonly Peer[]): Promise<void> {
  const packs = await Promise.all(peers.map(({ model }) => model.shared.pack(peers.length)))
  for (const [to, { model }] of peers.entries()) {
    for (const [from, pack] of packs.entries()) if (from !== to) await model.shared.apply(pack)
  }
}
