import type { Holdings } from './holdings.ts'
import type { Fate } from './incoming.ts'
import type { ItemChannel } from './item-channel.ts'
import type { MovingState } from './moving-state.ts'
import type { Ownership } from './ownership.ts'

/** Decides what becomes of items that have come, by who owns their partition and where its state is. */
export class Fates<Item> {
  /** Whether as many members are there as were wanted. */
  started = false
  readonly #channel: ItemChannel<Item>
  readonly #ownership: Ownership<Item>
  readonly #state: MovingState<Item>
  readonly #holdings: Holdings

  constructor(
    channel: ItemChannel<Item>,
    ownership: Ownership<Item>,
    state: MovingState<Item>,
    holdings: Holdings
  ) {
    this.#channel = channel
    this.#ownership = ownership
    this.#state = state
    this.#holdings = holdings
  }

  /** What becomes of items of a partition now. */
  of(partition: number): Fate {
    if (!this.#ownership.owns(partition)) return 'refuse'
    if (!this.started || this.#state.awaits(partition)) return 'wait'
    if (this.#holdings.touched(partition)) return 'out'
    // A member that is not known yet may have the state of what this peer has never had.
    if (this.#ownership.expects) return 'wait'
    for (const peer of this.#channel.peers.values()) if (!peer.ready) return 'wait'
    return 'out'
  }

  /** Whether neither items nor state come any more. */
  get over(): boolean {
    for (const peer of this.#channel.peers.values()) {
      if (peer.watermark < Number.POSITIVE_INFINITY) return false
      for (const partition of peer.coming) if (this.#ownership.owns(partition)) return false
    }
    return true
  }
}
