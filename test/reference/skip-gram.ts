import { BREAK, LOSS_STRIDE, type Optimizer, type Sampling } from '../../kernels/contract.ts'
import { below, random } from './random.ts'

/** A table in f64, as skip-gram changes it. */
export interface ReferenceTable {
  readonly dim: number
  readonly weights: Float64Array // [rows, dim]
  readonly accumulator: Float64Array // [rows]
  readonly multiplier: Float64Array // [rows]
  readonly hits: Uint32Array // [rows]
}

/** What `SkipGramOptions` and `Sampling` say, with the tables in f64. */
export interface ReferenceSkipGram {
  readonly input: ReferenceTable
  readonly output: ReferenceTable
  readonly window: number
  readonly negatives: number
  readonly optimizer: Optimizer
  readonly sampling: Sampling
}

/** One window: a centre word's contexts and outputs, as rows. `outputs[0]` is the centre word. */
export interface Window {
  /** Position of the centre word in the kept list. */
  readonly position: number
  readonly contexts: readonly number[] // left to right, a word as often as it occurs
  readonly outputs: readonly number[] // the centre word, then the negatives that were not left out
}

export interface Loss {
  readonly sum: number
  readonly contexts: number
}

/** The slots of a batch that subsampling leaves, breaks included. */
export function keptSlots(slots: Uint32Array, key: number, { keep }: Sampling): number[] {
  return [...slots].filter((slot, i) => slot === BREAK || random(key, i * 64) <= keep[slot])
}

/** The windows of a batch in order. A centre word without contexts has none: it touches nothing. */
export function windowsOf(
  slots: Uint32Array,
  key: number,
  { window, negatives, sampling }: Pick<ReferenceSkipGram, 'window' | 'negatives' | 'sampling'>
): Window[] {
  const kept = keptSlots(slots, key, sampling)
  const rows = sampling.keep.length
  const windows: Window[] = []
  for (const [position, word] of kept.entries()) {
    if (word === BREAK) continue
    const radius = 1 + below(random(key, position * 64 + 1), window).column
    const left: number[] = []
    for (let p = position - 1; p >= position - radius && p >= 0 && kept[p] !== BREAK; p--) {
      left.unshift(kept[p])
    }
    const right: number[] = []
    for (let p = position + 1; p <= position + radius && p < kept.length && kept[p] !== BREAK; p++) {
      right.push(kept[p])
    }
    if (left.length + right.length === 0) continue

    const outputs = [word]
    for (let j = 0; j < negatives; j++) {
      const { column, fraction } = below(random(key, position * 64 + 2 + j), rows)
      const negative = fraction < sampling.threshold[column] ? column : sampling.alias[column]
      if (!outputs.includes(negative)) outputs.push(negative)
    }
    windows.push({ position, contexts: [...left, ...right], outputs })
  }
  return windows
}

/**
 * Trains one batch, the rows updated after each window: what `wasm` does on one thread.
 *
 * All gradients of a window are taken from the rows as they were before it. They are then applied one by one, the
 * contexts from left to right (a word that occurs twice is updated twice), then the outputs in their order. SGD's
 * steps are not clipped.
 */
export function trainSequential(
  model: ReferenceSkipGram,
  slots: Uint32Array,
  key: number,
  rate: number
): Loss {
  let loss: Loss = { sum: 0, contexts: 0 }
  const rules = rulesOf(model.optimizer, Number.POSITIVE_INFINITY)
  for (const window of windowsOf(slots, key, model)) {
    const { inputs, outputs, measured } = gradients(model, window)
    for (const [i, row] of window.contexts.entries()) {
      step(model.input, row, inputs[i], rate, rules.input)
      countHit(model.input, row)
    }
    for (const [i, row] of window.outputs.entries()) {
      step(model.output, row, outputs[i], rate, rules.output)
      countHit(model.output, row)
    }
    loss = { sum: loss.sum + measured.sum, contexts: loss.contexts + measured.contexts }
  }
  return loss
}

/**
 * Trains one batch, the gradients of all its windows summed by row and applied once at its end: what `webgpu` does.
 * SGD's step of a row is clipped to the norm `clip` (default 0.5).
 */
