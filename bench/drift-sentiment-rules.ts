import { Course } from '../src/dataflow/adapt-course.ts'
import type { Clock } from '../src/dataflow/clock.ts'
import { type AlarmRule, type SwarmAlarms, swarmAlarms } from '../src/dataflow/swarm-alarms.ts'
import { newDetector } from '../src/drift/open.ts'
import type { Convergence } from '../src/types.ts'
import { channelsOf } from './drift-sentiment-channels.ts'
import { javaRandom } from './drift-streams.ts'
import { mean } from './measure.ts'
import type { Report } from './report.ts'

/** Share of predictions that are wrong while the world is as it was, and after it has changed: about that of the tweets. */
const USUAL = 0.27
const DRIFTED = 0.73
/** Items of all peers before the change, the most after it, and those of an adaptation. */
const BEFORE = 20_000
const AFTER = 5000
const ADAPTATION = 1000

/** Items of a peer by which the change comes later to it than to the one before. */
const LAGS = [0, 100]
/** Alarms within so many items of a peer. */
const RULES: readonly (readonly [name: string, rule: AlarmRule])[] = [
  ['any', 'any'],
  ['2 within 50', { peers: 2, within: 50 }],
  ['2 within 500', { peers: 2, within: 500 }],
  ['3 within 500', { peers: 3, within: 500 }]
]

/** Adds what makes a swarm adapt in vain, late, or not at all, by the rule on alarms: OPTWIN at each of the peers, on errors that are drawn. */
export async function measureRules(report: Report, runs: number): Promise<void> {
  const cases = LAGS.flatMap(lag => [2, 4, 8].map(peers => ({ lag, peers })))
  for (const { lag, peers } of cases) {
    for (const [course, rule] of RULES) {
      const all: Swarming[] = []
      for (let seed = 1; seed <= runs; seed++) all.push(await swarming(peers, rule, lag, seed))
      const found = all.flatMap(({ delay }) => (delay === undefined ? [] : [delay]))
      report.add({
        ...{ bench: 'drift', stream: 'swarm', name: 'rule', course, peers, lag, runs },
        ...{ value: mean(all.map(({ inVain }) => inVain)), unit: 'false adaptations' },
        delay: found.length > 0 ? mean(found) : undefined,
        missed: runs - found.length
      })
    }
  }
}

interface Swarming {
  /** Adaptations before the change. */
  readonly inVain: number
  /** Items of all peers from the change to the adaptation; undefined where there was none. */
  readonly delay: number | undefined
}

/** An adaptation takes its number of items; its end is no matter here. */
function after(items: number): Convergence {
  let left = items
  return {
    update: () => --left <= 0,
    reset() {
      left = items
    },
    save: () => ({ detector: 'after', options: {}, values: [left] })
  }
}

async function swarming(peers: number, rule: AlarmRule, lag: number, seed: number): Promise<Swarming> {
  const random = javaRandom(seed)
  let now = 0 // an item of each peer is 1 ms
  const clock: Clock = { now: () => now, wait: () => new Promise(() => {}) }
  const all = channelsOf(peers).map(swarm => {
    const alarms: SwarmAlarms = swarmAlarms(swarm, { rule, clock })
    return {
      alarms,
      course: new Course('when-needed', newDetector('optwin'), after(ADAPTATION), true, alarms)
    }
  })
  const stages = () => Math.max(...all.map(({ alarms }) => alarms.stage))
  let inVain = 0
  for (let items = 0; items < BEFORE + AFTER; items += peers) {
    now++
    const changed = items >= BEFORE
    const before = stages()
    for (const [i, { course }] of all.entries()) {
      const error = random() < (items >= BEFORE + i * lag * peers ? DRIFTED : USUAL) ? 1 : 0
      course.judge(error, error, now, now)
      // What was told is heard.
      await Promise.resolve()
    }
    const begun = Math.ceil(stages() / 2) - Math.ceil(before / 2)
    if (begun > 0 && changed) return { inVain, delay: items + peers - BEFORE }
    inVain += begun
  }
  return { inVain, delay: undefined }
}
