import { Command, Option } from 'commander'
import { lines } from '../sources/lines.ts'
import { DEFAULT_MODEL, deviceOption, jsonOption, multiple, number, threadsOption, whole } from './options.ts'

/** What `tensair start word2vec` was given; commander fills in the defaults. */
export interface StartOptions {
  readonly input: string
  readonly output: string
  readonly resume: boolean
  readonly overwrite: boolean
  readonly follow: boolean
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  readonly dim: number
  readonly window: number
  readonly negatives: number
  readonly subsample: number
  readonly minCount: number
  readonly capacity?: number
  readonly optimizer: 'adagrad' | 'sgd'
  readonly rate?: number
  readonly schedule: 'constant' | 'linear'
  readonly words?: number
  readonly seed: number
  readonly checkpointEvery: number
  readonly json: boolean
}

/** `tensair start JOB`: trains a model on a stream. */
export function start(): Command {
  return new Command('start')
    .description('trains a model on a stream')
    .helpCommand(false)
    .addCommand(word2vec())
}

function word2vec(): Command {
  return new Command('word2vec')
    .description(
      'Learns word vectors (skip-gram with negative sampling) in one pass over a text. Saves a checkpoint every minute and on ' +
        'Ctrl-C; a second Ctrl-C ends at once.'
    )
    .option(
      '--input <source>',
      'a file, a folder, an http(s) address, or - for standard input; .gz and .zst too',
      '-'
    )
    .option('--output <folder>', 'where the model is saved', DEFAULT_MODEL)
    .option(
      '--resume',
      'go on with the model in --output where it stopped; options not given are the saved ones',
      false
    )
    .option('--overwrite', 'replace the model in --output', false)
    .option('--follow', 'at the end of the file, wait for more', false)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--dim <count>', 'values in a vector', multiple(4, 1024), 100)
    .option('--window <words>', 'greatest distance of a context word', whole(1, 15), 5)
    .option('--negatives <count>', 'negative samples for each word', whole(1, 31), 5)
    .option(
      '--subsample <share>',
      'words more frequent than this share are thinned out; 0 keeps all',
      number(1, true),
      1e-4
    )
    .option('--min-count <count>', 'sightings that admit a word to the vocabulary', whole(1, 255), 5)
    .addOption(
      new Option('--capacity <words>', 'words the vocabulary has room for')
        .argParser(whole(1, 2 ** 30))
        .default(undefined, '262144 on wasm, 131072 on webgpu; fewer at a large --dim')
    )
    .addOption(
      new Option('--optimizer <name>', 'rule of the updates').choices(['adagrad', 'sgd']).default('adagrad')
    )
    .addOption(
      new Option('--rate <number>', 'learning rate')
        .argParser(number(100, false))
        .default(undefined, '0.1 for adagrad, 0.025 for sgd')
    )
    .addOption(
      new Option('--schedule <name>', 'how the rate goes: linear falls to 0.0001 at the end')
        .choices(['constant', 'linear'])
        .default('constant')
    )
    .addOption(
      new Option('--words <count>', 'stop after the block of text in which this many words have been read')
        .argParser(whole(1))
        .default(undefined, 'the whole input')
    )
    .option('--seed <number>', 'of all random numbers', whole(0, 2 ** 32 - 1), 1)
    .option('--checkpoint-every <seconds>', 'time between two checkpoints', number(86_400, false), 60)
    .addOption(jsonOption())
    .action(startWord2Vec)
}

async function startWord2Vec(options: StartOptions, command: Command): Promise<void> {
  void options
  void command
  void lines
}