export function trainBatched(model: ReferenceSkipGram, slots: Uint32Array, key: number, rate: number): Loss {
  const inputSums = new Map<number, Float64Array>()
  const outputSums = new Map<number, Float64Array>()
  let loss: Loss = { sum: 0, contexts: 0 }
  for (const window of windowsOf(slots, key, model)) {
    const { inputs, outputs, measured } = gradients(model, window)
    for (const [i, row] of window.contexts.entries()) {
      addTo(inputSums, row, inputs[i])
      countHit(model.input, row)
    }
    for (const [i, row] of window.outputs.entries()) {
      addTo(outputSums, row, outputs[i])
      countHit(model.output, row)
    }
    loss = { sum: loss.sum + measured.sum, contexts: loss.contexts + measured.contexts }
  }
  const { optimizer } = model
  const rules = rulesOf(
    optimizer,
    optimizer.kind === 'sgd' ? (optimizer.clip ?? 0.5) : Number.POSITIVE_INFINITY
  )
  for (const [row, sum] of inputSums) step(model.input, row, sum, rate, rules.input)
  for (const [row, sum] of outputSums) step(model.output, row, sum, rate, rules.output)
  return loss
}

/** The gradient of each context and each output of a window, and its loss where the window is one that is measured. */
function gradients(model: ReferenceSkipGram, { position, contexts, outputs }: Window) {
  const { dim } = model.input
  const inputGradients = contexts.map(() => new Float64Array(dim))
  const outputGradients = outputs.map(() => new Float64Array(dim))
  const measured = { sum: 0, contexts: 0 }
  const isMeasured = position % LOSS_STRIDE === 0
  if (isMeasured) measured.contexts = contexts.length
  for (const [c, context] of contexts.entries()) {
    const x = rowOf(model.input, context)
    for (const [o, output] of outputs.entries()) {
      const y = rowOf(model.output, output)
      let product = 0
      for (let d = 0; d < dim; d++) product += x[d] * y[d]
      const label = o === 0 ? 1 : 0
      const e = label - 1 / (1 + Math.exp(-product))
      for (let d = 0; d < dim; d++) {
        inputGradients[c][d] += e * y[d]
        outputGradients[o][d] += e * x[d]
      }
      if (isMeasured) measured.sum += Math.log1p(Math.exp(label === 1 ? -product : product))
    }
  }
  return { inputs: inputGradients, outputs: outputGradients, measured }
}

/** How the rows of one table are updated; `clip` bounds the norm of an SGD step. */
type Rule =
  | { readonly kind: 'adagrad'; readonly initial: number }
  | { readonly kind: 'sgd'; readonly clip: number }

function rulesOf(optimizer: Optimizer, clip: number): { readonly input: Rule; readonly output: Rule } {
  if (optimizer.kind === 'sgd') return { input: { kind: 'sgd', clip }, output: { kind: 'sgd', clip } }
  const { input, output } = optimizer.initial ?? { input: 0, output: 0 }
  return { input: { kind: 'adagrad', initial: input }, output: { kind: 'adagrad', initial: output } }
}

/** One update of one row. */
function step(table: ReferenceTable, row: number, gradient: Float64Array, rate: number, rule: Rule): void {
  const m = table.multiplier[row]
  const squares = gradient.reduce((sum, g) => sum + g * g, 0)
  let factor: number
  if (rule.kind === 'adagrad') {
    table.accumulator[row] += (m * squares) / table.dim
    const sum = rule.initial + table.accumulator[row]
    factor = sum > 0 ? (m * rate) / Math.sqrt(sum) : 0
  } else {
    const norm = m * rate * Math.sqrt(squares)
    factor = norm > rule.clip ? (m * rate * rule.clip) / norm : m * rate
  }
  const values = rowOf(table, row)
  for (let d = 0; d < table.dim; d++) values[d] += factor * gradient[d]
}

/** A use of a row counts as one hit: one for each context of a window, one for each output of a window. */
function countHit(table: ReferenceTable, row: number): void {
  table.hits[row]++
}

function addTo(sums: Map<number, Float64Array>, row: number, gradient: Float64Array): void {
  const sum = sums.get(row)
  if (sum === undefined) sums.set(row, gradient.slice())
  else for (const [d, g] of gradient.entries()) sum[d] += g
}

function rowOf(table: ReferenceTable, row: number): Float64Array {
  return table.weights.subarray(row * table.dim, (row + 1) * table.dim)
}
