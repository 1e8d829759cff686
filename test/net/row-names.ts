import { keyOf } from '../../src/models/word-key.ts'
import type { RowNames } from '../../src/types.ts'

/** Rows named by words, in memory: what a vocabulary is to a peer. */
export class WordNames implements RowNames {
  readonly capacity: number
  readonly #texts: string[] = []
  readonly #rows = new Map<bigint, number>()
  #keys = new Uint32Array(128)

  constructor(capacity: number, texts: readonly string[] = []) {
    this.capacity = capacity
    for (const text of texts) this.admit(text)
  }

  get size(): number {
    return this.#texts.length
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  keys(first: number, end: number): Uint32Array {
    return this.#keys.subarray(first * 2, end * 2)
  }

  text(row: number): string {
    return this.#texts[row]
  }

  find(low: number, high: number): number {
    return this.#rows.get(joined(low, high)) ?? -1
  }

  keyOf(text: string): Uint32Array {
    return keyOf(text)
  }

  admit(text: string): number {
    const [low, high] = keyOf(text)
    const known = this.find(low, high)
    if (known >= 0) return known
    const row = this.size
    if (row === this.capacity) throw new RangeError(`names: no room for ${text}`)
    if (row * 2 === this.#keys.length) {
      const larger = new Uint32Array(row * 4)
      larger.set(this.#keys)
      this.#keys = larger
    }
    this.#keys.set([low, high], row * 2)
    this.#rows.set(joined(low, high), row)
    this.#texts.push(text)
    return row
  }
}

/** Rows that are only numbers, as those of a dense tensor: the key of row i is (i, 0). */
export function numberNames(size: number): RowNames {
  const keys = Uint32Array.from({ length: size * 2 }, (_, i) => (i % 2 === 0 ? i / 2 : 0))
  return {
    size,
    keys: (first, end) => keys.subarray(first * 2, end * 2),
    text: () => '',
    find: (low, high) => (high === 0 && low < size ? low : -1),
    keyOf(text) {
      throw new RangeError(`names: rows have no texts; got ${text}`)
    },
    admit(text) {
      throw new RangeError(`names: rows have no texts; got ${text}`)
    }
  }
}

function joined(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
