import { mix } from './mix.ts'
import { TrainedRows } from './text-classifier-rows.ts'

/** What the network is made with. */
export interface NetworkOptions {
  /** Rows of embeddings. */
  readonly rows: number
  /** Values in a row. */
  readonly dim: number
  readonly classes: number
  /** Step size. */
  readonly rate: number
  /** What each row's sum of squares begins at. */
  readonly accumulator: number
  /** Of the embeddings' first values: u32. */
  readonly seed: number
}

/**
 * The mean of embeddings, and a softmax of it:
 *
 *   h = Σ_r E_r / n;   p = softmax(H h);   loss = −ln p_y
 *
 * over the n rows of a text, with the gradients  dH_c = (p_c − [c = y]) h;  dE_r = Σ_c (p_c − [c = y]) H_c · (times r occurs) / n.
 * Both are stepped by AdaGrad (`TrainedRows`). A text's work, and what it changes, is its own rows and the head. The first values are
 * multiples of 2^-20, so that integers can say them exactly.
 */
export class EmbeddingNetwork {
  readonly embeddings: TrainedRows // E [rows, dim]
  readonly head: TrainedRows // H [classes, dim]
  /** The step size is so many times the rate. */
  boost = 1
  readonly #options: NetworkOptions
  readonly #hidden: Float64Array // [dim] h
  readonly #hiddenGradient: Float64Array // [dim]

  constructor(options: NetworkOptions) {
    const { rows, dim, classes, accumulator, seed } = options
    this.#options = options
    // Uniform in ±1 / dim, as in fastText.
    const salt = mix(seed ^ 0x9e3779b9)
    const drawn = (at: number) => Math.round(((mix(at ^ salt) / 2 ** 31 - 1) / dim) * 2 ** 20) / 2 ** 20
    this.embeddings = new TrainedRows({ rows, dim, accumulator, initial: drawn })
    this.head = new TrainedRows({ rows: classes, dim, accumulator, initial: () => 0 })
    this.#hidden = new Float64Array(dim)
    this.#hiddenGradient = new Float64Array(dim)
  }

  /** The probability of each class; `rows` ascending, at least one. */
  predict(rows: Uint32Array): Float64Array<ArrayBuffer> {
    const { dim, classes } = this.#options
    const hidden = this.#hidden
    const embeddings = this.embeddings.weights
    const head = this.head.weights
    hidden.fill(0)
    for (let i = 0; i < rows.length; i++) {
      const at = rows[i] * dim
      for (let d = 0; d < dim; d++) hidden[d] += embeddings[at + d]
    }
    for (let d = 0; d < dim; d++) hidden[d] /= rows.length
    const probabilities = new Float64Array(classes)
    for (let c = 0; c < classes; c++) {
      for (let d = 0; d < dim; d++) probabilities[c] += head[c * dim + d] * hidden[d]
    }
    return softmax(probabilities)
  }

  /** Steps once towards class `label`; returns the loss before. */
  learn(rows: Uint32Array, label: number): number {
    const { dim, classes } = this.#options
    const rate = this.#options.rate * this.boost
    const head = this.head.weights
    const probabilities = this.predict(rows)
    const loss = -Math.log(Math.max(Number.MIN_VALUE, probabilities[label]))
    const hiddenGradient = this.#hiddenGradient
    hiddenGradient.fill(0)
    for (let c = 0; c < classes; c++) {
      const gradient = probabilities[c] - (c === label ? 1 : 0)
      for (let d = 0; d < dim; d++) hiddenGradient[d] += gradient * head[c * dim + d]
      this.head.step(c, this.#hidden, gradient, rate)
    }
    for (let i = 0; i < rows.length; ) {
      const first = i
      while (i < rows.length && rows[i] === rows[first]) i++
      this.embeddings.step(rows[first], hiddenGradient, (i - first) / rows.length, rate)
    }
    return loss
  }
}

/** exp(x_c) / Σ exp(x_i), in place. */
function softmax(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const most = Math.max(...values)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] = Math.exp(values[i] - most)
  for (let i = 0; i < values.length; i++) values[i] /= sum
  return values
}
