import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { Word2VecOptions } from '../models/word2vec-options.ts'
import { UsageError } from './exit.ts'
import {
  DEFAULT_MODEL,
  deviceOption,
  jsonOption,
  multiple,
  number,
  threadsOption,
  unlessGiven,
  whole
} from './options.ts'
import { stateFolder, swarmChoice, swarmOptions } from './swarm-options.ts'
import { partOf, textOf } from './text-input.ts'

/** What `tensair start word2vec` was given; commander fills in the defaults. */
interface StartOptions {
  readonly input: string
  readonly output: string
  readonly resume: boolean
  readonly overwrite: boolean
  readonly follow: boolean
  readonly device: 'auto' | 'webgpu' | 'wasm'
  readonly threads: number
  readonly words?: number
  readonly checkpointEvery: number
  readonly json: boolean
}

// The options that a model keeps for good.
const MODEL_OPTIONS = [
  'dim',
  'window',
  'negatives',
  'subsample',
  'minCount',
  'capacity',
  'optimizer',
  'spread',
  'rate',
  'schedule',
  'minRate',
  'inputAccumulator',
  'outputAccumulator',
  'seed'
] as const

/**
 * `tensair start JOB`: runs a job that comes with tensair, or that of the module which `args`, the whole command line, names.
 *
 * @throws UsageError where that module cannot be loaded.
 */
export async function start([command, job = '']: readonly string[]): Promise<Command> {
  const starting = new Command('start')
    .description('runs a job: trains a model on a stream')
    .helpCommand(false)
    .addCommand(word2vec())
    .addHelpText(
      'after',
      '\nA module that exports a job is one too: tensair start ./my-job.ts; --help after it shows its options.'
    )
  // What a run of word2vec does not need is not loaded.
  if (command !== 'start' || job === 'word2vec') return starting
  const { jobCommand } = await import('./job-command.ts')
  if (isModulePath(job)) {
    const { loadJob } = await import('./job-module.ts')
    return starting.addCommand(jobCommand(job, await loadJob(job)))
  }
  const { sentiment } = await import('../jobs/sentiment.ts')
  const { images } = await import('../jobs/images.ts')
  return starting
    .addCommand(jobCommand('sentiment', sentiment).summary('the sentiment of tweets, as they come'))
    .addCommand(jobCommand('images', images).summary('classes of images, from a folder of them'))
}

function isModulePath(job: string): boolean {
  return /[\\/]/.test(job) || /\.(ts|js|mjs)$/.test(job)
}

