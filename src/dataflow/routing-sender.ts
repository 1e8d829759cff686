// The part of an exchange that reads this peer's source and puts its items on their way.

import type { Alarms } from './alarms.ts'
import { operatorError } from './call.ts'
import { BATCH_BYTES, type ItemChannel } from './item-channel.ts'
import type { ItemPeer, Sent } from './item-peer.ts'
import { Outgoing } from './outgoing.ts'
import { partitionOf } from './partitions.ts'
import type { SourcePump } from './source-pump.ts'
import { checkedTime } from './watermark.ts'

/** Longest time in ms that an item waits for its batch to fill. */
const FLUSH_MS = 2
/** Time in ms after which what was refused is sent again, where the owner seems to be the same. */
const RETRY_MS = 20
/** Longest time in ms that a peer which leaves waits for what it has asked its source for. */
const LAST_MS = 500
/** Items put on their way between two looks at what is full. */
const LOOK = 256

/** What a sender needs of an exchange. */
export interface RoutingSenderOptions<Item> {
  readonly key: (item: Item) => unknown
  readonly time: ((item: Item) => number) | undefined
  readonly most: number
  readonly channel: ItemChannel<Item>
  readonly source: SourcePump<Item>
  readonly alarms: Alarms
  readonly ownerOf: (partition: number) => ItemPeer<Item>
  /** Items could not be sent. */
  readonly fail: (error: unknown) => void
  /** Something was sent or has ended. */
  readonly news: () => void
}

export class RoutingSender<Item> {
  /** The latest time of an item so far, in ms. */
  greatest = Number.NEGATIVE_INFINITY
  readonly #options: RoutingSenderOptions<Item>
  readonly #outgoing: Outgoing<Item>

  constructor(options: RoutingSenderOptions<Item>) {
    this.#options = options
    this.#outgoing = new Outgoing(options.channel, options.ownerOf)
  }

  /** Whether no more items come and all were answered. */
  get over(): boolean {
    return this.#options.source.ended && this.#outgoing.empty
  }

  /** The least time of all items that were not answered. */
  get least(): number {
    return this.#outgoing.least
  }

  /** Takes all items of the source, once it may begin, and puts them on their way. */
  async run(mayBegin: () => boolean): Promise<void> {
    const { source, alarms, most } = this.#options
    const room = () => !this.#outgoing.full(most)
    let index = 0
    await source.run(
      () => mayBegin() && room(),
      async chunk => {
        for (const item of chunk) {
          this.#put(item, index++)
          if (index % LOOK !== 0) continue
          this.flush(false)
          await source.until(room)
        }
        this.flush(false)
        alarms.later(this.#flushAll, FLUSH_MS)
      }
    )
    this.#sendAll()
  }

  /** Reads no more; what was read goes out. */
  end(): void {
    this.#options.source.end()
    this.#options.alarms.later(this.#giveUp, LAST_MS)
    this.#sendAll()
  }

  /** Sends what makes a batch, or all, where there is room; what nothing is before goes at once. */
  flush(all: boolean): void {
    const { channel, most, fail } = this.#options
    try {
      for (const peer of channel.peers.values()) {
        const { items } = peer.gathered
        if (items.length === 0 || peer.bytes >= most) continue
        if (all || peer.unanswered.size === 0 || items.length * peer.itemBytes >= BATCH_BYTES) {
          this.#outgoing.flush(peer)
        }
      }
    } catch (error) {
      fail(error)
    }
  }

  /** Owners have changed; `gone` is a member that is none any more. */
  reroute(gone: ItemPeer<Item> | undefined): void {
    this.#outgoing.reroute(gone)
  }

  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void {
    this.#outgoing.answered(by, sequence, sent, refused)
    if (this.#outgoing.refused) this.#options.alarms.later(this.#retry, RETRY_MS)
    this.flush(false)
  }

  #put(item: Item, index: number): void {
    const { key, time } = this.#options
    try {
      const at = time === undefined ? Number.POSITIVE_INFINITY : checkedTime(time(item))
      const partition = partitionOf(key(item))
      if (time !== undefined && at > this.greatest) this.greatest = at
      this.#outgoing.put(item, partition, at)
    } catch (error) {
      throw operatorError('exchange', index, error)
    }
  }

  #sendAll(): void {
    this.flush(true)
    this.#options.news()
  }

  readonly #flushAll = () => this.flush(true)

  readonly #giveUp = () => {
    void this.#options.source.close()
    this.#options.news()
  }

  readonly #retry = () => {
    this.#outgoing.retry()
    this.flush(true)
    if (this.#outgoing.refused) this.#options.alarms.later(this.#retry, RETRY_MS)
  }
}
