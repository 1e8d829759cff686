import { newDetector } from '../src/drift/open.ts'
import { swapped, type Tweets } from './drift-sentiment-data.ts'
import { measureRules } from './drift-sentiment-rules.ts'
import { type Course, deaf, runTweets } from './drift-sentiment-run.ts'
import {
  balancedShare,
  curve,
  delaysOf,
  falseAlarmsOf,
  type Judged,
  judged,
  recovery,
  share
} from './drift-sentiment-score.ts'
import { mean } from './measure.ts'
import type { Report } from './report.ts'

/** Where the labels are swapped and swapped back; the first is the one whose curve is printed. */
export const DRIFTS: readonly (readonly [number, number])[] = [
  [5000, 10_000],
  [4000, 9000],
  [6000, 11_000],
  [4500, 11_500],
  [3000, 8000]
]
const SEEDS = [1, 2, 3]
const RULE_RUNS = 100

/** What was chosen, on these tweets with the first pair of drifts; see drift-sentiment-choices.ts. */
export const chosen: Course = { detector: () => newDetector('optwin'), onDrift: { reset: true } }
const always: Course = { mode: 'always', detector: deaf }
/** Trained at the start, up to convergence, and never again. */
const never: Course = { detector: deaf }

/** One placement of the drifts and one seed, with and without. */
interface Comparison {
  readonly adapted: Judged
  readonly trainedAlways: Judged
  readonly drifts: readonly [number, number]
}

/** Adds how sentiment is predicted through two drifts by one peer and by two, in the worst of at most 15 runs, the curves of one, and rules on the alarms of more. */
export async function measureSentiment(report: Report, tweets: Tweets, runs: number): Promise<void> {
  const compared = await compare(tweets, runs, 1)
  addBars(report, tweets, compared, 1)
  addBars(report, tweets, await compare(tweets, runs, 2), 2)
  await measureRules(report, Math.min(runs, RULE_RUNS))
  const [{ adapted, trainedAlways, drifts }] = compared
  const stream = swapped(tweets.tweets, drifts)
  const still = judged(await runTweets(stream, never), stream)
  for (const [name, run] of Object.entries({ 'when-needed': adapted, always: trainedAlways, none: still })) {
    addFigures(report, name, run, tweets)
  }
  const [others, none] = [curve(trainedAlways), curve(still)]
  for (const [i, { at, balanced: value, kappa }] of curve(adapted).entries()) {
    const beside = { always: others[i].balanced, none: none[i].balanced, kappa }
    report.add({ ...row, name: 'curve', at, value, unit: 'balanced accuracy', ...beside })
  }
}

const row = { bench: 'drift', stream: 'sentiment' }

async function compare({ tweets }: Tweets, runs: number, peers: number): Promise<Comparison[]> {
  const places = SEEDS.flatMap(seed => DRIFTS.map(drifts => ({ seed, drifts }))).slice(0, runs)
  const compared: Comparison[] = []
  for (const { seed, drifts } of places) {
    const stream = swapped(tweets, drifts)
    const trainedAlways = judged(await runTweets(stream, always, seed, peers), stream)
    compared.push({
      adapted: judged(await runTweets(stream, chosen, seed, peers), stream),
      trainedAlways,
      drifts
    })
  }
  return compared
}

function addBars(
  report: Report,
  { tweets, balanced }: Tweets,
  compared: readonly Comparison[],
  peers: number
): void {
  const add = (name: string, values: readonly number[], worst: number, unit: string, bar: number) =>
    report.add({ ...row, name, peers, value: worst, unit, bar, mean: mean(values), runs: compared.length })
  const delays = compared.flatMap(({ adapted, drifts }) => delaysOf(adapted, drifts, balanced))
  const back = compared.flatMap(({ adapted: { right }, drifts: [first, second] }) => [
    recovery(right, first, second),
    recovery(right, second, balanced)
  ])
  const falseAlarms = compared.map(({ adapted, drifts }) => falseAlarmsOf(adapted, drifts, tweets.length))
  const saved = compared.map(({ adapted }) => 100 * (1 - share(adapted.trained, 0, balanced)))
  const lost = compared.map(
    ({ adapted, trainedAlways }) =>
      100 * (share(trainedAlways.right, 0, balanced) - share(adapted.right, 0, balanced))
  )
  add('delay', delays, Math.max(...delays), 'tweets', 500)
  add('recovery', back, Math.max(...back), 'tweets', 3000)
  add('false alarms', falseAlarms, Math.max(...falseAlarms), 'alarms', 1)
  add('training saved', saved, Math.min(...saved), '%', 30)
  add('accuracy lost', lost, Math.max(...lost), 'points', 2)
}

function addFigures(report: Report, course: string, run: Judged, { balanced }: Tweets): void {
  report.add({
    ...{ ...row, name: 'accuracy', course, value: 100 * share(run.right, 0, balanced), unit: '%' },
    balanced: 100 * balancedShare(run, balanced),
    kappa: mean(curve(run).flatMap(({ at, kappa }) => (at <= balanced ? [kappa] : []))),
    alarms: run.alarms.length,
    trained: 100 * share(run.trained, 0, balanced),
    // With the end, where there is only one class.
    accuracy_to_end: 100 * share(run.right),
    trained_to_end: 100 * share(run.trained),
    tweets_per_second: run.tweetsPerSecond
  })
}
