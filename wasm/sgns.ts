// Skip-gram with negative sampling over one batch, in HogBatch order: rows change after each window.
//
//   input, output weights   [capacity, dim]   updated in place
//   x [contexts, dim], y [outputs, dim]       the rows of one window
//   e = label - σ(x · yᵀ)                     [contexts, outputs]
//   gradient of x = e · y, gradient of y = eᵀ · x, both from the rows as they were before the window

import { random } from './random'
import { BLOCK, dots, errorsOf, gradients, slotAt, step } from './window'

const BREAK: u32 = 0xffff_ffff
const LOSS_MASK: u32 = 15
const BATCH_SLOTS: usize = 8192
const MOST_CONTEXTS: usize = 30
const MOST_OUTPUTS: usize = 36

/** What stays the same from batch to batch; written by kernels/wasm/skip-gram.ts. */
@unmanaged
class Job {
  inputWeights: usize
  outputWeights: usize
  inputAccumulator: usize
  outputAccumulator: usize
  inputMultiplier: usize
  outputMultiplier: usize
  inputHits: usize
  outputHits: usize
  dim: u32
  window: u32
  negatives: u32
  sgd: u32
  inputInitial: f32
  outputInitial: f32
}

/** One thread's own memory; sizes in kernels/wasm/skip-gram.ts follow `scratchBytes`. */
@unmanaged
class Scratch {
  lossSum: f64
  lossContexts: f64
}

// Offsets in a thread's scratch memory.
const KEPT: usize = 64
const CONTEXT_SLOTS: usize = KEPT + BATCH_SLOTS * 4
const CONTEXT_ROWS: usize = CONTEXT_SLOTS + 128
const OUTPUT_SLOTS: usize = CONTEXT_ROWS + 128
const OUTPUT_ROWS: usize = OUTPUT_SLOTS + 192
const ERRORS: usize = OUTPUT_ROWS + 192 // f32 [blocks][contexts][6]
const ERRORS_BLOCK: usize = (MOST_CONTEXTS + 2) * BLOCK * 4
const ZEROS: usize = ERRORS + ERRORS_BLOCK * (MOST_OUTPUTS / BLOCK)

/** Bytes of scratch memory a thread needs for rows of `dim` values. */
export function skipGramScratchBytes(dim: u32): usize {
  return ZEROS + <usize>dim * 4 * (1 + MOST_CONTEXTS + MOST_OUTPUTS)
}

/** Puts the kept words and the breaks of a batch one after another; returns how many. */
function compact(slots: usize, count: u32, keep: usize, key: u32, kept: usize): u32 {
  let length: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const slot = slotAt(slots, i)
    store<u32>(kept + (<usize>length << 2), slot)
    // Without a branch: which words are kept is random, and mispredicted branches would cost more than the store.
    const isBreak = slot == BREAK
    const limit = isBreak ? BREAK : slotAt(keep, slot)
    length += u32(random(key, i << 6) <= limit)
  }
  return length
}

/** Adds the loss of one window: for each context the sum over its outputs of -log(1 - |e|). */
function addLoss(scratch: usize, contexts: usize, outputs: usize): void {
  let sum: f64 = 0
  for (let i: usize = 0; i < contexts; i++) {
    let product: f64 = 1
    for (let j: usize = 0; j < outputs; j++) {
      const e = load<f32>(scratch + ERRORS + (j / BLOCK) * ERRORS_BLOCK + i * 24 + ((j % BLOCK) << 2))
      // Below 2^-24 the error has rounded to 1; the loss of such a pair is given as that of the last value before.
      product *= max<f64>(1 - <f64>abs<f32>(e), 5.9604645e-8)
    }
    sum -= Math.log(product)
  }
  const totals = changetype<Scratch>(scratch)
  totals.lossSum += sum
  totals.lossContexts += <f64>contexts
}

