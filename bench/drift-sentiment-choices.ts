import { detectorNames, newDetector } from '../src/drift/open.ts'
import type { DetectorState } from '../src/types.ts'
import { chosen, DRIFTS } from './drift-sentiment.ts'
import { swapped, type Tweets } from './drift-sentiment-data.ts'
import { type Course, runTweets } from './drift-sentiment-run.ts'
import { delaysOf, falseAlarmsOf, judged, share } from './drift-sentiment-score.ts'
import type { Report } from './report.ts'

/** Adds what was tried: each detector, on errors and on losses, responses to a drift, and rules of convergence. */
export async function measureChoices(report: Report, { tweets, balanced }: Tweets): Promise<void> {
  const [drifts] = DRIFTS
  const stream = swapped(tweets, drifts)
  for (const [course, tried] of choices) {
    const run = judged(await runTweets(stream, tried), stream)
    const [first, second] = delaysOf(run, drifts, balanced)
    report.add({
      ...{ bench: 'drift', stream: 'sentiment', name: 'tried', course },
      ...{ value: 100 * share(run.right, 0, balanced), unit: '%' },
      // None where it was not found.
      delay: Number.isFinite(first) ? first : undefined,
      second_delay: Number.isFinite(second) ? second : undefined,
      false_alarms: falseAlarmsOf(run, drifts, tweets.length),
      trained: 100 * share(run.trained, 0, balanced)
    })
  }
}

const by = (detector: string, options: DetectorState['options'] = {}): Course => ({
  ...chosen,
  detector: () => newDetector(detector, options)
})
const boosted = (factor: number, reset: boolean, items = 500): Course => ({
  ...chosen,
  onDrift: { reset, boost: { factor, items } }
})

const choices: readonly (readonly [string, Course])[] = [
  ...detectorNames.map(name => [name, by(name)] as const),
  ['optwin on losses', { ...chosen, watch: 'loss' }],
  ['optwin ρ 0.1', by('optwin', { rho: 0.1 })],
  ['optwin ρ 0.3', by('optwin', { rho: 0.3 })],
  ['no response', { ...chosen, onDrift: {} }],
  ['boost 2', boosted(2, false)],
  ['boost 4', boosted(4, false)],
  ['boost 8', boosted(8, false)],
  ['reset, boost 2', boosted(2, true, 1500)],
  ['reset, boost 4', boosted(4, true)],
  ['epochs of 100', { ...chosen, convergence: { epoch: 100 } }],
  ['epochs of 250', { ...chosen, convergence: { epoch: 250 } }],
  ['epochs of 1000', { ...chosen, convergence: { epoch: 1000 } }],
  ['tolerance 0.01', { ...chosen, convergence: { tolerance: 0.01 } }],
  ['tolerance 0.03', { ...chosen, convergence: { tolerance: 0.03 } }],
  ['3 epochs', { ...chosen, convergence: { epochs: 3 } }],
  ['always training', { ...chosen, mode: 'always' }]
]
