import type { Ranges } from './messages.ts'
import { averaged, OriginCount } from './origin-count.ts'

/**
 * When a peer may pack again, so that packing and applying take a share of its time: the more they cost, the later. It does
 * not wait for more than each other origin's turn; else one that has fallen behind would wait for as long as the others pack.
 */
export class ExchangePace {
  readonly #share: number
  readonly #others = new OriginCount()
  /** Milliseconds to apply a pack: the mean. */
  #applyingPack = 0
  /** Since this peer packed last. */
  #begun = 0
  #packing = 0
  #packs = 0
  #applying = 0

  /** `share`: of the time, above 0, to 1. */
  constructor(share: number) {
    this.#share = share
  }

  /** When the next packs may be made (ms). */
  get notBefore(): number {
    // Others make as many packs at a time as this peer.
    const turns = this.#applyingPack * this.#others.count * Math.max(1, this.#packs)
    return this.#begun + (this.#packing + Math.min(this.#applying, turns)) / this.#share
  }

  /** This peer begins to pack, now (ms). */
  begin(now: number): void {
    this.#begun = now
    this.#packing = 0
    this.#packs = 0
    this.#applying = 0
  }

  /** It made a pack, which took so many milliseconds. */
  packed(milliseconds: number): void {
    this.#packing += milliseconds
    this.#packs++
  }

  /** It applied these packs of others, which took so many milliseconds. */
  applied(ranges: Ranges, milliseconds: number): void {
    const packs = this.#others.came(ranges)
    const each = milliseconds / packs
    this.#applyingPack = this.#applyingPack === 0 ? each : averaged(this.#applyingPack, each, packs)
    this.#applying += milliseconds
  }
}
