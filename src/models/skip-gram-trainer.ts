import { BATCH_SLOTS, type Device, type Sampling, type SkipGram, type Table } from '../../kernels/contract.ts'
import type { WordChunk } from '../types.ts'
import { mix } from './mix.ts'
import { samplingOf } from './noise.ts'
import { repairRows } from './row-check.ts'
import { Turns } from './turns.ts'
import { type Cursor, Vocabulary, type VocabularyState } from './vocabulary.ts'
import type { ResolvedOptions } from './word2vec-options.ts'

// The tables are made anew after this many words, or this share of all words read, whichever is more: about
// 20 + 14 · ln(words / 10^6) times in all, each a few milliseconds.
const RESAMPLE_WORDS = 50_000
const RESAMPLE_SHARE = 0.05
const CHECK_BATCHES = 1024

/** Where training stands, besides vocabulary and tables. */
export interface TrainerState {
  readonly vocabulary: VocabularyState
  /** Slots that wait for their batch to be full. */
  readonly pending: Uint32Array
  /** Batches trained so far. */
  readonly batches: number
  readonly sampling: Sampling | undefined
  /** Words that had been read when `sampling` was made. */
  readonly sampledAt: number
  /** Rows that were put back because they were sick. */
  readonly repaired: number
  readonly scanned: boolean
}

/**
 * Turns words into batches and trains them. All it does is a function of the words and line ends it was given: not of
 * how they were cut into chunks, nor of time.
 */
export class SkipGramTrainer {
  readonly options: ResolvedOptions
  readonly device: Device
  readonly input: Table
  readonly output: Table
  readonly skipGram: SkipGram
  readonly vocabulary: Vocabulary
  /** Sets the random numbers of one peer apart from those of others with the same seed; 0 for a model that is trained alone. */
  salt = 0
  /** What new rows take for the number of peers that work on them. */
  replicas = 1
  /** What takes a turn here runs between two batches. */
  readonly turns = new Turns()
  /** What training ended with, if it failed: the model is then neither saved nor shared. */
  failure: Error | undefined
  batches: number
  sampling: Sampling | undefined
  sampledAt: number
  repaired: number
  /** Whether a first pass has filled the vocabulary. */
  scanned: boolean
  readonly #warn: (message: string) => void
  readonly #slots = new Uint32Array(BATCH_SLOTS)
  #length = 0
  #initialized = 0
  #saidFull = false

  constructor(
    parts: Pick<SkipGramTrainer, 'options' | 'device' | 'input' | 'output' | 'skipGram'>,
    warn: (message: string) => void,
    state?: TrainerState
  ) {
    const { options, device, input, output, skipGram } = parts
    this.options = options
    this.device = device
    this.input = input
    this.output = output
    this.skipGram = skipGram
    this.#warn = warn
    this.vocabulary = new Vocabulary(options.capacity, options.minCount, state?.vocabulary, input.capacity)
    this.batches = state?.batches ?? 0
    this.sampling = state?.sampling
    this.sampledAt = state?.sampledAt ?? 0
    this.repaired = state?.repaired ?? 0
    this.scanned = state?.scanned ?? false
    this.#slots.set(state?.pending ?? [])
    this.#length = state?.pending.length ?? 0
    this.initializeRows()
  }

  /** Slots that wait for their batch to be full. */
  get pending(): Uint32Array {
    return this.#slots.subarray(0, this.#length)
  }

  /** Reads a chunk into the vocabulary without training on it. */
  scan(chunk: WordChunk): void {
    const unused = new Uint32Array(BATCH_SLOTS)
    const cursor: Cursor = { word: 0, line: 0 }
    while (cursor.line < chunk.lineEnds.length) this.vocabulary.encode(chunk, cursor, unused, 0)
    this.initializeRows()
    this.scanned = true
  }

