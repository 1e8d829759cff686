import type { Entry } from './log.ts'
import type { Origin } from './messages.ts'
import { packsIn } from './vector.ts'

// Of what is averaged the last 32 make up most.
const NEW_SHARE = 1 / 32
// An origin of which nothing came for so many intervals makes no more.
const SILENT_INTERVALS = 8
// What a link may take of others' packs in an interval, however many links there are.
const LEAST_SHARE = 0.5

/**
 * How much of others' packs a peer may pass on. What comes in sets the pace, not a clock: an interval is over when as many
 * packs have come into the state as there are origins that make some.
 */
export class RelayPace<Content> {
  readonly #limit: number
  readonly #bytesOf: (content: Content) => number
  /** How many packs had come when one of an origin came last. */
  readonly #cameBefore = new Map<Origin, number>()
  #came = 0
  #origins = 1
  #packBytes = 0

  /** `limit`: packs, by their mean bytes, that are to go over all links of a peer in an interval; Infinity for all there are. */
  constructor(limit: number, bytesOf: (content: Content) => number) {
    this.#limit = limit
    this.#bytesOf = bytesOf
  }

  /** Says what came into the state; returns how many intervals passed with it. */
  came({ ranges, content }: Pick<Entry<Content>, 'ranges' | 'content'>): number {
    const packs = packsIn(ranges)
    this.#came += packs
    for (const [origin, [first, last]] of ranges) {
      const before = this.#cameBefore.get(origin)
      if (before === undefined) {
        this.#forgetSilent()
        this.#origins = Math.max(this.#origins, this.#cameBefore.size + 1)
      } else {
        // The mean, over all packs, of how many come until the next of the same origin is the number of origins.
        const count = last - first + 1
        this.#origins = averaged(this.#origins, (this.#came - before) / count, count)
      }
      this.#cameBefore.set(origin, this.#came)
    }
    if (packs === 1 || this.#packBytes === 0) {
      const each = this.#bytesOf(content) / packs
      this.#packBytes = this.#packBytes === 0 ? each : averaged(this.#packBytes, each, 1)
    }
    return packs / this.#origins
  }

  /** Bytes of others' packs that each of so many links may take in an interval: what is left beside one pack of this peer. */
  share(links: number): number {
    if (this.#limit === Infinity) return Infinity
    return Math.max(this.#limit / links - 1, LEAST_SHARE) * this.#packBytes
  }

  #forgetSilent(): void {
    if (this.#cameBefore.size < 2 * this.#origins) return
    const oldest = this.#came - SILENT_INTERVALS * this.#origins
    for (const [origin, before] of this.#cameBefore) {
      if (before < oldest) this.#cameBefore.delete(origin)
    }
  }
}

function averaged(mean: number, value: number, times: number): number {
  return mean + (value - mean) * Math.min(1, times * NEW_SHARE)
}
