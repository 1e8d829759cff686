import type { KeyedState } from '../types.ts'

/** An accumulator for each key, kept for good. */
export class Accumulators<Key, Accumulator> implements KeyedState {
  readonly #slots = new Map<Key, number>()
  readonly #accumulators: (Accumulator | undefined)[] = []
  readonly #free: number[] = []
  readonly #merge: ((earlier: Accumulator, later: Accumulator) => Accumulator) | undefined

  /** `merge` is needed where any are put in. */
  constructor(merge: ((earlier: Accumulator, later: Accumulator) => Accumulator) | undefined) {
    this.#merge = merge
  }

  /** Changes a key's accumulator, and returns it. Where a function throws, all is as it was. */
  change(key: Key, initial: () => Accumulator, change: (before: Accumulator) => Accumulator): Accumulator {
    const slot = this.#slots.get(key)
    if (slot !== undefined) {
      const after = change(this.#accumulators[slot] as Accumulator)
      this.#accumulators[slot] = after
      return after
    }
    const first = change(initial())
    this.#set(key, first)
    return first
  }

  take(moves: (key: unknown) => boolean): unknown[] {
    const taken: unknown[] = []
    for (const [key, slot] of this.#slots) {
      if (!moves(key)) continue
      taken.push([key, this.#accumulators[slot]])
      this.#slots.delete(key)
      this.#accumulators[slot] = undefined
      this.#free.push(slot)
    }
    return taken
  }

  put(entries: readonly unknown[]): void {
    for (const [key, accumulator] of entries as readonly [Key, Accumulator][]) {
      const slot = this.#slots.get(key)
      if (slot === undefined) this.#set(key, accumulator)
      else this.#accumulators[slot] = this.#merge?.(accumulator, this.#accumulators[slot] as Accumulator)
    }
  }

  #set(key: Key, accumulator: Accumulator): void {
    const slot = this.#free.pop() ?? this.#accumulators.length
    this.#slots.set(key, slot)
    this.#accumulators[slot] = accumulator
  }
}
