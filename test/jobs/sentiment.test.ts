import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocketServer } from 'ws'
import type { Adapted } from '../../src/dataflow/adapt-learner.ts'
import type { Alarm } from '../../src/dataflow/swarm-alarms.ts'
import type { FlowEvent } from '../../src/jobs/flow-events.ts'
import { readOptions } from '../../src/jobs/job-options.ts'
import type { Computing } from '../../src/jobs/model-device.ts'
import { runJob } from '../../src/jobs/run-job.ts'
import { sentiment } from '../../src/jobs/sentiment.ts'
import {
  type Figure,
  type FiguresEvent,
  type PredictionEvent,
  type SentimentEvent,
  sentimentEvents
} from '../../src/jobs/sentiment-events.ts'
import { type Tweet, tweetsName } from '../../src/jobs/sentiment-tweets.ts'
import type { TextClass } from '../../src/models/text-classifier.ts'
import { stream } from '../../src/stream.ts'
import { weather } from '../models/weather.ts'

/** The model needs no device. */
const computing: Computing = {
  deviceChoice: 'auto',
  threads: 1,
  openDevice: () => Promise.reject(new Error('no device is wanted here'))
}

/** A file of that name, for the time of the test. */
async function fileOf(t: TestContext, name: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tensair-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** What the job emits and tells, with options as from the command line. */
async function run(given: Readonly<Record<string, unknown>>) {
  const events: SentimentEvent[] = []
  const told: FlowEvent[] = []
  const end = await runJob({
    job: sentiment,
    options: await readOptions(sentiment, given),
    computing,
    signal: new AbortController().signal,
    emit: async items => void events.push(...(Array.from(items) as SentimentEvent[])),
    tell: event => void told.push(event)
  })
  const warnings = told.flatMap(event => (event.event === 'warning' ? [event.message] : []))
  return { events, end, warnings }
}

const labels = ['sun', 'rain']
const csvOf = (
  texts: readonly { text: string; label: string }[],
  time: (i: number) => string | number = i => i
) => ['text,label,time', ...texts.map(({ text, label }, i) => `"${text}",${label},${time(i)}`)].join('\n')

/** Texts about two kinds of weather, one in ten of which says the opposite of what it means. */
const texts = (count: number) =>
  weather(count, 1).map(({ text, label }, i) => ({
    text,
    label: i % 10 === 0 ? (label === 'sun' ? 'rain' : 'sun') : label
  }))

test('a drift is found soon, training begins and ends, and what is predicted is right again', async t => {
  const input = await fileOf(t, 'weather.csv', csvOf(texts(8000)))
  const { events, end } = await run({ input, labels, swapAt: ['4000'], every: 1000 })
  const marks = events.filter(({ type }) => type !== 'figures')
  deepStrictEqual(
    marks.map(({ type }) => type),
    ['training', 'stable', 'drift', 'training', 'stable']
  )
  const [, , drift] = marks
  ok(drift !== undefined && drift.tweets > 4000 && drift.tweets < 4200, JSON.stringify(drift))
  const figures = events.filter(event => event.type === 'figures')
  deepStrictEqual(
    figures.map(({ tweets }) => tweets),
    [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
  )
  const [before, through, after] = [3, 4, 7].map(i => figures[i] as FiguresEvent)
  ok(
    before.accuracy > 0.85 && after.accuracy > 0.85 && through.accuracy < before.accuracy,
    JSON.stringify(figures)
  )
  ok(after.trained < 4000 && after.kappa > 0.7 && after.balancedAccuracy > 0.85)
  strictEqual(end.items, 8000)
})

test('figures are over the last tweets, each predicted before it was learned, and come at the end too', async t => {
  const input = await fileOf(
    t,
    'weather.ndjson',
    texts(130)
      .map(row => JSON.stringify(row))
      .join('\n')
  )
  const { events } = await run({ input, labels, window: 40, every: 50, predictions: true })
  const predictions = events.filter((event): event is PredictionEvent => event.type === 'prediction')
  deepStrictEqual(
    predictions.map(({ text, label }) => ({ text, label })),
    texts(130)
  )
  for (const figures of events.filter((event): event is FiguresEvent => event.type === 'figures')) {
    const last = predictions.slice(Math.max(0, figures.tweets - 40), figures.tweets)
    const share = (of: readonly PredictionEvent[]) =>
      of.filter(({ label, predicted }) => label === predicted).length / of.length
    const balanced =
      (share(last.filter(({ label }) => label === 'sun')) +
        share(last.filter(({ label }) => label === 'rain'))) /
      2
    ok(Math.abs(figures.accuracy - share(last)) < 1e-12)
    ok(Math.abs(figures.balancedAccuracy - balanced) < 1e-12)
  }
  deepStrictEqual(
    events.flatMap(event => (event.type === 'figures' ? [[event.tweets, event.trained]] : [])),
    [
      [50, 50],
      [100, 100],
      [130, 130]
    ]
  )
  // Nothing was known of the first ones.
  strictEqual(predictions[0]?.probability, 0.5)
})

test('tweets are replayed so many times as fast as they came, and labels swapped from a time on', async t => {
  const day = (i: number) => `2009-05-18T12:00:0${i}`
  const input = await fileOf(t, 'tweets.csv', csvOf(weather(6, 2), day))
  const started = performance.now()
  const { events } = await run({ input, labels, replay: '100x', swapAt: [day(3), day(5)], predictions: true })
  ok(performance.now() - started >= 50)
  deepStrictEqual(
    events.flatMap(event => (event.type === 'prediction' ? [event.label] : [])),
    weather(6, 2).map(({ label }, i) => (i === 3 || i === 4 ? (label === 'sun' ? 'rain' : 'sun') : label))
  )
})

test('records that are no tweets are left out and told of, but where there are no others: then the options are wrong', async t => {
  const rows = '{"text":"warm","label":"sun","time":1}\n'
  const some = await fileOf(
    t,
    'some.ndjson',
    `${rows}{"label":"sun"}\n{"text":"a","label":"snow"}\n[]\nno\n${rows}`
  )
  const { end, warnings } = await run({ input: some, labels })
  strictEqual(end.items, 2)
  deepStrictEqual(warnings, [
    'sentiment: left out: the text must be in text, and is not there; give --text-column',
    'sentiment: 4 records were left out'
  ])
  const ends = (more: object, message: string) =>
    rejects(run({ input: some, labels, ...more }), { name: 'SourceError', message })
  await ends(
    { labels: ['fog', 'hail'] },
    `sentiment: ${some}: the label in label must be one of fog, hail; got sun; give --label-column and --labels`
  )
  await ends(
    { timeColumn: 'at', replay: '2x' },
    `sentiment: ${some}: the time in at must be ISO 8601 or ms since 1970; got undefined; give --time-column`
  )
  await ends(
    { input: 'tweets' },
    'sentiment: tweets does not say whether it is CSV or NDJSON; give --format csv or --format ndjson'
  )
  const many = await fileOf(t, 'many.ndjson', rows.repeat(150))
  const wrong = `sentiment: ${many}: the text must be in words, and is not there; give --text-column`
  await ends({ input: many, textColumn: 'words' }, wrong)
  const broken = await fileOf(t, 'broken.csv', 'text,label\n"a,b,c\nwarm,sun\n')
  const rest = await run({ input: broken, labels })
  strictEqual(rest.end.items, 1)
  match(rest.warnings.join(), /^sentiment: left out: csv: row 2 of .*broken\.csv/)
})

test('a WebSocket is an input too', async t => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.after(() => server.close())
  await once(server, 'listening')
  server.on('connection', client => {
    for (const tweet of weather(3, 1)) client.send(JSON.stringify(tweet))
    client.close(1000)
  })
  const { port } = server.address() as AddressInfo
  const { events, end } = await run({ input: `ws://127.0.0.1:${port}`, labels })
  strictEqual(end.items, 3)
  deepStrictEqual(
    events.map(({ type, tweets }) => [type, tweets]),
    [
      ['training', 1],
      ['figures', 3]
    ]
  )
})

test('options that make no sense are refused by name', async () => {
  const refused = (given: object, message: RegExp) =>
    rejects(readOptions(sentiment, { input: '-', ...given }), (error: Error) => {
      match(error.message, message)
      return true
    })
  await refused({ replay: '1000' }, /^--replay: say how many times as fast .* got "1000"$/)
  await refused({ replay: '0x' }, /^--replay: must be above 0x; got "0x"$/)
  await refused({ swapAt: ['soon'] }, /^--swap-at: must be a number of tweets, or a time as .*; got "soon"$/)
  await refused({ labels: ['one'] }, /^--labels: give at least two/)
  await refused({ labels: ['one', 'one'] }, /^--labels: give each once/)
  await refused({ window: 0 }, /^--window: /)
  await refused({ alarms: '2' }, /^--alarms: must be any, or peers and seconds as 2\/60; got "2"$/)
  await refused({ alarms: '0/60' }, /^--alarms: /)
  await refused({ alarms: '2/0' }, /^--alarms: /)
})

test('what makes a swarm adapt is any alarm, or those of so many peers within so many seconds', async () => {
  const of = async (given: object) => (await readOptions(sentiment, { input: '-', ...given })).alarms
  strictEqual(await of({}), 'any')
  deepStrictEqual(await of({ alarms: '2/0.5' }), { peers: 2, within: 500 })
})

test('alarms of other peers are told of once, with the first tweet after they were heard', async () => {
  const heard: Alarm[] = []
  const alarms = {
    peer: 'self',
    last: heard,
    get count() {
      return heard.length
    }
  }
  const alarm = (origin: string, number: number): Alarm => ({
    ...{ origin, number, session: 1, stage: 2, time: 1000 + number, magnitude: 0.25 }
  })
  const results = stream<Adapted<Tweet, TextClass, Figure>>(async function* () {
    for (let i = 0; i < 4; i++) {
      if (i === 1) heard.push(alarm('other', 1), alarm('self', 1), alarm('third', 1))
      const prediction = { label: 'sun', probabilities: Float64Array.of(1, 0) }
      const input = { text: 'warm', label: 'sun' }
      yield [{ input, prediction, version: 0, loss: 0, phase: 'stable', verdict: 'none' }]
    }
  })
  const adaptation = { metrics: { accuracy: 1, balancedAccuracy: 1, kappa: 1 } }
  const events = await Array.fromAsync(sentimentEvents(results, adaptation, false, alarms))
  deepStrictEqual(
    events.filter(({ type }) => type === 'alarm'),
    ['other', 'third'].map(peer => ({ type: 'alarm', tweets: 2, peer, time: 1001, magnitude: 0.25 }))
  )
})

test('peers that read the same tweets call them the same; what comes to one alone has no name', async t => {
  const [one, copy, other] = await Promise.all(
    [3, 3, 4].map((seed, i) => fileOf(t, `${i}.csv`, csvOf(weather(50, seed))))
  )
  const name = (input = '') => tweetsName({ input })
  match(await name(one), /^[\da-f]{32}$/)
  strictEqual(await name(one), await name(copy))
  notStrictEqual(await name(one), await name(other))
  deepStrictEqual([await name('-'), await name('wss://example.org')], ['', ''])
  // Without asking it.
  match(await name('https://example.invalid/tweets.csv'), /^[\da-f]{32}$/)
})
