import type { Chunk, Position, PredictingReplica, Progress } from '../types.ts'
import { FeatureRows, type Features } from './linear-features.ts'

export interface LinearOptions<Item> {
  /** What an item is described by. */
  readonly features: (item: Item) => Features
  /** What is to be predicted of it: a number, for the logistic loss 0 or 1. Asked for in training only. */
  readonly target: (item: Item) => number
  /** `squared` for numbers, `logistic` for the probability of a class. Default `squared`. */
  readonly loss?: 'squared' | 'logistic'
  /** Step size, in targets' standard deviations or, for the logistic loss, in logits. Default 0.5. */
  readonly rate?: number
  /** Weights, at least 2: one is the bias; features by name share the others by hash. Default 262144. */
  readonly size?: number
}

/** A linear model that learns from each item once, as it comes. */
export interface Linear<Item> extends PredictingReplica<Item, number> {
  /** [size] The bias, then the features' weights. */
  readonly weights: Float64Array<ArrayBuffer>
}

/**
 * Makes a linear model: p = Σ w_i · x_i, or 1 / (1 + exp(−Σ w_i · x_i)) for the logistic loss, where x_0 is 1.
 *
 * Learns by normalised adaptive gradients (NAG; Ross, Mineiro, Langford: Normalized Online Learning, 2013), so neither features nor
 * targets have to be brought to a scale. Each item, in order, is a step:
 *
 *   s_i = max(s_i, |x_i|), where it rises w_i = w_i · (old s_i / s_i)
 *   N = N + Σ (x_i / s_i)²;   t = t + 1;   g = p − y
 *   G_i = G_i + (g · x_i)²
 *   w_i = w_i − rate · d · sqrt(t / N) · g · x_i / (s_i · sqrt(G_i))
 *
 * with d = 1 for the logistic loss; for the squared one d is the standard deviation of the targets so far, the bias begins at
 * the first target, and a step that would take p past the target is cut to end there.
 *
 * `train` trains a chunk whole or, where an item's features or target fail, not at all. Its loss is (p − y)², or
 * −ln of the probability of the class that it was, before the item was learned; `progress` counts items as words. Memory: 24
 * bytes a weight.
 *
 * @throws RangeError for options out of range, and, when it trains or predicts, for features and targets that are no numbers
 *   or beyond ±1e100.
 */
export function linear<Item>(options: LinearOptions<Item>): Linear<Item> {
  const { rate = 0.5, size = 2 ** 18, loss = 'squared' } = options
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`linear: rate must be a number above 0; got ${rate}`)
  }
  if (!Number.isSafeInteger(size) || size < 2 || size > 2 ** 31) {
    throw new RangeError(`linear: size must be a whole number of weights from 2 to 2147483648; got ${size}`)
  }
  if (loss !== 'squared' && loss !== 'logistic') {
    throw new RangeError(`linear: loss must be squared or logistic; got ${String(loss)}`)
  }
  return new NormalizedLinear({ ...options, rate, size, loss })
}

class NormalizedLinear<Item> implements Linear<Item> {
  readonly weights: Float64Array<ArrayBuffer>
  readonly #options: Required<LinearOptions<Item>>
  readonly #scales: Float64Array // s
  readonly #squares: Float64Array // G
  #norms = 0 // N
  #trained = 0 // t
  #targetMean = 0
  #targetSquares = 0 // the sum of the targets' squared distances from their mean
  #lossSum = 0
  #lossCount = 0
  #position: Position | undefined

  constructor(options: Required<LinearOptions<Item>>) {
    this.#options = options
    this.weights = new Float64Array(options.size)
    this.#scales = new Float64Array(options.size)
    this.#squares = new Float64Array(options.size)
  }

