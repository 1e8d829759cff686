// Usage: npm run bench -- scaleout [--json] [--peers 1,2] [--words N] [--runs 3] [--exchange-every WORDS] [--write]
//        npm run bench -- scaleout --simulate 64 [--json] [--words N] [--dim 16] [--write]
//
// What more peers are worth: 1, 2, 4, … peers learn word vectors from one text together, on this machine, each a process of its
// own with one training thread, kept to a core of its own (taskset) so that a peer has what a machine of one core would
// give it. The text is divided by line (--shard auto), so all together train it once.
//
//   words_per_s     words of the text by the time from the first peer's first trained word to the last one's last
//   ratio_to_one    that, over one peer's by itself in the same run of the bench
//   ratio_apart     the same of peers that train their parts at the same time without a word to each other: what the machine
//                   gives, and so the most that ratio_to_one can be
//   bytes_per_word  bytes that all peers sent over their links (before encryption) by the words trained
//   dense_over      bytes a word of what TensAIR does, over bytes_per_word: after each mini-batch each peer sends the gradient of
//                   all parameters, dense, in f32, to each other peer: (peers - 1) · 4 · 2 · vocabulary · dim / mini-batch. A
//                   mini-batch is ours, 8192 words; with its 128 it would be 64 times as much
//   staleness_mean  milliseconds from a pack's making to its application elsewhere, transit not counted
//   apply_share     share of the time that peers spent applying others' packs
//
// Runs go in turn; figures are medians. The peers' hashes must be equal, or there is no figure. Quality is that of one
// peer's vectors.
//
// With --simulate: up to so many peers in this process, in simulated time, each with a real tree and ledger, that play back
// what a real training has packed. All must come to the same state, or there is no figure.
//
//   bytes_out_per_peer_per_s, bytes_in_…  bytes as the codec writes them, every word known already: the mean of the peers;
//                   `most`: of the peer that has most
//                   overlay `tree`; `mesh`: the same packs, each sent to each other peer
//   exchanges_per_peer_per_s  times that a peer packs; `least`: of the peer that does least often
//   staleness_mean  milliseconds from a pack's making to its application at each other peer, transit and waiting counted
//   …_growth        the greatest figure of all numbers of peers over the least
//

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { BATCH_SLOTS } from '../kernels/contract.ts'
import { openDevice } from '../kernels/index.ts'
import type { EndEvent, JobEvent } from '../src/jobs/events.ts'
import { readWordVectors } from '../src/models/word2vec-state.ts'
import { fileStore } from '../src/sinks/file-store.ts'
import { type Corpus, writeCorpus } from './corpus.ts'
import { machine, root } from './machine.ts'
import { mean, median } from './measure.ts'
import { hasWordSets, type Quality, qualityOf } from './quality.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'
import { simulate } from './scaleout-simulated.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    peers: { type: 'string' },
    words: { type: 'string' },
    runs: { type: 'string', default: '3' },
    'exchange-every': { type: 'string' },
    simulate: { type: 'string' },
    dim: { type: 'string', default: '16' },
    write: { type: 'boolean', default: false }
  }
})
const DIM = 100 // the default, which peers train with
const cores = availableParallelism()
const counts = (values.peers ?? [1, 2, 4, 8, 16].filter(count => count <= cores).join(','))
  .split(',')
  .map(Number)
const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** What some peers came to together. */
interface Outcome {
  readonly wordsPerSecond: number
  readonly bytesPerWord: number
  /** A word's share of a mini-batch's dense gradient. */
  readonly denseBytes: number
  readonly staleness: number
  readonly applyShare: number
  readonly loss: number
  readonly quality: Quality | undefined
}

const loaded = machine()
const report = openReport(values.json)
const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
const { device } = await openDevice('wasm', { threads: 1 })
const length = values.words === undefined ? {} : { words: Number(values.words) }
try {
  if (values.simulate === undefined) {
    const what = await measure()
    if (values.write) writeSection('scaleout', loaded, [what, markdownTable(report.rows)])
  } else {
    const simulation = { most: Number(values.simulate), dim: Number(values.dim), words: length.words }
    const parts = await simulate(report, folder, simulation)
    const title = 'scaleout simulated'
    if (values.write) writeSection('scaleout', loaded, [...parts, markdownTable(report.rows)], title)
  }
} finally {
  await device.close()
  rmSync(folder, { recursive: true, force: true })
}
report.close()

/** Trains with real processes; returns what was done, in words. */
async function measure(): Promise<string> {
  const corpus = await writeCorpus(folder, length)
  const what =
    `${corpus.words.toLocaleString('en-US')} words of ${corpus.source}; one thread a peer` +
    (pinned ? ', each kept to a core' : '; taskset is not there, so peers share the cores')
  report.say(what)
  const outcomes = new Map<number, Outcome[]>(counts.map(count => [count, []]))
  const apart = new Map<number, number[]>(counts.map(count => [count, []]))
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [count, list] of outcomes) {
      if (count > 1) {
        const speed = (await train(count, corpus, join(folder, `${count}-${run}-apart`), run, true))
          .wordsPerSecond
        report.say(
          `  ${count} peers apart, run ${run + 1}: ${Math.round(speed).toLocaleString('en-US')} words/s`
        )
        apart.get(count)?.push(speed)
      }
      const outcome = await train(count, corpus, join(folder, `${count}-${run}`), run, false)
      report.say(
        `  ${count} peers, run ${run + 1}: ${Math.round(outcome.wordsPerSecond).toLocaleString('en-US')} words/s`
      )
      list.push(outcome)
    }
  }
  const one = middle(outcomes.get(1) ?? [], outcome => outcome.wordsPerSecond)
  for (const [count, list] of outcomes) add(count, list, one, median(apart.get(count) ?? []))
  return what
}