function word2vec(): Command {
  const command = new Command('word2vec')
    .summary('word vectors from a text')
    .description(
      'Learns word vectors (skip-gram with negative sampling) in one pass over a text. Saves a checkpoint every ' +
        'minute and on Ctrl-C; a second Ctrl-C ends at once.'
    )
    .option(
      '--input <source>',
      'a file, a folder, an http(s) address, or - for standard input; .gz, .zst too; none: what peers with --shard feed read',
      '-'
    )
    .option(
      '--output <folder>',
      'where the model is saved; peers of a swarm take the next free of …, …-2, …-3',
      DEFAULT_MODEL
    )
    .option('--resume', 'go on with the model in --output where it stopped, with its own options', false)
    .option('--overwrite', 'put a new model in the place of the one in --output', false)
    .option('--follow', 'at the end of the file, wait for more', false)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--dim <count>', 'values in a vector', multiple(4, 1024), 100)
    .option('--window <words>', 'greatest distance of a context word', whole(1, 15), 5)
    .option('--negatives <count>', 'negative samples for each word', whole(1, 31), 5)
    .option(
      '--subsample <share>',
      'thin out words more frequent than this; 0 keeps all',
      number(1, true),
      1e-4
    )
    .option('--min-count <count>', 'sightings that admit a word to the vocabulary', whole(1, 255), 5)
    .addOption(
      unlessGiven(
        '--capacity <words>',
        'words there is room for',
        '262144 on wasm, 131072 on webgpu, fewer at a large --dim'
      ).argParser(whole(1, 2 ** 30))
    )
    .addOption(
      new Option('--optimizer <name>', 'rule of the updates').choices(['adagrad', 'sgd']).default('adagrad')
    )
    .addOption(
      unlessGiven('--rate <number>', 'learning rate', '0.2 for adagrad, 0.025 for sgd').argParser(
        number(100, false)
      )
    )
    .addOption(
      new Option('--schedule <name>', 'course of the rate; linear falls to --min-rate at the end')
        .choices(['constant', 'linear'])
        .default('constant')
    )
    .option('--min-rate <number>', 'where the linear schedule ends', number(100, true), 1e-4)
    .addOption(
      unlessGiven(
        '--spread <number>',
        'range of new vectors, a power of two',
        '4 for adagrad, 1 for sgd'
      ).argParser(number(8, false))
    )
    .option(
      '--input-accumulator <number>',
      'start of adagrad for the vectors: their first rate is rate / √this',
      number(1e6, true),
      4
    )
    .option('--output-accumulator <number>', 'the same for the rows that predict', number(1e6, true), 20)
    .addOption(
      unlessGiven(
        '--words <count>',
        'stop after the block in which as many were read',
        'all words'
      ).argParser(whole(1))
    )
    .option('--seed <number>', 'of all random numbers', whole(0, 2 ** 32 - 1), 1)
    .option('--checkpoint-every <seconds>', 'time between two checkpoints', number(86_400, false), 60)
    .addOption(jsonOption())
    .action(startWord2Vec)
  for (const option of swarmOptions()) command.addOption(option)
  return command
}

async function startWord2Vec(options: StartOptions, command: Command): Promise<void> {
  const { resume, overwrite, words } = options
  if (resume && overwrite) throw new UsageError('start: --resume and --overwrite exclude each other')
  if (options.input === '-' && process.stdin.isTTY === true) {
    throw new UsageError('start: standard input is the keyboard; give --input FILE, or pipe a text into it')
  }
  const choice = partOf(options, await swarmChoice(command, options.output))
  const { takeOutput } = await import('./output-folder.ts')
  const { lockOutput } = await import('./output-lock.ts')
  const { output, notice } = await takeOutput({
    output: options.output,
    named: command.getOptionValueSource('output') !== 'default',
    inSwarm: choice !== undefined,
    resume
  })
  const state: string | undefined = command.opts().state
  // Two processes with one identity would be one peer to all others.
  if (state !== undefined && resolve(state) !== resolve(output)) await lockOutput('start', '--state', state)
  const swarm = choice && { ...choice, state: state ?? stateFolder(output) }
  const { trainModel } = await import('./train-model.ts')
  const end = await trainModel({
    ...options,
    output,
    name: 'start',
    text: await textOf(options),
    model: modelOptions(command, resume),
    ...(notice !== undefined && { notice }),
    ...(swarm !== undefined && { swarm }),
    ...(words !== undefined && { words })
  })
  if (options.json) return
  const next =
    end.event === 'done'
      ? `ask it: npx tensair nearest WORD --model ${output}`
      : choice?.shard === 'feed'
        ? 'the model is saved, but not its place in the text, whose lines went to others'
        : 'the same command with --resume goes on from here'
  console.error(next)
}

/** A new model takes every option; one that goes on only those given, which must then be its own. */
function modelOptions(command: Command, resume: boolean): Word2VecOptions {
  const values = command.opts()
  const taken = MODEL_OPTIONS.filter(name => !resume || command.getOptionValueSource(name) === 'cli')
  const options = Object.fromEntries(taken.map(name => [name, values[name]]))
  // A schedule that falls to its end must know the end; a model that goes on knows it already.
  if (!resume && values.words !== undefined && values.schedule === 'linear')
    options.expectedWords = values.words
  return options
}