  async predict(items: readonly Item[]): Promise<readonly number[]> {
    const rows = this.#rows(items)
    return items.map((_, i) => this.#predict(rows, rows.ends[i - 1] ?? 0, rows.ends[i] as number))
  }

  async train(chunk: Chunk<Item>): Promise<void> {
    const targets = Array.from(chunk, item => this.#target(item))
    const rows = this.#rows(chunk)
    for (const [i, target] of targets.entries()) {
      this.#learn(rows, rows.ends[i - 1] ?? 0, rows.ends[i] as number, target)
    }
    this.#position = chunk.position ?? this.#position
  }

  async drain(): Promise<void> {}

  async progress(): Promise<Progress> {
    const loss = this.#lossSum / this.#lossCount
    this.#lossSum = 0
    this.#lossCount = 0
    return { words: this.#trained, loss, position: this.#position }
  }

  #rows(items: Iterable<Item>): FeatureRows {
    const rows = new FeatureRows(this.#options.size)
    for (const item of items) rows.add(this.#options.features(item))
    return rows
  }

  #target(item: Item): number {
    const target = this.#options.target(item)
    if (this.#options.loss === 'logistic' && target !== 0 && target !== 1) {
      throw new RangeError(`linear: target must be 0 or 1 for the logistic loss; got ${target}`)
    }
    if (typeof target === 'number' && Math.abs(target) <= 1e100) return target
    throw new RangeError(`linear: target must be a number within ±1e100; got ${target}`)
  }

  #predict({ slots, values }: FeatureRows, from: number, end: number): number {
    let sum = 0
    for (let i = from; i < end; i++) {
      sum += (this.weights[slots[i] as number] as number) * (values[i] as number)
    }
    return this.#options.loss === 'logistic' ? 1 / (1 + Math.exp(-sum)) : sum
  }

  #learn(rows: FeatureRows, from: number, end: number, target: number): void {
    const logistic = this.#options.loss === 'logistic'
    if (!logistic && this.#trained === 0) this.weights[0] = target
    this.#trained++
    this.#rescale(rows, from, end)
    const prediction = this.#predict(rows, from, end)
    const error = prediction - target
    this.#lossSum += logistic ? -Math.log(Math.max(1e-15, 1 - Math.abs(error))) : error * error
    this.#lossCount++
    const unit = logistic ? 1 : this.#deviation(target)
    if (error !== 0) this.#step(rows, from, end, error, unit)
  }

  /** Takes note of greater values: what a weight contributes is then less by as much as values are greater. */
  #rescale({ slots, values }: FeatureRows, from: number, end: number): void {
    for (let i = from; i < end; i++) {
      const slot = slots[i] as number
      const size = Math.abs(values[i] as number)
      const scale = this.#scales[slot] as number
      if (size > scale) {
        // The bias, which has begun at the first target, has no scale to grow out of.
        if (slot > 0) this.weights[slot] = (this.weights[slot] as number) * (scale / size)
        this.#scales[slot] = size
      }
      this.#norms += ((values[i] as number) / (this.#scales[slot] as number)) ** 2
    }
  }

  #step({ slots, values }: FeatureRows, from: number, end: number, error: number, unit: number): void {
    let length = this.#options.rate * unit * Math.sqrt(this.#trained / this.#norms)
    let moved = 0 // by how much a full step would change the prediction
    for (let i = from; i < end; i++) {
      const slot = slots[i] as number
      const gradient = error * (values[i] as number)
      const squares = (this.#squares[slot] as number) + gradient * gradient
      this.#squares[slot] = squares
      if (squares > 0) moved += this.#direction(slot, gradient) * (values[i] as number)
    }
    if (this.#options.loss === 'squared' && Math.abs(length * moved) > Math.abs(error)) length = error / moved
    for (let i = from; i < end; i++) {
      const slot = slots[i] as number
      const gradient = error * (values[i] as number)
      if ((this.#squares[slot] as number) > 0) {
        this.weights[slot] = (this.weights[slot] as number) - length * this.#direction(slot, gradient)
      }
    }
  }

  #direction(slot: number, gradient: number): number {
    return gradient / ((this.#scales[slot] as number) * Math.sqrt(this.#squares[slot] as number))
  }

  /** The standard deviation of the targets, this one included (Welford). */
  #deviation(target: number): number {
    const before = target - this.#targetMean
    this.#targetMean += before / this.#trained
    this.#targetSquares += before * (target - this.#targetMean)
    return Math.sqrt(this.#targetSquares / this.#trained)
  }
}