function add(peers: number, list: readonly Outcome[], one: number, apart: number): void {
  const row = (name: string, value: number, unit: string, more = {}) =>
    report.add({ bench: 'scaleout', name, value, unit, peers, runs: list.length, ...more })
  const speed = middle(list, outcome => outcome.wordsPerSecond)
  row('words_per_s', speed, 'words/s')
  if (Number.isFinite(one)) row('ratio_to_one', speed / one, 'times')
  if (Number.isFinite(apart / one)) row('ratio_apart', apart / one, 'times')
  row(
    'loss',
    middle(list, outcome => outcome.loss),
    'nats a context'
  )
  for (const name of ['ws353', 'simlex999'] as const) {
    const found = list.flatMap(({ quality }) => (quality === undefined ? [] : [quality[name]]))
    if (found.length > 0) row(name, mean(found), 'rho')
  }
  if (peers === 1) return
  row(
    'bytes_per_word',
    middle(list, outcome => outcome.bytesPerWord),
    'bytes'
  )
  row(
    'dense_over',
    middle(list, outcome => ((peers - 1) * outcome.denseBytes) / outcome.bytesPerWord),
    'times'
  )
  row(
    'staleness_mean',
    middle(list, outcome => outcome.staleness),
    'ms'
  )
  row(
    'apply_share',
    middle(list, outcome => outcome.applyShare),
    'of the time'
  )
}

function middle(list: readonly Outcome[], figure: (outcome: Outcome) => number): number {
  return median(list.map(figure))
}

/** What a peer said while it trained. */
interface Told {
  readonly process: ChildProcess
  startedAt: number
  trainedAt: number
  bytesOut: number
  readonly staleness: number[]
  readonly applyShare: number[]
  end: EndEvent | undefined
}

async function train(
  count: number,
  corpus: Corpus,
  place: string,
  run: number,
  apart: boolean
): Promise<Outcome> {
  const swarm = `bench-${process.pid}-${run}-${count}`
  const peers = Array.from({ length: count }, (_, i) =>
    start(
      i,
      corpus.path,
      join(place, `${i}`),
      run,
      apart ? ['--swarm', `${swarm}-${i}`, '--no-mdns', '--shard', `${i + 1}/${count}`] : ['--swarm', swarm]
    )
  )
  const told = await Promise.all(peers)
  const hashes = new Set(told.map(({ end }) => end?.sharedHash))
  if (hashes.size !== 1 && !apart)
    throw new Error(`scaleout: the peers do not agree: ${[...hashes].join(', ')}`)
  const words = told.reduce((sum, { end }) => sum + (end?.runWords ?? 0), 0)
  if (Math.abs(words / corpus.words - 1) > 0.01) {
    throw new Error(`scaleout: ${corpus.words} words were to be trained once; ${words} were`)
  }
  const seconds =
    (Math.max(...told.map(peer => peer.trainedAt)) - Math.min(...told.map(peer => peer.startedAt))) / 1000
  return {
    wordsPerSecond: words / seconds,
    bytesPerWord: told.reduce((sum, { bytesOut }) => sum + bytesOut, 0) / words,
    denseBytes: (4 * 2 * (told[0]?.end?.vocabulary ?? Number.NaN) * DIM) / BATCH_SLOTS,
    staleness: mean(told.flatMap(({ staleness }) => staleness)),
    applyShare: mean(told.flatMap(({ applyShare }) => applyShare)),
    loss: mean(told.map(({ end }) => end?.loss ?? Number.NaN)),
    quality:
      hasWordSets() && !apart
        ? await qualityOf(device, await readWordVectors(fileStore(join(place, '0'))))
        : undefined
  }
}

/** Runs one peer to its end. */
async function start(
  core: number,
  input: string,
  output: string,
  run: number,
  swarm: readonly string[]
): Promise<Told> {
  const args = ['start', 'word2vec', '--input', input, '--output', output, ...swarm, '--json']
  const model = ['--device', 'wasm', '--threads', '1', '--seed', `${1 + run * 100 + core}`]
  const interval = values['exchange-every']
  const more = interval === undefined ? [] : ['--exchange-every', interval]
  const own = [process.execPath, join(root, 'src/cli/tensair.js'), ...args, ...model, ...more]
  const [program = '', ...words] = pinned ? ['taskset', '-c', `${core % cores}`, ...own] : own
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const told: Told = {
    process: child,
    startedAt: 0,
    trainedAt: 0,
    bytesOut: 0,
    staleness: [],
    applyShare: [],
    end: undefined
  }
  let errors = ''
  child.stderr.on('data', text => {
    errors += text
  })
  createInterface({ input: child.stdout }).on('line', line => hear(told, JSON.parse(line) as JobEvent))
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`scaleout: a peer ended with ${code}: ${errors}`)
  return told
}

function hear(told: Told, event: JobEvent): void {
  if (event.event === 'started') told.startedAt = performance.now()
  if (event.event === 'waiting') told.trainedAt = performance.now()
  if (event.event === 'done') {
    told.end = event
    told.bytesOut = event.swarm?.bytesOut ?? 0
  }
  if (event.event !== 'progress' || event.swarm === undefined) return
  if (told.trainedAt > 0) return
  if (event.swarm.stalenessMean > 0) told.staleness.push(event.swarm.stalenessMean)
  told.applyShare.push(event.swarm.applyShare)
}