  /** Trains a chunk; `shareAt` says how much of the stream is over when a share of the chunk is read, where that is known. */
  async train(chunk: WordChunk, shareAt: (ofChunk: number) => number | undefined): Promise<void> {
    if (this.scanned && !this.vocabulary.closed) {
      this.vocabulary.closed = true
      this.vocabulary.words = 0
    }
    const lines = chunk.lineEnds.length
    const cursor: Cursor = { word: 0, line: 0 }
    while (cursor.line < lines) {
      this.#length = this.vocabulary.encode(chunk, cursor, this.#slots, this.#length)
      if (this.#length === BATCH_SLOTS) await this.#trainPending(shareAt(cursor.line / lines))
    }
    if (this.vocabulary.full && !this.#saidFull) this.#reportFull()
  }

  /** Trains what waits for its batch to be full. */
  async flush(share: number | undefined): Promise<void> {
    if (this.#length > 0) await this.#trainPending(share)
  }

  /**
   * Puts sick rows back, and says so.
   * @throws DivergenceError where they are many.
   */
  async checkRows(): Promise<void> {
    const { rate, optimizer } = this.options
    const rows = this.initializeRows()
    const advice = `lower the rate (now ${rate}, ${optimizer})`
    for (const table of [this.input, this.output]) {
      const sick = await repairRows(this.device, table, rows, advice)
      if (sick.length === 0) continue
      this.repaired += sick.length
      const words = Array.from(sick.subarray(0, 5), row => JSON.stringify(this.vocabulary.texts[row])).join(
        ', '
      )
      const more = sick.length > 5 ? ', …' : ''
      this.#warn(
        `word2vec: ${sick.length} rows of table ${table.name} were not finite or out of range and were put back (${words}${more})`
      )
    }
  }

  /** Makes the rows of words admitted lately new ones; returns how many rows there are. Comes before whatever reads rows. */
  initializeRows(): number {
    const size = this.vocabulary.size
    if (size === this.#initialized) return size
    const keys = this.vocabulary.keys(this.#initialized, size)
    this.input.initRows(this.#initialized, keys, this.replicas)
    this.output.initRows(this.#initialized, keys, this.replicas)
    this.#initialized = size
    return size
  }

  async #trainPending(share: number | undefined): Promise<void> {
    const rate = this.#rate(share)
    if (this.turns.free) await this.#trainBatch(rate)
    else await this.turns.take(() => this.#trainBatch(rate))
    this.#length = 0
    this.batches++
    if (this.batches % CHECK_BATCHES === 0) await this.checkRows()
  }

  async #trainBatch(rate: number): Promise<void> {
    this.initializeRows()
    await this.#resample()
    const key = batchKey(this.options.seed ^ this.salt, this.batches)
    await this.skipGram.train({ slots: this.#slots.subarray(0, this.#length), key, rate })
  }

  async #resample(): Promise<void> {
    const { vocabulary, options } = this
    const { words, size, room } = vocabulary
    const due =
      !vocabulary.closed && words - this.sampledAt >= Math.max(RESAMPLE_WORDS, RESAMPLE_SHARE * words)
    if (this.sampling !== undefined && !due && size <= this.sampling.keep.length) return
    // Room for the words that come before the next time: kept always, drawn never.
    const rows = Math.min(room, size + (size >>> 3) + 1024)
    this.sampling = samplingOf(vocabulary.counts, rows, options.subsample)
    this.sampledAt = words
    await this.skipGram.setSampling(this.sampling)
  }

  #rate(share: number | undefined): number {
    const { rate, minRate, schedule, expectedWords } = this.options
    if (schedule === 'constant') return rate
    const done = expectedWords > 0 ? this.vocabulary.words / expectedWords : share
    if (done === undefined) {
      throw new RangeError(
        'word2vec: the linear schedule must know the end, and this source does not tell it; give expectedWords, or schedule constant'
      )
    }
    return rate - Math.max(0, rate - minRate) * Math.min(1, Math.max(0, done))
  }

  #reportFull(): void {
    this.#saidFull = true
    this.#warn(
      `word2vec: the vocabulary is full at ${this.vocabulary.size} words; further words stay unknown (raise capacity to learn them)`
    )
  }
}

/** Key of a batch's random numbers. */
function batchKey(seed: number, batch: number): number {
  return mix(mix(mix(seed ^ 0x5bd1e995) + (batch >>> 0)) ^ Math.floor(batch / 2 ** 32))
}
