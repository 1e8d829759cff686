// How an item's features become weights' numbers and values.

import { mix } from './mix.ts'

/**
 * What an item is described by. An array: number i goes with weight i + 1, so all items have the same ones in the same order.
 * An object: numbers go by their name, texts as a category each (`name=text`, 1 where it is that), booleans as 1 and 0; what is
 * null or undefined is left out. Names and categories share the weights by hash.
 */
export type Features = ArrayLike<number> | Readonly<Record<string, FeatureValue>>
export type FeatureValue = number | string | boolean | null | undefined

/** Greater values would overflow when they are squared. */
const GREATEST = 1e100

/** Rows of features, each the bias and what is not 0: row i is at ends[i-1] … ends[i]. */
export class FeatureRows {
  readonly slots: number[] = []
  readonly values: number[] = []
  readonly ends: number[] = []
  readonly #size: number

  /** `size` weights; number 0 is the bias. */
  constructor(size: number) {
    this.#size = size
  }

  /** @throws RangeError for a value that is no number, or is too great, and for more values by position than there are weights. */
  add(features: Features): void {
    this.slots.push(0)
    this.values.push(1)
    if (isPositional(features)) this.#addPositions(features)
    else this.#addNames(features)
    this.ends.push(this.slots.length)
  }

  #addPositions(features: ArrayLike<number>): void {
    const { length } = features
    if (length >= this.#size) {
      throw new RangeError(
        `linear: size must be more than the number of features, ${length}; got ${this.#size}`
      )
    }
    for (let i = 0; i < length; i++) this.#put(i + 1, checkedValue(features[i], i))
  }

  #addNames(features: Readonly<Record<string, FeatureValue>>): void {
    for (const name of Object.keys(features)) {
      const value = features[name]
      if (value === undefined || value === null) continue
      if (typeof value === 'string') this.#put(this.#slot(`${name}=${value}`), 1)
      else if (typeof value === 'boolean') this.#put(this.#slot(name), value ? 1 : 0)
      else this.#put(this.#slot(name), checkedValue(value, name))
    }
  }

  #put(slot: number, value: number): void {
    if (value === 0) return
    this.slots.push(slot)
    this.values.push(value)
  }

  #slot(name: string): number {
    return 1 + (hash(name) % (this.#size - 1))
  }
}

function isPositional(features: Features): features is ArrayLike<number> {
  return Array.isArray(features) || ArrayBuffer.isView(features)
}

function checkedValue(value: number | undefined, feature: string | number): number {
  if (typeof value === 'number' && Math.abs(value) <= GREATEST) return value
  throw new RangeError(`linear: feature ${feature} must be a number within ±1e100; got ${value}`)
}

/** FNV-1a of the UTF-16 code units, mixed. Weights are kept by it, so it must never change. */
function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return mix(sum)
}
