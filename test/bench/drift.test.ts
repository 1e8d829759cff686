import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { driftData } from '../../bench/drift-data.ts'
import { contenders } from '../../bench/drift-detectors.ts'
import { f1, pooled, score } from '../../bench/drift-score.ts'
import { drawErrors, javaRandom } from '../../bench/drift-streams.ts'
import { NaiveBayes } from '../../bench/naive-bayes.ts'
import type { Row } from '../../bench/report.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))

test('drift comes to the published figures, beats its bars, and times every detector', async () => {
  const size = ['--runs', '30', '--updates', '20000', '--streams', 'sudden,STAGGER']
  const options = ['--part', 'detectors', ...size, '--json']
  const { stdout } = await run(process.execPath, [...process.execArgv, launcher, 'drift', ...options])
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Row)
  const names = contenders.map(({ name }) => name)
  const detectors = (wanted: (row: Row) => boolean) => rows.filter(wanted).map(row => row.detector)
  deepStrictEqual(
    detectors(row => row.stream === 'sudden'),
    names
  )
  deepStrictEqual(
    detectors(row => row.name === 'updates'),
    names
  )
  const optwin = rows.find(row => row.stream === 'sudden' && row.detector === 'optwin ρ 0.5')
  ok(optwin !== undefined && optwin.value >= 0.9 && Math.abs(Number(optwin.delay) - 27) <= 3)
  const table = rows.find(row => row.name === 'table')
  ok(table !== undefined && table.value > 0)
  if (driftData().length > 0) {
    deepStrictEqual(
      detectors(row => row.stream === 'STAGGER'),
      ['none', ...names]
    )
    const [none, ...adapted] = rows.filter(row => row.stream === 'STAGGER')
    ok(adapted.every(row => Number(row.accuracy) > (none?.value ?? Number.NaN) + 20))
  }
})

test('random numbers are those of java.util.Random', () => {
  const random = javaRandom(42)
  deepStrictEqual([random(), random()], [0.7275636800328681, 0.6832234717598454])
  strictEqual(javaRandom(1)(), 0.7308781907032909)
})

test('drawn errors have the share asked for', () => {
  const errors = drawErrors(row => (row <= 5000 ? 0.2 : 0.7), 10_000, 5)
  const share = (from: number) =>
    errors.slice(from, from + 5000).reduce((sum, error) => sum + error, 0) / 5000
  ok(Math.abs(share(0) - 0.2) < 0.02 && Math.abs(share(5000) - 0.7) < 0.02)
})

test('the first alarm after a change is a find, those in the change are nothing, all others are false', () => {
  const changes = [
    { at: 100, end: 200, takes: 20 },
    { at: 300, end: 400, takes: 0 }
  ]
  const one = score([50, 100, 110, 120, 250], changes)
  deepStrictEqual(one, { found: 1, falseAlarms: 3, missed: 1, delays: [1] })
  strictEqual(f1(one), 2 / (2 + 3 + 1))
  const both = pooled([one, score([109, 399], changes)])
  deepStrictEqual(both, { found: 3, falseAlarms: 3, missed: 1, delays: [1, 10, 100] })
})

test('naive Bayes learns numbers and categories, and refuses a class there is not', () => {
  const bayes = new NaiveBayes(['number', { categories: 3 }], 2)
  strictEqual(bayes.predict([0, 0]), 0)
  for (let i = 0; i < 50; i++) {
    bayes.train([i % 5, i % 2], 0)
    bayes.train([10 + (i % 5), 2], 1)
  }
  deepStrictEqual(
    [
      [2, 0],
      [12, 2],
      [6.6, 2],
      [6.6, 1]
    ].map(example => bayes.predict(example)),
    [0, 1, 1, 0]
  )
  strictEqual(bayes.fresh().predict([12, 2]), 0)
  throws(() => bayes.train([1, 1], 2), /there is no class 2/)
})

test('naive Bayes predicts by densities and shares: checked by hand', () => {
  const bayes = new NaiveBayes(['number'], 2)
  for (const x of [-1, 1]) bayes.train([x], 0)
  for (const x of [1, 3, 1, 3]) bayes.train([x], 1)
  // Means 0 and 2, variances 2 and 4/3, shares 1/3 and 2/3.
  const density = (x: number, mean: number, variance: number) =>
    Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(variance)
  for (let x = -3; x < 5; x += 0.25) {
    strictEqual(bayes.predict([x]), density(x, 0, 2) / 3 > (2 / 3) * density(x, 2, 4 / 3) ? 0 : 1, `${x}`)
  }
})
