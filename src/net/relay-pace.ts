import type { Entry } from './log.ts'
import { averaged, OriginCount } from './origin-count.ts'

// What a link may take of others' packs in an interval, however many links there are.
const LEAST_SHARE = 0.5

/**
 * How much of others' packs a peer may pass on. What comes in sets the pace, not a clock: an interval is over when as many
 * packs have come into the state as there are origins that make some.
 */
export class RelayPace<Content> {
  readonly #limit: number
  readonly #bytesOf: (content: Content) => number
  readonly #origins = new OriginCount()
  #packBytes = 0

  /** `limit`: packs, by their mean bytes, that are to go over all links of a peer in an interval; Infinity for all there are. */
  constructor(limit: number, bytesOf: (content: Content) => number) {
    this.#limit = limit
    this.#bytesOf = bytesOf
  }

  /** Says what came into the state; returns how many intervals passed with it. */
  came({ ranges, content }: Pick<Entry<Content>, 'ranges' | 'content'>): number {
    const packs = this.#origins.came(ranges)
    if (packs === 1 || this.#packBytes === 0) {
      const each = this.#bytesOf(content) / packs
      this.#packBytes = this.#packBytes === 0 ? each : averaged(this.#packBytes, each, 1)
    }
    return packs / this.#origins.count
  }

  /** Bytes of others' packs that each of so many links may take in an interval: what is left beside one pack of this peer. */
  share(links: number): number {
    if (this.#limit === Infinity) return Infinity
    return Math.max(this.#limit / links - 1, LEAST_SHARE) * this.#packBytes
  }
}
