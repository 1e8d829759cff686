// Usage: npm run bench -- merging [--json] [--quick] [--peers 1,2,4] [--interval 20000,100000] [--rule sum,amplify-average]
//        [--rate 0.2] [--growth 0] [--seeds 1] [--words N] [--with FILE,...] [--write]
//
// What N peers are worth: N replicas in one process learn word vectors from one text between them, and what they agree
// on at the end is compared with what one replica learns from the same words. Skip-gram with the defaults of word2vec,
// the vocabulary counted in a pass of its own.
//
// The text is in its own order, each line given to one replica by its hash. Replicas take turns of one batch (8,192 slots: no
// interval can be shorter), as if they ran at once. Each packs when it has trained `interval` words of its own, the packs of
// the replicas spread over the interval; a pack reaches all others after their next batch, and is applied there at once.
//
//   heldout_loss      mean loss of a context in every 100th line, which nobody trains on; 99: diverged
//   ws353, simlex999  Spearman's rho
//   …_one             of one replica, with the default rate: the mean over at least four seeds, since WS-353 alone
//                     has a standard deviation of about 0.02 from seed to seed
//   value             heldout_loss less heldout_loss_one
//   bytes_per_word    of the packs, each counted once, by the words trained; a row is dim + 13 bytes
//
// Options: --rule: merging-rules.ts lists them; --growth G: an interval is at most G times the words its peer has trained, so
// it begins at one batch; --rate: learning rates; --with: rows of earlier runs (--json) for the table, which takes long to
// measure at a stretch; --quick: a tenth of the text and few cells; --words N: its first N words; --write puts
// the figures into bench/RESULTS.md.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BATCH_SLOTS } from '../kernels/contract.ts'
import { openDevice } from '../src/index.ts'
import { resolveOptions } from '../src/models/word2vec-options.ts'
import { writeCorpus } from './corpus.ts'
import { machine } from './machine.ts'
import { mean } from './measure.ts'
import { openJudge } from './merging-judge.ts'
import { ruleOf } from './merging-rules.ts'
import { type Merged, runCell } from './merging-run.ts'
import { mergingTable } from './merging-table.ts'
import { readSlots } from './merging-text.ts'
import { openReport, type Row } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    peers: { type: 'string' },
    interval: { type: 'string' },
    rule: { type: 'string' },
    rate: { type: 'string' },
    growth: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '1' },
    words: { type: 'string' },
    with: { type: 'string' },
    write: { type: 'boolean', default: false }
  }
})
const numbers = (text: string) => text.split(',').map(Number)
const peerCounts = numbers(values.peers ?? (values.quick ? '2,8' : '2,4,8,16'))
const intervals = numbers(values.interval ?? (values.quick ? '20000' : '8192,20000,100000,500000')).map(
  interval => Math.max(interval, BATCH_SLOTS)
)
const rules = (
  values.rule ?? (values.quick ? 'sum,amplify-average' : 'sum,amplify-average,fresh-amplify-average,mean')
).split(',')
const growths = numbers(values.growth)
const seeds = Number(values.seeds)
const onesSeeds = values.quick ? seeds : Math.max(seeds, 4)
const defaults = resolveOptions({}, 'wasm')
const rates = numbers(values.rate ?? String(defaults.rate))

const loaded = machine()
const report = openReport(values.json)
const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
const { device } = await openDevice('wasm', { threads: 1 })
try {
  const share = values.quick ? { share: 0.1 } : {}
  const corpus = await writeCorpus(
    folder,
    values.words === undefined ? share : { words: Number(values.words) }
  )
  const text = await readSlots(corpus.path, defaults.minCount, defaults.subsample)
  const about =
    `${corpus.words.toLocaleString('en-US')} words of ${corpus.source}, ${text.vocabulary.size.toLocaleString('en-US')} different ones; ` +
    `every 100th line held out; ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, one replica ${onesSeeds}; dim ${defaults.dim}`
  report.say(about)
  const judge = await openJudge(device, text, defaults)

  const measure = async (setting: Setting, seeds: number): Promise<Merged> => {
    const { peers, interval, rule, rate, growth } = setting
    const cell = { peers, interval, rule: ruleOf(rule), growth }
    const runs: Merged[] = []
    const start = performance.now()
    for (let seed = 1; seed <= seeds; seed++) {
      runs.push(await runCell(device, text, judge, cell, { ...defaults, rate, seed }))
    }
    const of = (name: keyof Merged) => mean(runs.map(run => run[name]))
    const [loss, ws353, simlex999] = [of('loss'), of('ws353'), of('simlex999')]
    const seconds = ((performance.now() - start) / 1000).toFixed(0)
    report.say(
      `  ${Object.values(setting).join(' ')}: loss ${loss.toFixed(4)}, ws353 ${ws353.toFixed(3)}, ` +
        `simlex999 ${simlex999.toFixed(3)} (${seconds} s)`
    )
    return { loss, ws353, simlex999, packRows: of('packRows'), packs: of('packs') }
  }
  const alone = { peers: 1, interval: 0, rule: 'none', growth: 0 }
  const one = await measure({ ...alone, rate: defaults.rate }, onesSeeds)
  const add = ({ peers, interval, rule, rate, growth }: Setting, merged: Merged) => {
    report.add({
      bench: 'merging',
      name: 'heldout_loss_over_one',
      value: merged.loss - one.loss,
      unit: 'nats',
      peers,
      interval_words: interval,
      rule,
      rate,
      growth,
      heldout_loss: merged.loss,
      ws353: merged.ws353,
      simlex999: merged.simlex999,
      heldout_loss_one: one.loss,
      ws353_one: one.ws353,
      simlex999_one: one.simlex999,
      bytes_per_word: (merged.packRows * merged.packs * (defaults.dim / 2 + 13)) / corpus.words,
      words: corpus.words
    })
  }
  add({ ...alone, rate: defaults.rate }, one)
  for (const rate of rates) {
    if (rate !== defaults.rate) add({ ...alone, rate }, await measure({ ...alone, rate }, onesSeeds))
    for (const setting of settingsOf(rate)) add(setting, await measure(setting, seeds))
  }
  await judge.close()
  const table = mergingTable([...rowsOf(values.with?.split(',') ?? []), ...report.rows])
  if (!values.json) console.log(table)
  if (values.write) writeSection('merging', loaded, [about, table])
} finally {
  await device.close()
  rmSync(folder, { recursive: true })
}

interface Setting {
  readonly peers: number
  readonly interval: number
  readonly rule: string
  readonly rate: number
  readonly growth: number
}

/** The cells that were asked for, of several peers. */
function settingsOf(rate: number): Setting[] {
  return peerCounts
    .filter(peers => peers > 1)
    .flatMap(peers =>
      intervals.flatMap(interval =>
        rules.flatMap(rule => growths.map(growth => ({ peers, interval, rule, rate, growth })))
      )
    )
}

/** Rows that earlier runs printed. */
function rowsOf(files: readonly string[]): Row[] {
  const texts = files.flatMap(file => readFileSync(file, 'utf8').trim().split('\n'))
  return texts.filter(text => text !== '').map(text => JSON.parse(text) as Row)
}
