import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openDevice } from '../kernels/index.ts'
import { readOptions } from '../src/jobs/job-options.ts'
import { runJob } from '../src/jobs/run-job.ts'
import { sentiment } from '../src/jobs/sentiment.ts'
import type { SentimentEvent } from '../src/jobs/sentiment-events.ts'
import { now, type Said } from './drift-lag-sender.ts'
import { SENTIMENTS } from './drift-sentiment-data.ts'
import { mean, median } from './measure.ts'
import type { Report } from './report.ts'

const SENDER = fileURLToPath(new URL('drift-lag-sender.ts', import.meta.url))
const FIRST_RATE = 2000
/** Each halves, on a scale of ratios, what the rate is known to lie between: a factor of 2 at first. */
const BISECTIONS = 4
/** A queue that grows by a greater share of what arrives grows. */
const GROWTH = 0.02
/** Share of a feed after which functions are compiled and what is measured counts. */
const WARM = 0.2
const PATIENCE_MS = 1000

type Mode = 'always' | 'when-needed'

interface Trial {
  readonly mode: Mode
  /** Tweets a second. */
  readonly rate: number
  readonly seconds: number
}

/** What became of the tweets of a feed; place n - 1 is that of tweet n. */
interface Fed extends Trial {
  /** When the feed began: ms since 1970. */
  readonly start: number
  /** When each came out of the flow, by which time it was learned where it was to be. */
  readonly out: readonly number[]
  readonly learned: readonly boolean[]
}

/**
 * Adds the highest rate of tweets at which the queue of the sentiment job does not grow, and the lag from when a tweet is due to when the
 * model has learned it, at half of that rate and at 90 %.
 */
export async function measureLag(report: Report, seconds: number): Promise<void> {
  const sender = fork(SENDER, { stdio: 'inherit' })
  try {
    const [{ url }] = (await once(sender, 'message')) as [{ url: string }]
    const run = (trial: Trial) => feedJob(sender, url, trial)
    const rate = await highestRate(report, async rate => !grows(await run({ mode: 'always', rate, seconds })))
    const about = { bench: 'drift', stream: 'sentiment' }
    report.add({ ...about, name: 'highest rate', course: 'always', value: rate, unit: 'tweets/s', seconds })
    for (const mode of ['always', 'when-needed'] as const) {
      for (const share of [0.5, 0.9]) {
        const fed = await run({ mode, rate: share * rate, seconds })
        const lags = lagsOf(fed)
        report.add({
          ...{ ...about, name: 'lag', course: mode, rate: share * rate, value: median(lags), unit: 'ms' },
          p99: quantile(lags, 0.99),
          learned: lags.length,
          queue: queueIn(fed, WARM, 1)
        })
      }
    }
  } finally {
    sender.kill()
  }
}

/** The highest rate that is sustained, by doubling, then by bisection. */
async function highestRate(report: Report, sustains: (rate: number) => Promise<boolean>): Promise<number> {
  const tried = async (rate: number) => {
    const held = await sustains(rate)
    report.say(`${Math.round(rate)} tweets/s: the queue ${held ? 'does not grow' : 'grows'}`)
    return held
  }
  let rate = FIRST_RATE
  while (!(await tried(rate))) rate /= 2
  while (await tried(2 * rate)) rate *= 2
  for (let factor = Math.SQRT2, i = 0; i < BISECTIONS; i++, factor = Math.sqrt(factor)) {
    if (await tried(factor * rate)) rate *= factor
  }
  return rate
}

/** Runs the sentiment job on a feed, to its end, or until shortly after that where it cannot keep up. By need, labels are swapped in the middle. */
async function feedJob(sender: ChildProcess, url: string, trial: Trial): Promise<Fed> {
  const { mode, rate, seconds } = trial
  const started = once(sender, 'message') as Promise<[Said & { start: number }]>
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), seconds * 1000 + PATIENCE_MS)
  const out: number[] = []
  const learned: boolean[] = []
  let trains = false
  const follow = (event: SentimentEvent, at: number) => {
    if (event.type === 'prediction') out.push(at)
    // It comes after the prediction of the tweet that it begins with.
    if (event.type === 'training' || event.type === 'stable') trains = event.type === 'training'
    learned[out.length - 1] = trains
  }
  await runJob({
    job: sentiment,
    options: await readOptions(sentiment, {
      ...{ input: `${url}/?rate=${rate}&seconds=${seconds}`, format: 'ndjson', labels: [...SENTIMENTS] },
      ...{ mode, predictions: true },
      ...(mode === 'when-needed' && { swapAt: [`${Math.round((rate * seconds) / 2)}`] })
    }),
    computing: {
      deviceChoice: 'wasm',
      threads: 1,
      openDevice: async () => (await openDevice('wasm')).device
    },
    signal: late.signal,
    emit: async items => {
      const at = now()
      for (const event of items) follow(event as SentimentEvent, at)
    },
    tell: () => {}
  })
  clearTimeout(timer)
  const [{ start }] = await started
  return { ...trial, start, out, learned }
}

function grows(fed: Fed): boolean {
  const { rate, seconds } = fed
  const growth = queueIn(fed, 0.8, 1) - queueIn(fed, WARM, 0.4)
  // Where nothing came out meanwhile, it stood still.
  return !(growth <= GROWTH * rate * seconds * 0.6)
}

/** Mean number of tweets that are due and not out, within a part of the feed's time; looked at whenever one comes out. */
function queueIn({ start, rate, seconds, out }: Fed, from: number, end: number): number {
  const waiting = out.flatMap((at, i) => {
    const share = (at - start) / (seconds * 1000)
    return share >= from && share < end ? [share * rate * seconds - (i + 1)] : []
  })
  return mean(waiting)
}

/** Milliseconds from when each tweet that was learned was due to when it was. */
function lagsOf({ start, rate, seconds, out, learned }: Fed): number[] {
  return out.flatMap((at, i) => {
    const due = ((i + 1) / rate) * 1000
    return learned[i] && due >= WARM * seconds * 1000 ? [at - start - due] : []
  })
}

/** The value below which a share of all lie; NaN of none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
