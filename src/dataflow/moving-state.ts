// Keyed state on its way to the owners of its partitions.

import type { Holdings } from './holdings.ts'
import type { ItemChannel } from './item-channel.ts'
import { type Coded, decodeValues } from './item-codec.ts'
import type { Handover, ItemPeer } from './item-peer.ts'
import type { Ownership } from './ownership.ts'
import { PARTITIONS } from './partitions.ts'

/** Partitions that begin anew at their owner, since their state could not come to it. */
export interface Loss {
  /** Who had the state. */
  readonly peer: string
  /** Whether its peer is gone, or it is too large to move: more than 16 MiB a partition. Such state stays where it is, and its results come out there. */
  readonly why: 'gone' | 'large'
  /** 0 to 1023. Where a peer is gone, those that are this peer's now. */
  readonly partitions: readonly number[]
}

/**
 * Hands over what is another's, and takes what is this peer's. Who has the state of a partition says so to all; its owner waits for it until
 * it has come, or whoever had it is gone.
 */
export class MovingState<Item> {
  readonly #channel: ItemChannel<Item>
  readonly #ownership: Ownership<Item>
  readonly #holdings: Holdings
  readonly #arrivals: Handover[] = []
  /** Partitions that are another's but whose state is too large to go there. */
  readonly #kept = new Set<number>()

  constructor(channel: ItemChannel<Item>, ownership: Ownership<Item>, holdings: Holdings) {
    this.#channel = channel
    this.#ownership = ownership
    this.#holdings = holdings
  }

  /** Partitions of which this peer has the state but which are others', to be handed over. */
  get partitions(): number[] {
    return this.#holdings.partitions(partition => {
      return !this.#ownership.owns(partition) && !this.#kept.has(partition)
    })
  }

  /** Whether state of a partition is somewhere else. */
  awaits(partition: number): boolean {
    for (const peer of this.#channel.peers.values()) if (peer.coming.has(partition)) return true
    return false
  }

  /** Whether nothing is on its way, from here or to here. */
  get settled(): boolean {
    if (this.#arrivals.length > 0 || this.partitions.length > 0) return false
    for (const peer of this.#channel.peers.values()) if (peer.handovers.size > 0) return false
    return true
  }

  /** Takes state that has come, where all of it is this peer's; bytes that are none count as no state. */
  came(partitions: Uint16Array, coded: Coded): boolean {
    if (!partitions.every(partition => this.#ownership.owns(partition))) return false
    let entries: readonly unknown[] = []
    try {
      entries = decodeValues(coded)
    } catch {
      this.#channel.rejected++
    }
    this.#arrivals.push({ partitions, entries })
    return true
  }

  /** Takes back what its taker refused, or went before it took. */
  back(handover: Handover): void {
    this.#holdings.touch(handover.partitions)
    this.#arrivals.push(handover)
  }

  /** Puts in what has come, when the operators have worked through all before; whether there was any. */
  put(): boolean {
    const arrivals = this.#arrivals.splice(0)
    for (const { entries, partitions } of arrivals) this.#holdings.put(entries, partitions)
    return arrivals.length > 0
  }

  /** Hands over what is another's, when the operators have worked through all before; tells what is too large for that. */
  handOver(): Loss | undefined {
    const { own, peers } = this.#channel
    for (const partition of this.#kept) if (this.#ownership.owns(partition)) this.#kept.delete(partition)
    const large: number[] = []
    for (const peer of peers.values()) {
      if (peer === own || !peer.ready) continue
      const moving = this.partitions.filter(partition => this.#ownership.owner(partition) === peer)
      if (moving.length > 0) this.#hand(peer, moving, large)
    }
    return large.length > 0 ? { peer: own.name, why: 'large', partitions: large } : undefined
  }

  /** Hands partitions over in as few handovers as they fit. */
  #hand(peer: ItemPeer<Item>, moving: readonly number[], large: number[]): void {
    const entries = this.#holdings.take(new Set(moving))
    if (this.#channel.hand(peer, { partitions: Uint16Array.from(moving), entries })) return
    this.#holdings.put(entries, moving)
    const middle = moving.length >> 1
    if (middle === 0) {
      for (const partition of moving) this.#kept.add(partition)
      large.push(...moving)
      return
    }
    this.#hand(peer, moving.slice(0, middle), large)
    this.#hand(peer, moving.slice(middle), large)
  }

  /** What went with a member, of what is this peer's now; `before` are the owners before it went. */
  lostWith(gone: ItemPeer<Item>, before: readonly ItemPeer<Item>[]): Loss | undefined {
    // Who left without a word to this peer had not met it; who is back has what it had.
    if (gone.ended === 'anew' || (gone.ended === 'left' && !gone.ready) || !this.#holdings.kept)
      return undefined
    const partitions: number[] = []
    for (let partition = 0; partition < PARTITIONS; partition++) {
      if (!this.#ownership.owns(partition)) continue
      if (before[partition] === gone || gone.coming.has(partition)) partitions.push(partition)
    }
    return partitions.length > 0 ? { peer: gone.name, why: 'gone', partitions } : undefined
  }
}
