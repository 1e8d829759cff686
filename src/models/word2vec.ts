import type { Device } from '../../kernels/contract.ts'
import type { Position, Store } from '../types.ts'
import { SkipGramTrainer } from './skip-gram-trainer.ts'
import {
  type ResolvedOptions,
  refuseOtherOptions,
  resolveOptions,
  tableRows,
  type Word2VecOptions
} from './word2vec-options.ts'
import { SkipGramReplica, type Word2Vec } from './word2vec-replica.ts'
import { readWord2Vec, restoreTable, type SavedWord2Vec } from './word2vec-state.ts'

export type { Word2Vec, Word2VecCounts } from './word2vec-replica.ts'

/** Hears, in one line each, of what a user should know: the vocabulary is full, rows were put back. */
export type OnWarning = (message: string) => void

/**
 * Makes an untrained model on a device.
 * @throws RangeError that lists every option that is wrong.
 */
export async function word2vec(
  device: Device,
  options: Word2VecOptions = {},
  onWarning: OnWarning = console.warn
): Promise<Word2Vec> {
  return await open(device, resolveOptions(options, device.kind), options.shared ?? false, onWarning)
}

/**
 * Brings a model back from its checkpoint; `position` is where its source must go on. Options may be left out; those given
 * must be those it was made with.
 * @throws CheckpointError, or RangeError that gives both values of an option that is another.
 */
export async function resumeWord2Vec(
  device: Device,
  store: Store,
  options: Word2VecOptions = {},
  onWarning: OnWarning = console.warn
): Promise<{ model: Word2Vec; position: Position | undefined }> {
  const saved = await readWord2Vec(store)
  refuseOtherOptions(saved.options, options, store.place)
  const model = await open(device, saved.options, options.shared ?? false, onWarning, saved)
  return { model, position: saved.position }
}

async function open(
  device: Device,
  options: ResolvedOptions,
  shared: boolean,
  warn: OnWarning,
  saved?: SavedWord2Vec
): Promise<Word2Vec> {
  const { dim, window, negatives, optimizer, spread } = options
  // In a swarm it may have met more words than a lone model has room for.
  const capacity = Math.max(tableRows(options, shared), saved?.trainer.vocabulary.texts.length ?? 0)
  const input = await device.createTable({ name: 'input', capacity, dim, init: 'uniform', spread })
  const output = await device.createTable({ name: 'output', capacity, dim, init: 'zero' })
  const skipGram = await device.createSkipGram({
    input,
    output,
    window,
    negatives,
    optimizer:
      optimizer === 'sgd'
        ? { kind: 'sgd' }
        : { kind: 'adagrad', initial: { input: options.inputAccumulator, output: options.outputAccumulator } }
  })
  const trainer = new SkipGramTrainer({ options, device, input, output, skipGram }, warn, saved?.trainer)
  if (saved !== undefined) {
    await restoreTable(saved.checkpoint, 'input', input, trainer.vocabulary.size)
    await restoreTable(saved.checkpoint, 'output', output, trainer.vocabulary.size)
    if (saved.trainer.sampling !== undefined) await skipGram.setSampling(saved.trainer.sampling)
  }
  return new SkipGramReplica(trainer, saved)
}
