// Usage: npm run bench -- word2vec [--json] [--against gensim,fasttext] [--quick] [--threads 2] [--seeds 3] [--words N]
//        [--part whole,short] [--write]
//
// Learns word vectors from one text with ours and with others, in turn, each run a process of its own: skip-gram, 100
// dimensions, window 5, 5 negatives, t = 1e-4, words seen 5 times or more, one pass.
//
//   train_words_per_s   words of the text, known or not, by the time while training is in progress
//   run_words_per_s     the same words by the time until the text is learned: reading, vocabulary, tokenizing, training
//
// Ours trains while it reads, so its two nearly coincide; its run begins with the start of its process. gensim's training is
// train() alone, its run build_vocab() and train(), without Python's start and imports. fasttext's training lasts from its
// first line of progress to its last, its run from the start of its process. Nobody's export is counted. Both are medians;
// `value` is ours, `peer_value` theirs.
//
// Quality is the mean over the seeds of what one evaluator says of everybody's vectors. Ours with SGD reads the vocabulary
// in a pass of its own first, as gensim does, and has the rates that gensim's workers have: from 0.025 to 0.01255 only, since each of the two compares what it has read itself with the whole
// text (peers/gensim.ts). On a software adapter webgpu gets a short text, and so do those it is compared with: a part of
// its own. The word sets can say little of it, so the mean loss of both devices is given too.
//
// Options: --quick runs once on the first tenth of the text, on wasm only; --words N on its first N words; --seeds N runs each
// N times; --part chooses between the whole text and the short one; --write puts the figures into bench/RESULTS.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Corpus, writeCorpus } from './corpus.ts'
import { machine } from './machine.ts'
import type { Run } from './peers/peer.ts'
import { findPeers, type OwnProgram, ours, type Program, runInTurn } from './programs.ts'
import { hasWordSets } from './quality.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'
import { webGpuKind } from './web-gpu-kind.ts'
import { lossRows, memoryRow, qualityRows, speedRows } from './word2vec-rows.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    against: { type: 'string', default: 'gensim,fasttext' },
    quick: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    seeds: { type: 'string' },
    words: { type: 'string' },
    part: { type: 'string', default: 'whole,short' },
    write: { type: 'boolean', default: false }
  }
})
const seeds = Number(values.seeds ?? (values.quick ? 1 : 3))
const settings = {
  dim: 100,
  window: 5,
  negatives: 5,
  subsample: 1e-4,
  minCount: 5,
  threads: Number(values.threads),
  seed: 1
}
const SOFTWARE_WORDS = 1_000_000
const parts = values.part.split(',')

const loaded = machine()
const report = openReport(values.json)
let notes: string[] = []
let written = 0
const { peers, missing } = findPeers(values.against.split(',').filter(name => name !== ''))
if (missing !== undefined) report.say(missing)
const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
try {
  const share = values.quick ? { share: 0.1 } : {}
  const limit = values.words === undefined ? share : { words: Number(values.words) }
  const webgpu = values.quick || values.words !== undefined ? 'none' : await webGpuKind()
  if (parts.includes('whole')) {
    await measure(await writeCorpus(folder, limit), webgpu === 'hardware' ? ['wasm', 'webgpu'] : ['wasm'])
    write('word2vec')
  }
  if (parts.includes('short') && webgpu === 'software' && hasWordSets()) {
    await compareSoftware()
    write('word2vec on a short text')
  }
  report.close()
} finally {
  rmSync(folder, { recursive: true })
}

/** With --write, puts what was measured since the last time into a section of the results. */
function write(title: string): void {
  if (values.write)
    writeSection('word2vec', loaded, [...notes, markdownTable(report.rows.slice(written))], title)
  notes = []
  written = report.rows.length
}

/** Speed and quality on the whole text. */
async function measure(corpus: Corpus, devices: readonly OwnProgram['device'][]): Promise<void> {
  note(header(corpus))
  const adagrad = devices.map(device => ours(device, 'adagrad'))
  const sgd = hasWordSets() ? devices.map(device => ours(device, 'sgd')) : []
  const runs = await runInTurn([...adagrad, ...peers, ...sgd], corpus, folder, settings, seeds, report.say)
  note(programsOf(runs))
  for (const program of adagrad) {
    for (const row of speedRows(runs, program, peers, corpus.words)) report.add(row)
  }
  for (const program of adagrad) report.add(memoryRow(runs, program, settings.dim))
  if (!hasWordSets()) {
    report.say('quality: not judged, ../shared/data/wordsets is not here')
    return
  }
  for (const row of await qualityRows(runs, [...adagrad, ...sgd], peers, settings.dim)) report.add(row)
}

/** Quality on a text that a software adapter can learn in reasonable time. */
async function compareSoftware(): Promise<void> {
  const corpus = await writeCorpus(folder, { words: SOFTWARE_WORDS })
  note(`webgpu is a software adapter here; quality on the first ${header(corpus)}`)
  const webgpu = [ours('webgpu', 'adagrad'), ours('webgpu', 'sgd')]
  const wasm = [ours('wasm', 'adagrad'), ours('wasm', 'sgd')]
  const judged = peers.filter(({ name }) => name === 'gensim')
  const runs = await runInTurn([...webgpu, ...wasm, ...judged], corpus, folder, settings, seeds, report.say)
  note(programsOf(runs))
  for (const row of lossRows(runs, webgpu, wasm, corpus.words)) report.add(row)
  for (const row of await qualityRows(runs, webgpu, [...wasm, ...judged], settings.dim, corpus.words))
    report.add(row)
}

function header({ words, lines, source }: Corpus): string {
  const { threads } = settings
  return `${words.toLocaleString('en-US')} words in ${lines.toLocaleString('en-US')} lines of ${source}; ${threads} threads, ${seeds} runs each`
}

/** The programs as they name themselves, each once. */
function programsOf(runs: ReadonlyMap<Program, readonly Run[]>): string {
  return [...new Set([...runs.values()].flatMap(list => list.map(({ about }) => about)))].join('; ')
}

/** Something a reader of the figures should know. */
function note(text: string): void {
  notes.push(text)
  report.say(text)
}
