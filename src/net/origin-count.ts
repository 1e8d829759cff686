import type { Origin, Ranges } from './messages.ts'
import { packsIn } from './vector.ts'

// An origin of which nothing came while each other one made so many packs makes no more.
const SILENT_TURNS = 8

/** How many origins make packs, as far as can be told from the packs that come. */
export class OriginCount {
  /** How many packs had come when one of an origin came last. */
  readonly #cameBefore = new Map<Origin, number>()
  #came = 0
  #count = 1

  get count(): number {
    return this.#count
  }

  /** Packs came; returns how many. */
  came(ranges: Ranges): number {
    const packs = packsIn(ranges)
    this.#came += packs
    for (const [origin, [first, last]] of ranges) {
      const before = this.#cameBefore.get(origin)
      if (before === undefined) {
        this.#forgetSilent()
        this.#count = Math.max(this.#count, this.#cameBefore.size + 1)
      } else {
        // The mean, over all packs, of how many come until the next of the same origin is the number of origins.
        const times = last - first + 1
        this.#count = averaged(this.#count, (this.#came - before) / times, times)
      }
      this.#cameBefore.set(origin, this.#came)
    }
    return packs
  }

  #forgetSilent(): void {
    if (this.#cameBefore.size < 2 * this.#count) return
    const oldest = this.#came - SILENT_TURNS * this.#count
    for (const [origin, before] of this.#cameBefore) {
      if (before < oldest) this.#cameBefore.delete(origin)
    }
  }
}

// Of what is averaged the last 32 make up most.
const NEW_SHARE = 1 / 32

/** A running mean with a value in it that came so many times. */
export function averaged(mean: number, value: number, times: number): number {
  return mean + (value - mean) * Math.min(1, times * NEW_SHARE)
}
