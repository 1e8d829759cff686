import { balancedAccuracy, kappa } from '../src/dataflow/class-metrics.ts'
import { MetricWindow } from '../src/dataflow/metric-window.ts'
import type { LabelledText } from '../src/models/text-classifier.ts'
import { SENTIMENTS } from './drift-sentiment-data.ts'
import type { Run } from './drift-sentiment-run.ts'

/** Tweets that the curves are over, and from one of their points to the next. */
const WINDOW = 1000
const STEP = 500

/** A run, with what was true. */
export interface Judged extends Run {
  /** For each tweet, whether it was predicted right. */
  readonly right: readonly boolean[]
  readonly truth: readonly string[]
}

export function judged(run: Run, tweets: readonly Required<LabelledText>[]): Judged {
  const truth = tweets.map(({ label }) => label)
  return { ...run, truth, right: run.predicted.map((label, i) => label === truth[i]) }
}

/** Share of tweets `from … end - 1` for which something holds. */
export function share(holds: readonly boolean[], from = 0, end = holds.length): number {
  let count = 0
  for (let i = from; i < end; i++) if (holds[i]) count++
  return count / (end - from)
}

/** The mean, over both classes, of the share of a class's tweets before `end` that were predicted right. */
export function balancedShare({ right, truth }: Judged, end: number): number {
  const shares = SENTIMENTS.map(sentiment => share(right.filter((_, i) => i < end && truth[i] === sentiment)))
  return shares.reduce((a, b) => a + b) / shares.length
}

export interface Point {
  readonly at: number
  readonly balanced: number
  readonly kappa: number
}

/** Over the last 1000 tweets, at every 500th. */
export function curve({ predicted, truth }: Judged): Point[] {
  const window = new MetricWindow(
    { balanced: balancedAccuracy<string, string>(), kappa: kappa<string, string>() },
    WINDOW
  )
  return predicted.flatMap((label, i) => {
    window.add(label, truth[i])
    return window.added % STEP === 0 ? [{ at: i + 1, ...window.values }] : []
  })
}

/**
 * Tweets from a drift until the accuracy over the last 500, all since the drift, is again within 3 points of that of the 1000 before
 * the drift; infinite where it is not by `end`.
 */
export function recovery(right: readonly boolean[], drift: number, end: number): number {
  const wanted = share(right, drift - 1000, drift) - 0.03
  for (let at = drift + 500; at <= end; at++) if (share(right, at - 500, at) >= wanted) return at - drift
  return Number.POSITIVE_INFINITY
}

/** Tweets from each drift to the first alarm after it; infinite where there is none by the next, or by `end`. */
export function delaysOf({ alarms }: Run, [first, second]: readonly [number, number], end: number): number[] {
  const delay = (from: number, to: number) =>
    (alarms.find(at => at >= from && at < to) ?? Number.POSITIVE_INFINITY) - from + 1
  return [delay(first, second), delay(second, end)]
}

/** Alarms but for the first after each drift, up to tweet `end`. */
export function falseAlarmsOf(run: Run, drifts: readonly [number, number], end: number): number {
  const found = delaysOf(run, drifts, end).filter(Number.isFinite).length
  return run.alarms.filter(at => at < end).length - found
}
