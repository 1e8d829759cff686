// Usage: npm run bench -- scaleout [--json] [--peers 1,2] [--words N] [--runs 3] [--feed one] [--exchange-every WORDS] [--write]
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
//   feed_words_per_s, feed_ratio_to_one  with --feed one: the first two where one peer reads the text and gives its lines to whichever
//                   peer has room (--shard feed), and the others read nothing
//   event_loop_delay_p99  99 of 100 delays of the event loop while training were shorter; of the peer that has the longest
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

import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openDevice } from '../kernels/index.ts'
import { writeCorpus } from './corpus.ts'
import { machine } from './machine.ts'
import { mean, median } from './measure.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'
import { type Outcome, pinned, type Trial, train } from './scaleout-real.ts'
import { simulate } from './scaleout-simulated.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    peers: { type: 'string' },
    words: { type: 'string' },
    runs: { type: 'string', default: '3' },
    feed: { type: 'string' },
    'exchange-every': { type: 'string' },
    simulate: { type: 'string' },
    dim: { type: 'string', default: '16' },
    write: { type: 'boolean', default: false }
  }
})
if (values.feed !== undefined && values.feed !== 'one')
  throw new Error(`scaleout: --feed: wanted one; got ${values.feed}`)
const cores = availableParallelism()
const counts = (values.peers ?? [1, 2, 4, 8, 16].filter(count => count <= cores).join(','))
  .split(',')
  .map(Number)

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
  const fed = new Map<number, number[]>(counts.map(count => [count, []]))
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [count, list] of outcomes) {
      const trial = { peers: count, corpus, run, interval: values['exchange-every'] }
      const go = async (who: string, way: Trial['way']) => {
        const outcome = await train(device, { ...trial, folder: join(folder, `${count}-${run}-${way}`), way })
        const speed = Math.round(outcome.wordsPerSecond).toLocaleString('en-US')
        report.say(`  ${who}, run ${run + 1}: ${speed} words/s`)
        return outcome
      }
      if (count > 1) apart.get(count)?.push((await go(`${count} peers apart`, 'apart')).wordsPerSecond)
      if (count > 1 && values.feed === 'one')
        fed.get(count)?.push((await go(`${count} peers, one feeds`, 'feed')).wordsPerSecond)
      list.push(await go(`${count} peers`, 'shared'))
    }
  }
  const one = middle(outcomes.get(1) ?? [], outcome => outcome.wordsPerSecond)
  for (const [count, list] of outcomes)
    add(count, list, one, { apart: median(apart.get(count) ?? []), fed: median(fed.get(count) ?? []) })
  return what
}

function add(
  peers: number,
  list: readonly Outcome[],
  one: number,
  others: { readonly apart: number; readonly fed: number }
): void {
  const { apart, fed } = others
  const row = (name: string, value: number, unit: string, more = {}) =>
    report.add({ bench: 'scaleout', name, value, unit, peers, runs: list.length, ...more })
  const speed = middle(list, outcome => outcome.wordsPerSecond)
  row('words_per_s', speed, 'words/s')
  if (Number.isFinite(one)) row('ratio_to_one', speed / one, 'times')
  if (Number.isFinite(apart / one)) row('ratio_apart', apart / one, 'times')
  if (Number.isFinite(fed)) row('feed_words_per_s', fed, 'words/s')
  if (Number.isFinite(fed / one)) row('feed_ratio_to_one', fed / one, 'times')
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
  row(
    'event_loop_delay_p99',
    middle(list, outcome => outcome.eventLoopDelay),
    'ms'
  )
}

function middle(list: readonly Outcome[], figure: (outcome: Outcome) => number): number {
  return median(list.map(figure))
}
