// Of what is averaged the last 16 make up most.
const NEW_SHARE = 1 / 16

/**
 * When a peer may pack again, so that packing and applying take a share of its time at most if all peers pack as often as it
 * does, and as many packs of others come in a second whatever their number. What the others really sent meanwhile does not
 * count: whoever was ahead would get more so, as the others' packing grew rarer.
 */
export class ExchangePace {
  readonly #share: number
  /** Milliseconds to apply a pack: the mean. */
  #applyingPack = 0
  /** Since this peer packed last. */
  #begun = 0
  #packing = 0
  #packs = 0

  /** `share`: of the time, above 0, to 1. */
  constructor(share: number) {
    this.#share = share
  }

  /** When the next packs may be made (ms), where so many others train. */
  notBefore(others: number): number {
    const each = this.#packing + this.#applyingPack * Math.max(1, this.#packs)
    return this.#begun + (others * each) / this.#share
  }

  /** This peer begins to pack, now (ms). */
  begin(now: number): void {
    this.#begun = now
    this.#packing = 0
    this.#packs = 0
  }

  /** It made a pack, which took so many milliseconds. */
  packed(milliseconds: number): void {
    this.#packing += milliseconds
    this.#packs++
  }

  /** It applied the sum of so many packs of others, which took so many milliseconds. */
  applied(packs: number, milliseconds: number): void {
    const each = milliseconds / packs
    const weight = this.#applyingPack === 0 ? 1 : Math.min(1, packs * NEW_SHARE)
    this.#applyingPack += (each - this.#applyingPack) * weight
  }
}
