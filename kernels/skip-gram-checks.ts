import { BATCH_SLOTS, BREAK, type Optimizer, type Sampling, type SkipGramOptions } from './contract.ts'

/**
 * Checks what both devices demand of a skip-gram.
 * @throws RangeError that names the device, the option and its range.
 */
export function checkSkipGramOptions(device: string, options: SkipGramOptions): void {
  const { input, output, window, negatives } = options
  if (input.dim !== output.dim) {
    throw new RangeError(
      `${device}: skip-gram needs tables of one dim; ${input.name} has ${input.dim}, ${output.name} has ${output.dim}`
    )
  }
  if (!Number.isInteger(window) || window < 1 || window > 15) {
    throw new RangeError(`${device}: window must be a whole number from 1 to 15; got ${window}`)
  }
  if (!Number.isInteger(negatives) || negatives < 1 || negatives > 31) {
    throw new RangeError(`${device}: negatives must be a whole number from 1 to 31; got ${negatives}`)
  }
  const initial = initialAccumulators(options.optimizer)
  for (const [table, value] of Object.entries(initial)) {
    if (!(value >= 0) || !Number.isFinite(value)) {
      throw new RangeError(
        `${device}: initial.${table} of adagrad must be 0 or more and finite; got ${value}`
      )
    }
  }
}

/** What Adagrad's accumulators are taken to hold before the first step; zeros for SGD, which has none. */
export function initialAccumulators(optimizer: Optimizer): {
  readonly input: number
  readonly output: number
} {
  return (optimizer.kind === 'adagrad' ? optimizer.initial : undefined) ?? { input: 0, output: 0 }
}

/**
 * Checks the slots of a batch against the `rows` of the sampling tables.
 * @throws RangeError that names the first slot that is wrong.
 */
export function checkSlots(slots: Uint32Array, rows: number): void {
  if (slots.length > BATCH_SLOTS) {
    throw new RangeError(`skip-gram: a batch has at most ${BATCH_SLOTS} slots; got ${slots.length}`)
  }
  for (let i = 0; i < slots.length; i++) {
    if (slots[i] >= rows && slots[i] !== BREAK) {
      throw new RangeError(
        `skip-gram: slot ${i} names row ${slots[i]}, the sampling tables have ${rows} rows`
      )
    }
  }
}

/**
 * Checks sampling tables for tables of `capacity` rows.
 * @throws RangeError that says what is wrong with them.
 */
export function checkSampling({ keep, threshold, alias }: Sampling, capacity: number): void {
  const rows = keep.length
  if (rows < 1 || rows > capacity || threshold.length !== rows || alias.length !== rows) {
    throw new RangeError(
      `skip-gram: sampling must have 1 to ${capacity} rows, in all three tables; ` +
        `got ${rows}, ${threshold.length} and ${alias.length}`
    )
  }
  const outside = alias.find(row => row >= rows)
  if (outside !== undefined) throw new RangeError(`skip-gram: alias names row ${outside} of ${rows}`)
}
