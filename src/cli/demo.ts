import { Command } from 'commander'
import type { EndEvent } from '../jobs/events.ts'
import type { Word2Vec } from '../models/word2vec-replica.ts'
import { deviceOption, jsonOption, threadsOption } from './options.ts'
import { count, duration, table } from './table.ts'

interface DemoOptions {
  readonly output: string
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  readonly json: boolean
}

const WORDS = ['president', 'army', 'school', 'france', 'music', 'gold']
// Four million words are few; the neighbours of a single pass are noticeably worse.
const PASSES = 3
const NEIGHBORS = 6

/** `tensair demo`: learns from the text that comes with the project, and shows what it has learned. */
export function demo(): Command {
  return new Command('demo')
    .summary('learns from text that comes with the project, and shows what it has learned')
    .description(
      'Learns word vectors from four million words that come with the project, three times through: the State of the Union addresses from 1790 to ' +
        '2021 in order, the Brown corpus, and the glosses of WordNet. Needs a clone of the project.'
    )
    .option('--output <folder>', 'where the model is saved; one that is there is replaced', '.tensair/demo')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .action(runDemo)
}

async function runDemo(options: DemoOptions): Promise<void> {
  const { demoText } = await import('./demo-text.ts')
  const { trainModel } = await import('./train-model.ts')
  const text = await demoText(PASSES)
  await trainModel({
    ...options,
    name: 'demo',
    text: { name: 'the demo text', resumable: false, open: () => text },
    model: { dim: 100, window: 5, negatives: 5, minCount: 10, subsample: 3e-4 },
    resume: false,
    overwrite: true,
    checkpointEvery: 60,
    ask: async (model, end) =>
      options.json ? undefined : console.log(await summary(model, end, options.output))
  })
}

async function summary(model: Word2Vec, end: EndEvent, output: string): Promise<string> {
  const facts = [
    ['what', 'value'],
    ['words', count(end.runWords)],
    ['words/s', count(end.wordsPerSecond)],
    ['time', duration(end.seconds)],
    ['loss', end.loss?.toFixed(3) ?? '-'],
    ['vocabulary', end.vocabulary.toLocaleString('en-US')]
  ]
  const neighbors = [['word', 'nearest words']]
  for (const word of WORDS) {
    // An interrupted demo may not have come to every word.
    const found = await model.nearest(word, NEIGHBORS).catch(() => [])
    if (found.length > 0) neighbors.push([word, found.map(neighbor => neighbor.word).join(', ')])
  }
  return `\n${table(facts)}\n\n${table(neighbors)}\n\nask it: npx tensair nearest WORD --model ${output}`
}