/** Lists the contexts of the word at `p`, those before it first; returns how many. */
// @ts-ignore: decorator
@inline
function gather(
  kept: usize, length: u32, p: u32, radius: u32, slots: usize, rows: usize, weights: usize, rowBytes: usize
): usize {
  let contexts: usize = 0
  for (let q = p; q > 0 && p - q < radius; q--) {
    const slot = slotAt(kept, q - 1)
    if (slot == BREAK) break
    store<u32>(slots + (contexts << 2), slot)
    store<usize>(rows + (contexts << 2), weights + <usize>slot * rowBytes)
    contexts++
  }
  for (let q = p + 1; q < length && q - p <= radius; q++) {
    const slot = slotAt(kept, q)
    if (slot == BREAK) break
    store<u32>(slots + (contexts << 2), slot)
    store<usize>(rows + (contexts << 2), weights + <usize>slot * rowBytes)
    contexts++
  }
  return contexts
}

/** Lists a window's outputs, the word itself and its distinct negatives; returns how many. */
// @ts-ignore: decorator
@inline
function draw(
  word: u32, key: u32, counter: u32, negatives: u32, threshold: usize, alias: usize, rows: u32,
  slots: usize, addresses: usize, weights: usize, rowBytes: usize
): usize {
  store<u32>(slots, word)
  store<usize>(addresses, weights + <usize>word * rowBytes)
  let outputs: usize = 1
  for (let j: u32 = 0; j < negatives; j++) {
    const product = <u64>random(key, counter + j) * <u64>rows
    const column = <u32>(product >> 32)
    const slot = <u32>product < slotAt(threshold, column) ? column : slotAt(alias, column)
    let known = false
    for (let i: usize = 0; i < outputs; i++) known = known || slotAt(slots, i) == slot
    if (known) continue
    store<u32>(slots + (outputs << 2), slot)
    store<usize>(addresses + (outputs << 2), weights + <usize>slot * rowBytes)
    outputs++
  }
  return outputs
}

/**
 * Trains on `count` slots (the law is in kernels/contract.ts). `job` and `scratch` are described above; keep, threshold
 * and alias are u32 [rows].
 */
export function trainSkipGram(
  job: usize, scratch: usize, slots: usize, count: u32, key: u32, rate: f32,
  keep: usize, threshold: usize, alias: usize, rows: u32
): void {
  const at = changetype<Job>(job)
  const rowBytes = <usize>at.dim << 2
  const inputWeights = at.inputWeights
  const outputWeights = at.outputWeights
  const sgd = at.sgd != 0
  const kept = scratch + KEPT
  const contextSlots = scratch + CONTEXT_SLOTS
  const contextRows = scratch + CONTEXT_ROWS
  const outputSlots = scratch + OUTPUT_SLOTS
  const outputRows = scratch + OUTPUT_ROWS
  const zeros = scratch + ZEROS
  const contextGradients = zeros + rowBytes
  const outputGradients = contextGradients + MOST_CONTEXTS * rowBytes

  const length = compact(slots, count, keep, key, kept)
  for (let p: u32 = 0; p < length; p++) {
    const word = slotAt(kept, p)
    if (word == BREAK) continue

    const radius: u32 = 1 + u32((<u64>random(key, (p << 6) + 1) * <u64>at.window) >> 32)
    const contexts = gather(kept, length, p, radius, contextSlots, contextRows, inputWeights, rowBytes)
    if (contexts == 0) continue
    const outputs = draw(
      word, key, (p << 6) + 2, at.negatives, threshold, alias, rows, outputSlots, outputRows, outputWeights, rowBytes
    )
    for (let j = outputs; j % BLOCK != 0; j++) store<usize>(outputRows + (j << 2), zeros)

    for (let j: usize = 0, block: usize = 0; j < outputs; j += BLOCK, block++) {
      const errors = scratch + ERRORS + block * ERRORS_BLOCK
      dots(outputRows + (j << 2), contextRows, contexts, rowBytes, errors)
      errorsOf(errors, contexts, outputs - j, j == 0)
      gradients(
        outputRows + (j << 2), contextRows, contexts, rowBytes,
        errors, contextGradients, outputGradients + j * rowBytes, j == 0
      )
    }
    if ((p & LOSS_MASK) == 0) addLoss(scratch, contexts, outputs)
    step(
      contextSlots, contextRows, contexts, contextGradients, rowBytes,
      at.inputAccumulator, at.inputMultiplier, at.inputHits, rate, sgd, at.inputInitial
    )
    step(
      outputSlots, outputRows, outputs, outputGradients, rowBytes,
      at.outputAccumulator, at.outputMultiplier, at.outputHits, rate, sgd, at.outputInitial
    )
  }
}
