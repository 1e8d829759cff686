import type { Chunk, Position, Progress, Replica, Store, WordVectors } from '../types.ts'
import type { SkipGramTrainer } from './skip-gram-trainer.ts'
import { Turns } from './turns.ts'
import { isWordChunk, packWords } from './word-chunk.ts'
import type { WordModel } from './word-model.ts'
import { analogyWords, nearestWords, vectorOf, type WordSpace } from './word-space.ts'
import { sortedWordVectors } from './word-vectors.ts'
import type { ResolvedOptions } from './word2vec-options.ts'
import { SharedWord2Vec } from './word2vec-shared.ts'
import { type LossSums, type SavedWord2Vec, saveWord2Vec } from './word2vec-state.ts'

/**
 * Word vectors that are learned from a stream of lines of words (skip-gram with negative sampling), and can be asked at any
 * moment. Training is a function of the words, the line ends, the options and nothing else, as far as the device is
 * deterministic.
 */
export interface Word2Vec extends Replica<string[]>, WordModel {
  readonly options: ResolvedOptions
  /** What the model has come to so far; costs nothing. */
  readonly counts: Word2VecCounts
  /** The model as a swarm sees it; for words that other peers meet, make it with the option `shared`. */
  readonly shared: SharedWord2Vec
  /**
   * Reads a chunk into the vocabulary without training on it. For texts that can be read twice: after a first pass that only
   * scans, training starts with the vocabulary and the frequencies of the whole text, which it then leaves as they
   * are, as gensim does.
   * @throws Error once training has begun.
   */
  scan(chunk: Chunk<string[]>): Promise<void>
  /** Mean loss since the start; NaN where none was measured. */
  loss(): Promise<number>
  /** Trains what waits for a full batch too: for the end of the stream, since it cuts a batch short. */
  drain(): Promise<void>
  /** Writes a checkpoint, between two chunks and without cutting a batch: a resumed run goes on exactly as this one. */
  save(store: Store): Promise<void>
  /** The vectors on the host, most frequent word first, to be exported or evaluated. */
  vectors(): Promise<WordVectors>
}

export interface Word2VecCounts {
  /** Words read, known or not. */
  readonly words: number
  /** Words in the vocabulary. */
  readonly vocabulary: number
  /** Whether the vocabulary has no room left. */
  readonly full: boolean
  /** Words that were frequent enough but found no room (an estimate). */
  readonly refused: number
  /** Rows that were not finite or out of range and were put back. */
  readonly repaired: number
  /** Batches trained. */
  readonly batches: number
}

/** A Word2Vec that trains with skip-gram. */
export class SkipGramReplica implements Word2Vec {
  readonly options: ResolvedOptions
  readonly shared: SharedWord2Vec
  readonly #trainer: SkipGramTrainer
  readonly #space: WordSpace
  readonly #loss: LossSums
  #position: Position | undefined
  /** One after the other, so that a checkpoint never sees a chunk half trained. */
  readonly #turns = new Turns()

  constructor(trainer: SkipGramTrainer, saved?: SavedWord2Vec) {
    const { device, input, vocabulary, options } = trainer
    this.options = options
    this.#trainer = trainer
    this.shared = new SharedWord2Vec(trainer)
    this.#space = {
      device,
      table: input,
      get texts() {
        trainer.initializeRows()
        return vocabulary.texts
      },
      slotOf(word) {
        trainer.initializeRows()
        return vocabulary.slotOf(word)
      }
    }
    this.#loss = saved?.loss ?? { recentSum: 0, recentContexts: 0, sum: 0, contexts: 0 }
    this.#position = saved?.position
  }

  get counts(): Word2VecCounts {
    const { vocabulary, repaired, batches } = this.#trainer
    const { words, size, full, refused } = vocabulary
    return { words, vocabulary: size, full, refused, repaired, batches }
  }

  async scan(chunk: Chunk<string[]>): Promise<void> {
    const words = isWordChunk(chunk) ? chunk : packWords(chunk)
    await this.#turns.take(async () => {
      const { batches, pending } = this.#trainer
      if (batches > 0 || pending.length > 0)
        throw new Error('word2vec: scan before training begins, not after')
      this.#trainer.scan(words)
    })
  }

  async train(chunk: Chunk<string[]>): Promise<void> {
    const words = isWordChunk(chunk) ? chunk : packWords(chunk)
    await this.#training(async () => {
      const { position } = chunk
      const before = this.#position?.share ?? 0
      const shareAt = (ofChunk: number) =>
        position?.share === undefined ? undefined : before + (position.share - before) * ofChunk
      await this.#trainer.train(words, shareAt)
      this.#position = position ?? this.#position
    })
  }

  drain(): Promise<void> {
    return this.#training(async () => {
      await this.#trainer.flush(this.#position?.share)
      await this.#trainer.skipGram.drain()
    })
  }

  progress(): Promise<Progress> {
    return this.#turns.take(async () => {
      await this.#measureLoss()
      const loss = this.#loss.recentSum / this.#loss.recentContexts
      this.#loss.recentSum = 0
      this.#loss.recentContexts = 0
      return { words: this.#trainer.vocabulary.words, loss, position: this.#position }
    })
  }

  loss(): Promise<number> {
    return this.#turns.take(async () => {
      await this.#measureLoss()
      return this.#loss.sum / this.#loss.contexts
    })
  }

  save(store: Store): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#trainer.failure !== undefined) {
        throw new Error(`word2vec: not saved, since training had failed (${this.#trainer.failure.message})`)
      }
      // What other peers send must not come between two parts of it either.
      await this.#trainer.turns.take(async () => {
        await this.#trainer.skipGram.drain()
        await this.#trainer.checkRows()
        await this.#measureLoss()
        await saveWord2Vec(store, this.#trainer, this.#loss, this.#position)
      })
    })
  }

  vector(word: string): Promise<Float32Array<ArrayBuffer>> {
    return vectorOf(this.#space, word)
  }

  nearest(query: string | Float32Array, k = 10) {
    return nearestWords(this.#space, query, k)
  }

  analogy(a: string, b: string, c: string, k = 10) {
    return analogyWords(this.#space, a, b, c, k)
  }

  vectors(): Promise<WordVectors> {
    const { vocabulary, input } = this.#trainer
    return this.#turns.take(async () => {
      this.#trainer.initializeRows()
      // Words may come while it reads.
      const texts = vocabulary.texts.slice()
      return await sortedWordVectors(texts, vocabulary.counts, input.dim, (first, count) =>
        input.read('weights', first, count)
      )
    })
  }

  close(): Promise<void> {
    return this.#turns.take(async () => {
      const { skipGram, input, output } = this.#trainer
      await skipGram.destroy()
      input.destroy()
      output.destroy()
    })
  }

  async #measureLoss(): Promise<void> {
    const { sum, contexts } = await this.#trainer.skipGram.loss()
    this.#loss.recentSum += sum
    this.#loss.recentContexts += contexts
    this.#loss.sum += sum
    this.#loss.contexts += contexts
  }

  /** A model that failed half-way through a chunk is no longer what its position says. */
  #training(act: () => Promise<void>): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#trainer.failure !== undefined) throw this.#trainer.failure
      try {
        await act()
      } catch (error) {
        this.#trainer.failure = error instanceof Error ? error : new Error(String(error))
        throw error
      }
    })
  }
}
