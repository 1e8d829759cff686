import type { AdaptableReplica, Chunk, Position, Progress, SharedReplica } from '../types.ts'
import { EmbeddingNetwork } from './text-classifier-network.ts'
import { SharedTextClassifier } from './text-classifier-shared.ts'
import { rowsOf, tokensOf } from './text-classifier-tokens.ts'

export interface TextClassifierOptions {
  /** The classes' names, at least two. */
  readonly classes: readonly string[]
  /** Rows of embeddings, a power of two from 2 to 2^24: words share them by hash. Default 2^18. */
  readonly rows?: number
  /** Values in an embedding, 1 to 1024. Default 16. */
  readonly dim?: number
  /** Whether each two words that follow one another have a row too. Default true. */
  readonly pairs?: boolean
  /** Step size. Default 0.2. */
  readonly rate?: number
  /** What each row's sum of squared gradients begins at, at least 0: the greater, the smaller the first steps. Default 1e-3. */
  readonly accumulator?: number
  /** Of the first embeddings: u32. Default 1. */
  readonly seed?: number
}

/** A short text, and its class where that is known. */
export interface LabelledText {
  readonly text: string
  readonly label?: string
}

/** The class that a text most likely is of. */
export interface TextClass {
  readonly label: string
  /** [classes] Of each class, in the order of the options. */
  readonly probabilities: Float64Array
}

/** A classifier of short texts that learns from each once, as it comes. */
export interface TextClassifier extends AdaptableReplica<LabelledText, TextClass> {
  /** −ln of the probability that the prediction gives to a class. @throws RangeError where there is none of that name. */
  loss(prediction: TextClass, label: string): number
  /** The classifier as a swarm sees it; takes as much memory again, once it is asked for. */
  readonly shared: SharedReplica & {
    /** Texts between two packs, where these cost little time. */
    readonly packEvery: number
  }
  boost(factor: number): void
  resetHead(): void
}

/**
 * Makes a classifier of short texts: the mean of the embeddings of a text's words, and of its pairs of words, through a softmax (as in
 * fastText; Joulin et al.: Bag of Tricks for Efficient Text Classification, 2016), trained by AdaGrad, one text a step. Words are letters
 * and digits in lower case; marks of exclamation and question, and emoticons, are words too; an address is `http`, `@somebody` is `@`.
 *
 * Equal options and equal texts give equal weights. `train` trains a chunk whole or, where a label is missing or unknown, not at
 * all; `progress` counts texts as words. Memory: 4 · dim + 5 bytes a row, 17 MiB by default.
 *
 * @throws RangeError for options out of range and, when it trains, for labels that are not among the classes.
 */
export function textClassifier(options: TextClassifierOptions): TextClassifier {
  const {
    classes,
    rows = 2 ** 18,
    dim = 16,
    pairs = true,
    rate = 0.2,
    accumulator = 1e-3,
    seed = 1
  } = options
  const check = (option: string, holds: boolean, wanted: string, got: unknown) => {
    if (!holds) throw new RangeError(`textClassifier: ${option} must be ${wanted}; got ${String(got)}`)
  }
  check(
    'classes',
    classes.length >= 2 && new Set(classes).size === classes.length,
    'at least two different names',
    classes.join(', ') || 'none'
  )
  check(
    'rows',
    rows >= 2 && rows <= 2 ** 24 && Number.isInteger(Math.log2(rows)),
    'a power of two from 2 to 16777216',
    rows
  )
  check('dim', Number.isInteger(dim) && dim >= 1 && dim <= 1024, 'a whole number from 1 to 1024', dim)
  check('rate', rate > 0 && rate < Number.POSITIVE_INFINITY, 'a number above 0', rate)
  check(
    'accumulator',
    accumulator >= 0 && accumulator < Number.POSITIVE_INFINITY,
    'a number, at least 0',
    accumulator
  )
  check(
    'seed',
    Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32,
    'a whole number from 0 to 4294967295',
    seed
  )
  const network = new EmbeddingNetwork({ rows, dim, classes: classes.length, rate, accumulator, seed })
  return new EmbeddingClassifier(network, [...classes], rows, pairs)
}

class EmbeddingClassifier implements TextClassifier {
  readonly #network: EmbeddingNetwork
  readonly #classes: readonly string[]
  readonly #rows: number
  readonly #pairs: boolean
  #trained = 0
  #lossSum = 0
  #lossCount = 0
  #position: Position | undefined
  #shared: SharedTextClassifier | undefined

  constructor(network: EmbeddingNetwork, classes: readonly string[], rows: number, pairs: boolean) {
    this.#network = network
    this.#classes = classes
    this.#rows = rows
    this.#pairs = pairs
  }

  get shared(): TextClassifier['shared'] {
    this.#shared ??= new SharedTextClassifier(this.#network)
    return this.#shared
  }

  async predict(texts: readonly LabelledText[]): Promise<readonly TextClass[]> {
    return texts.map(({ text }) => {
      const probabilities = this.#network.predict(this.#rowsOf(text))
      // The first of the likeliest.
      const best = probabilities.indexOf(Math.max(...probabilities))
      return { label: this.#classes[best], probabilities }
    })
  }

  async train(chunk: Chunk<LabelledText>): Promise<void> {
    const labels = Array.from(chunk, ({ label }) => this.#classOf(label))
    let i = 0
    for (const { text } of chunk) this.#lossSum += this.#network.learn(this.#rowsOf(text), labels[i++])
    this.#trained += labels.length
    this.#lossCount += labels.length
    this.#position = chunk.position ?? this.#position
  }

  async drain(): Promise<void> {}

  async progress(): Promise<Progress> {
    const loss = this.#lossSum / this.#lossCount
    this.#lossSum = 0
    this.#lossCount = 0
    return { words: this.#trained, loss, position: this.#position }
  }

  loss({ probabilities }: TextClass, label: string): number {
    return -Math.log(Math.max(Number.MIN_VALUE, probabilities[this.#classOf(label)]))
  }

  boost(factor: number): void {
    if (!(factor > 0 && factor < Number.POSITIVE_INFINITY))
      throw new RangeError(`textClassifier: boost must be a number above 0; got ${factor}`)
    this.#network.boost = factor
  }

  resetHead(): void {
    this.#network.head.reset()
  }

  #rowsOf(text: string): Uint32Array {
    // Ascending, so that a row that occurs more than once is stepped once.
    return Uint32Array.from(rowsOf(tokensOf(text), this.#rows, this.#pairs)).sort()
  }

  #classOf(label: string | undefined): number {
    const found = label === undefined ? -1 : this.#classes.indexOf(label)
    if (found >= 0) return found
    throw new RangeError(
      `textClassifier: a label must be one of ${this.#classes.join(', ')}; got ${label ?? 'none'}`
    )
  }
}
