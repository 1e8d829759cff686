import { deepStrictEqual, ok } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readTweets, swapped } from '../../bench/drift-sentiment-data.ts'
import { recovery, share } from '../../bench/drift-sentiment-score.ts'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
const tweets = await readTweets()
const skip = tweets === undefined && 'there is no ../shared/data/tweets here'

test('sentiment comes through two drifts within its bars, beside training always and not at all', {
  skip
}, async () => {
  const options = ['--part', 'sentiment', '--runs', '1', '--json']
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, 'drift', ...options])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  const bars = rows.filter(({ bar }) => bar !== undefined)
  deepStrictEqual(
    bars.map(({ name }) => name),
    Array(2).fill(['delay', 'recovery', 'false alarms', 'training saved', 'accuracy lost']).flat()
  )
  for (const { name, value, bar } of bars) {
    ok(name === 'training saved' ? value >= Number(bar) : value <= Number(bar), `${name}: ${value}`)
  }
  const accuracies = rows.filter(({ name }) => name === 'accuracy')
  deepStrictEqual(
    accuracies.map(({ course }) => course),
    ['when-needed', 'always', 'none']
  )
  const [adapted, , none] = accuracies
  ok(adapted !== undefined && none !== undefined && adapted.value > none.value + 10)
  const curve = rows.filter(({ name }) => name === 'curve')
  // Labels are swapped at tweet 5000: at 7000 a model that does not learn is mostly wrong.
  const between = curve.find(({ at }) => at === 7000)
  ok(between !== undefined && between.value > 0.65 && Number(between.none) < 0.4)
})

test('swapped labels are those between two tweets', () => {
  const some = ['0', '4', '0', '4'].map((label, i) => ({ text: String(i), label }))
  deepStrictEqual(
    swapped(some, [1, 3]).map(({ label }) => label),
    ['0', '0', '4', '4']
  )
})

test('recovery is counted from the drift, over 500 tweets that are all after it', () => {
  const right = Array.from({ length: 4000 }, (_, i) => i < 2000 || i >= 2300)
  // 15 of 500 may be wrong: 3 points.
  deepStrictEqual([recovery(right, 2000, 4000), recovery(right, 2000, 2700)], [785, Number.POSITIVE_INFINITY])
  deepStrictEqual(share([true, false, true, true], 1, 3), 0.5)
})
