// Usage: npm run bench -- drift [--json] [--runs 300] [--updates 2000000] [--streams NAME,…] [--python PATH] [--part NAME,…] [--seconds 5] [--write]
//
// Detectors of drift: how right they are, and how fast; and a model that adapts. Parts: detectors, sentiment, choices, lag; by default the first two.
//
//   f1         of drifts found, with the mean delay in rows and false alarms a run, on streams of errors whose share goes from 0.2 to 0.8
//              at row 1000 (sudden), or from row 2000 on by 0.001 a row (gradual); `runs` seeds. The published forms must come to the
//              figures of OPTWIN's authors over the same 30 seeds, or there is no figure; they stand beside ours.
//              And, where ../shared/data is, on the errors of a naive Bayes on SEA, SEA gradual, sine, STAGGER and mixed, with its
//              accuracy: predict, then learn, a new model at a drift.
//   accuracy   of the same on electricity, where nobody knows the drifts, with the number of alarms
//   updates    a second on one core, on steady errors. Bar: 2 million for OPTWIN and ADWIN. With a Python that has river
//              (python3 -m venv V && V/bin/pip install river, then --python V/bin/python) beside river's
//   table      ms for OPTWIN's table of cuts
//
// Sentiment, where ../shared/data is: a sample of Sentiment140 in the order of time, predicted, then learned by src/dataflow/adapt.ts with
// a text classifier. All labels are swapped at one tweet, and back at another. From 2009-06-17 on all tweets are negative, which no
// error tells of; so all but what says `to_end` ends there. OPTWIN on errors, a new head at a drift.
//
//   delay, recovery, false alarms (these to the end of the sample), training saved, accuracy lost: with their bars, in the worst of 15 runs
//              (5 places of the drifts, 3 seeds; --runs for fewer) and their mean; saved and lost are against training always. By one
//              peer, and by two in this process, in turn, which exchange what they have learned every 256 tweets and adapt as one. The
//              detector, its options and those of the convergence were chosen on the first of these runs.
//   accuracy   of that run, of training always, and of no training after the first convergence; kappa is the mean over windows of 1000 tweets
//   curve      of these: balanced accuracy over the last 1000 tweets
//   rule       false adaptations a run, delay in items of all peers, and drifts missed, by the rule on alarms, with 2, 4 and 8 peers; `lag`: items
//              by which the drift comes later to each next peer
//   tried      choices: every detector, responses to a drift, rules of convergence
//
// Lag, where ../shared/data is: the sentiment job itself, on the same tweets, round and round, from a feed over http in another process that
// sends them by the clock, whether they are read or not. Each run takes `--seconds`; its first fifth is left out.
//
//   highest rate   tweets a second at which the queue of those that are due and not learned does not grow by more than 2 % of them,
//                  training always; by doubling and four bisections
//   lag            from when a tweet is due to when the model has learned it: median and 99th percentile, at half of that rate and at
//                  90 %; also where it learns when needed, with labels swapped in the middle, of the tweets it learned. `queue` is its mean length

import { parseArgs } from 'node:util'
import { driftData } from './drift-data.ts'
import { measureErrors } from './drift-errors.ts'
import { measureLag } from './drift-lag.ts'
import { measureLearning } from './drift-learning.ts'
import { measureSentiment } from './drift-sentiment.ts'
import { measureChoices } from './drift-sentiment-choices.ts'
import { readTweets } from './drift-sentiment-data.ts'
import { measureTable, measureUpdates } from './drift-speed.ts'
import { ERROR_STREAMS } from './drift-streams.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '300' },
    updates: { type: 'string', default: '2000000' },
    streams: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    part: { type: 'string', default: 'detectors,sentiment' },
    seconds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false }
  }
})
const wanted = values.streams?.split(',')
const isWanted = ({ name }: { name: string }) => wanted?.includes(name) ?? true
const parts = values.part.split(',')
const loaded = machine()
const report = openReport(values.json)
if (parts.includes('detectors')) await measureDetectors()
if (['sentiment', 'choices', 'lag'].some(part => parts.includes(part))) await measureTweets()
if (values.write)
  writeSection(
    'drift',
    loaded,
    [markdownTable(report.rows)],
    parts.includes('detectors') ? 'drift' : `drift ${values.part}`
  )
report.close()

async function measureDetectors(): Promise<void> {
  // First, since a table is computed once.
  measureTable(report)
  for (const stream of ERROR_STREAMS.filter(isWanted)) measureErrors(report, stream, Number(values.runs))
  const learned = driftData()
  if (learned.length === 0)
    report.say('drift: no ../shared/data/drift here, so no streams with a naive Bayes')
  for (const stream of learned.filter(isWanted)) measureLearning(report, stream)
  await measureUpdates(report, Number(values.updates), values.python)
}

async function measureTweets(): Promise<void> {
  const tweets = await readTweets()
  if (tweets === undefined) {
    report.say('drift: no ../shared/data/tweets here, so no sentiment')
    return
  }
  if (parts.includes('sentiment')) await measureSentiment(report, tweets, Number(values.runs))
  if (parts.includes('choices')) await measureChoices(report, tweets)
  if (parts.includes('lag')) await measureLag(report, Number(values.seconds))
}
