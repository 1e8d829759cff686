import { chunksOf, stream, unmarked } from '../stream.ts'
import type { Channels, Chunk, Operator } from '../types.ts'
import { steadyClock } from './clock.ts'
import { BATCH_BYTES } from './item-channel.ts'
import type { ItemPeer, Sent } from './item-peer.ts'
import { checkSpread, type Spread, Spreading, type SpreadOptions } from './spreading.ts'

/** Chunks that are read ahead, so that whoever has room gets one at once. */
const AHEAD = 2

/**
 * Gives each chunk of items to one member, this one included: to another as soon as fewer than `most` bytes are on their way to it, to this
 * one whenever its reader asks and no other has room. So a fast peer gets more, and nobody is given what it has no room for. Without a
 * swarm items pass straight through.
 *
 * Others get batches of some 64 KiB, coded as `exchange` does it; what stays goes on as it is, columns too, without position
 * or watermark. A batch is answered when the receiver's reader comes back for more. What a member has not answered when it goes
 * is given to others: at least once while this peer lives, and twice only where a member went. Order: none. The
 * source is read ahead by two chunks. The output ends when all members' sources have ended and all their items are worked through.
 *
 * @throws RangeError for options out of range. TypeError for an item that cannot be sent. Error where the channel is open already.
 */
export function distribute<Item>(
  swarm: Channels | undefined,
  options: SpreadOptions = {}
): Operator<Item, Item> {
  const { name = 'distribute', most = 2 ** 18, least = 1, clock = steadyClock } = options
  checkSpread('distribute', { most, least })
  if (swarm === undefined) return items => items
  const make = (spreading: Spreading<Item>) => new Work(spreading, most)
  return items =>
    stream(() => new Spreading('distribute', swarm, { name, least, clock }, chunksOf(items), make).run())
}

/** Chunks that wait for somebody who has room. */
class Work<Item> implements Spread<Item> {
  readonly #spreading: Spreading<Item>
  readonly #most: number
  readonly #chunks: Chunk<Item>[] = []

  constructor(spreading: Spreading<Item>, most: number) {
    this.#spreading = spreading
    this.#most = most
  }

  get empty(): boolean {
    return this.#chunks.length === 0
  }

  room(): boolean {
    return this.#chunks.length < AHEAD
  }

  take(chunk: Chunk<Item>): void {
    if (chunk.length > 0) this.#chunks.push(unmarked(chunk))
  }

  own(): Chunk<Item> | undefined {
    return this.#chunks.shift()
  }

  back({ items }: Sent<Item>): void {
    this.#chunks.unshift(items)
  }

  send(): void {
    for (;;) {
      const peer = this.#roomiest()
      const items = peer === undefined ? undefined : this.#batchFor(peer)
      if (peer === undefined || items === undefined) return
      this.#spreading.channel.send(peer, { items, partitions: [], least: Number.POSITIVE_INFINITY })
    }
  }

  /** Whoever has least on its way, where that is less than the bound. */
  #roomiest(): ItemPeer<Item> | undefined {
    let roomiest: ItemPeer<Item> | undefined
    for (const peer of this.#spreading.others)
      if (peer.bytes < (roomiest?.bytes ?? this.#most)) roomiest = peer
    return roomiest
  }

  /** As much of the next chunk as makes a batch. */
  #batchFor(peer: ItemPeer<Item>): readonly Item[] | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return undefined
    const items = Array.from(chunk)
    const fit = Math.max(1, Math.floor(BATCH_BYTES / peer.itemBytes))
    // A little more than a batch is no reason to cut.
    if (items.length <= 2 * fit) return items
    this.#chunks.unshift(items.slice(fit))
    return items.slice(0, fit)
  }
}
