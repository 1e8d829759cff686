// What a word2vec checkpoint holds: all that decides how training goes on, so that a resumed run gives the same bits.
//
//   input.<field>, output.<field>   rows of the words known, every field of the contract's tables
//   words, word_ends, counts        the vocabulary, by slot
//   sketch                          counters of the words not admitted yet
//   pending                         slots that wait for their batch to be full
//   sampling.<part>                 the sampling tables in use (absent before the first batch)
//
// Two runs that trained the same have the same tensors. The sums of the loss are in the manifest instead: they were added up in
// other portions where a run was interrupted, so their last bits may differ.

import type { Sampling, Table, TableField, TableFields } from '../../kernels/contract.ts'
import type { Position, Store, WordVectors } from '../types.ts'
import { type Checkpoint, CheckpointError, openCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { Dtype, TensorSource } from './safetensors.ts'
import type { SkipGramTrainer, TrainerState } from './skip-gram-trainer.ts'
import { packTexts, sortedWordVectors, unpackTexts } from './word-vectors.ts'
import { type ResolvedOptions, resolveOptions } from './word2vec-options.ts'

const MODEL = 'word2vec'
// About 1 MiB at dim 256: what is copied at once between device and store.
const VALUES_A_SLICE = 2 ** 18

const FIELDS: { readonly [Field in TableField]: Dtype & ('F32' | 'I32' | 'U32') } = {
  weights: 'F32',
  shared: 'I32',
  accumulator: 'F32',
  sharedAccumulator: 'I32',
  multiplier: 'F32',
  contributions: 'U32',
  hits: 'U32'
}
const SAMPLING = ['keep', 'threshold', 'alias'] as const

/** Sums of the loss since the last progress, and since the start. */
export interface LossSums {
  recentSum: number
  recentContexts: number
  sum: number
  contexts: number
}

/** A checkpoint's content, without the rows of the tables. */
export interface SavedWord2Vec {
  readonly checkpoint: Checkpoint
  readonly options: ResolvedOptions
  readonly trainer: TrainerState
  readonly loss: LossSums
  readonly position: Position | undefined
}

/** Saves a model between two chunks, after the device has trained all it was given. */
export async function saveWord2Vec(
  store: Store,
  trainer: SkipGramTrainer,
  loss: LossSums,
  position: Position | undefined
): Promise<void> {
  const { vocabulary, pending, sampling, options, batches, sampledAt, repaired, scanned } = trainer
  const { words, refused, closed } = vocabulary
  const size = trainer.initializeRows()
  const texts = packTexts(vocabulary.texts)
  const tensors: Record<string, TensorSource> = {
    ...tableTensors(trainer.input, 'input', size),
    ...tableTensors(trainer.output, 'output', size),
    words: vector('U8', texts.bytes),
    word_ends: vector('U32', texts.ends),
    counts: vector('F64', vocabulary.counts),
    sketch: vector('U8', vocabulary.sketch),
    pending: vector('U32', pending)
  }
  if (sampling !== undefined)
    for (const part of SAMPLING) tensors[`sampling.${part}`] = vector('U32', sampling[part])
  const state = {
    options,
    words,
    refused,
    batches,
    sampledAt,
    sampled: sampling !== undefined,
    repaired,
    scanned,
    closed,
    loss,
    position
  }
  await saveCheckpoint(store, MODEL, state, tensors)
}

/** Reads all of a checkpoint but the rows of the tables. @throws CheckpointError */
export async function readWord2Vec(store: Store): Promise<SavedWord2Vec> {
  const checkpoint = await openCheckpoint(store, MODEL)
  const { state } = checkpoint
  const whole = (name: string): number => {
    const value = state[name]
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
    throw new CheckpointError(`checkpoint in ${store.place}: ${name} must be a whole number; got ${value}`)
  }
  const all = <Type extends 'U8' | 'U32' | 'F64'>(name: string, dtype: Type) =>
    checkpoint.read(name, dtype, 0, checkpoint.rows(name))
  return {
    checkpoint,
    // Every option is in the file, so the kind of device, which only chooses a default, does not matter.
    options: resolveOptions(state.options as ResolvedOptions, 'wasm'),
    trainer: {
      vocabulary: {
        texts: unpackTexts(await all('words', 'U8'), await all('word_ends', 'U32')),
        counts: await checkpoint.read('counts', 'F64', 0, checkpoint.rows('word_ends')),
        sketch: await all('sketch', 'U8'),
        words: whole('words'),
        refused: whole('refused'),
        closed: state.closed === true
      },
      pending: await all('pending', 'U32'),
      batches: whole('batches'),
      sampling: state.sampled === true ? await readSampling(all) : undefined,
      sampledAt: whole('sampledAt'),
      repaired: whole('repaired'),
      scanned: state.scanned === true
    },
    loss: lossOf(state.loss),
    position: state.position as Position | undefined
  }
}

/** Fills a table's rows from a checkpoint; `name` is `input` or `output`. */
export async function restoreTable(
  checkpoint: Checkpoint,
  name: string,
  table: Table,
  rows: number
): Promise<void> {
  for (const field of Object.keys(FIELDS) as TableField[]) {
    const width = widthOf(field, table.dim)
    for (const [first, count] of slices(rows, width)) {
      const values = await checkpoint.read(`${name}.${field}`, FIELDS[field], first * width, count * width)
      await table.write(field, first, values as TableFields[typeof field])
    }
  }
}

/** Reads the word vectors of a checkpoint, most frequent first, for queries, evaluation and export. @throws CheckpointError */
export async function readWordVectors(store: Store): Promise<WordVectors> {
  const { checkpoint, options, trainer } = await readWord2Vec(store)
  const { texts, counts } = trainer.vocabulary
  const { dim } = options
  return await sortedWordVectors(texts, counts as Float64Array, dim, (first, count) =>
    checkpoint.read('input.weights', 'F32', first * dim, count * dim)
  )
}

function tableTensors(table: Table, name: string, rows: number): Record<string, TensorSource> {
  const fields = Object.entries(FIELDS) as [TableField, Dtype][]
  return Object.fromEntries(
    fields.map(([field, dtype]) => {
      const width = widthOf(field, table.dim)
      const shape = width === 1 ? [rows] : [rows, width]
      return [`${name}.${field}`, { dtype, shape, parts: () => tableParts(table, field, rows, width) }]
    })
  )
}

async function* tableParts(table: Table, field: TableField, rows: number, width: number) {
  for (const [first, count] of slices(rows, width)) yield await table.read(field, first, count)
}

function* slices(rows: number, width: number): Generator<[first: number, count: number]> {
  const rowsASlice = Math.max(1, Math.floor(VALUES_A_SLICE / width))
  for (let first = 0; first < rows; first += rowsASlice) yield [first, Math.min(rowsASlice, rows - first)]
}

/** JSON turns what is not finite into null. */
function lossOf(saved: unknown): LossSums {
  const loss = (saved ?? {}) as Partial<Record<keyof LossSums, number | null>>
  const value = (name: keyof LossSums) => loss[name] ?? Number.NaN
  return {
    recentSum: value('recentSum'),
    recentContexts: value('recentContexts'),
    sum: value('sum'),
    contexts: value('contexts')
  }
}

async function readSampling(all: (name: string, dtype: 'U32') => Promise<Uint32Array>): Promise<Sampling> {
  const [keep, threshold, alias] = await Promise.all(SAMPLING.map(part => all(`sampling.${part}`, 'U32')))
  return { keep, threshold, alias }
}

function vector(dtype: Dtype, values: Uint8Array | Uint32Array | Float64Array): TensorSource {
  return { dtype, shape: [values.length], parts: () => [values] }
}

function widthOf(field: TableField, dim: number): number {
  return field === 'weights' || field === 'shared' ? dim : 1
}
