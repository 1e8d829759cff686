// Usage: npm run bench -- optimizer [--json] [--seeds 3] [--threads 2] [--words N] [--write]
//
// Which settings of the optimiser learn most from one pass: word vectors from one text with each of them (skip-gram, 100
// dimensions, window 5, 5 negatives, t = 1e-4, words seen 5 times or more), judged by the word sets. Means over the seeds.
//
//   loss, ws353, simlex999, analogy_syntactic   of each setting
//
// Options: --words N takes the first N words of the text; --write puts the figures into bench/RESULTS.md.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lines, openDevice, pipe, tokenize, train, type Word2VecOptions, word2vec } from '../src/index.ts'
import { writeCorpus } from './corpus.ts'
import { machine } from './machine.ts'
import { mean } from './measure.ts'
import { hasWordSets, meanQuality, qualityOf } from './quality.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    words: { type: 'string' },
    write: { type: 'boolean', default: false }
  }
})

const SETTINGS: readonly (readonly [setting: string, options: Word2VecOptions])[] = [
  ['adagrad, as it comes', {}],
  ['adagrad, rate 0.1, accumulators from 0', { rate: 0.1, inputAccumulator: 0, outputAccumulator: 0 }],
  ['adagrad, rate 0.2, accumulators from 0', { rate: 0.2, inputAccumulator: 0, outputAccumulator: 0 }],
  ['adagrad, rate 0.2, both accumulators from 4', { outputAccumulator: 4 }],
  ['adagrad, new vectors in ±0.5 / dim', { spread: 0.5 }],
  ['adagrad, rate 0.1, accumulators from 1 and 5', { rate: 0.1, inputAccumulator: 1, outputAccumulator: 5 }],
  ['sgd, rate 0.025', { optimizer: 'sgd' }],
  ['sgd, rate 0.05', { optimizer: 'sgd', rate: 0.05 }]
]

const loaded = machine()
const report = openReport(values.json)
if (!hasWordSets()) {
  report.say('optimizer: skipped, the word sets are not on this machine')
} else {
  const folder = mkdtempSync(join(tmpdir(), 'tensair-bench-'))
  const { device } = await openDevice('wasm', { threads: Number(values.threads) })
  try {
    const corpus = await writeCorpus(
      folder,
      values.words === undefined ? {} : { words: Number(values.words) }
    )
    report.say(`${corpus.words.toLocaleString('en-US')} words, ${values.seeds} seeds each`)
    for (const [setting, options] of SETTINGS) {
      const runs = []
      for (let seed = 1; seed <= Number(values.seeds); seed++) {
        const model = await word2vec(device, { ...options, seed })
        await pipe(lines(corpus.path), tokenize(), train(model))
        runs.push({ loss: await model.loss(), ...(await qualityOf(device, await model.vectors())) })
        await model.close()
      }
      const row = { bench: 'optimizer', setting }
      report.add({ ...row, name: 'loss', value: mean(runs.map(run => run.loss)), unit: 'nats' })
      const { ws353, simlex999, analogy_syntactic } = meanQuality(runs)
      report.add({ ...row, name: 'ws353', value: ws353, unit: 'rho' })
      report.add({ ...row, name: 'simlex999', value: simlex999, unit: 'rho' })
      report.add({ ...row, name: 'analogy_syntactic', value: analogy_syntactic, unit: 'correct' })
    }
    report.close()
    if (values.write) writeSection('optimizer', loaded, [markdownTable(report.rows)])
  } finally {
    await device.close()
    rmSync(folder, { recursive: true })
  }
}
