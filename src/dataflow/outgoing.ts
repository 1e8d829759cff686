// Items on their way to the owners of their keys.

import type { ItemChannel } from './item-channel.ts'
import type { ItemPeer, Parcel, Sent } from './item-peer.ts'
import { PARTITIONS } from './partitions.ts'

/** Items of one partition that cannot be sent yet, since others before them are not answered. */
interface Blocked<Item> {
  /** What came back, by the number it was sent with: earlier than what is held. */
  readonly returned: Map<number, Item[]>
  readonly held: Item[]
  least: number
  /** Who refused them. */
  by: ItemPeer<Item> | undefined
}

/**
 * Sends items to their partitions' owners, so that those of a partition and this sender stay in order: while some of them are not
 * answered by one member, none goes to another. What is refused, or was not answered by a member that is gone, goes to the owner there is then.
 */
export class Outgoing<Item> {
  readonly #channel: ItemChannel<Item>
  readonly #ownerOf: (partition: number) => ItemPeer<Item>
  /** How many items of each partition are not answered, and by whom. */
  readonly #open = new Int32Array(PARTITIONS)
  readonly #at: (ItemPeer<Item> | undefined)[] = new Array(PARTITIONS).fill(undefined)
  readonly #blocked = new Map<number, Blocked<Item>>()
  #waiting = 0

  constructor(channel: ItemChannel<Item>, ownerOf: (partition: number) => ItemPeer<Item>) {
    this.#channel = channel
    this.#ownerOf = ownerOf
  }

  /** Whether nothing waits and all was answered. */
  get empty(): boolean {
    if (this.#blocked.size > 0) return false
    for (const { gathered, unanswered } of this.#channel.peers.values()) {
      if (gathered.items.length > 0 || unanswered.size > 0) return false
    }
    return true
  }

  /** The least time of all items that were not answered. */
  get least(): number {
    let least = Number.POSITIVE_INFINITY
    for (const peer of this.#channel.peers.values()) least = Math.min(least, peer.least)
    for (const blocked of this.#blocked.values()) least = Math.min(least, blocked.least)
    return least
  }

  /** Whether as many bytes as `most` wait for one member, or for nobody. */
  full(most: number): boolean {
    if (this.#waiting * this.#channel.own.itemBytes >= most) return true
    for (const peer of this.#channel.peers.values()) if (peer.backlog >= most) return true
    return false
  }

  /** Whether refused items wait for their owner to know that it is. */
  get refused(): boolean {
    for (const [partition, { by }] of this.#blocked) {
      if (by !== undefined && this.#open[partition] === 0) return true
    }
    return false
  }

  put(item: Item, partition: number, time: number): void {
    const blocked = this.#blocked.get(partition)
    if (blocked !== undefined) {
      this.#hold(blocked, item, time)
      return
    }
    const owner = this.#ownerOf(partition)
    if (this.#open[partition] !== 0 && this.#at[partition] !== owner) {
      this.#hold(this.#block(partition), item, time)
      return
    }
    this.#at[partition] = owner
    const { gathered } = owner
    gathered.items.push(item)
    gathered.partitions.push(partition)
    if (time < gathered.least) gathered.least = time
  }

  /** Notes that what was gathered for a member goes out. */
  flush(peer: ItemPeer<Item>): void {
    if (!peer.ready) return
    const { gathered } = peer
    for (const partition of gathered.partitions) this.#open[partition] = (this.#open[partition] as number) + 1
    this.#channel.flush(peer)
  }

  /** Owners have changed: what waits goes to the new ones. `gone` is a member that is none any more. */
  reroute(gone: ItemPeer<Item> | undefined): void {
    const all = Array.from(this.#channel.peers.values())
    if (gone !== undefined) all.push(gone)
    const waiting = all.map(peer => peer.takeGathered())
    for (const gathered of waiting) this.#reput(gathered)
    this.retry()
  }

  /** Sends what was refused once more. */
  retry(): void {
    for (const partition of Array.from(this.#blocked.keys())) this.#release(partition)
  }

  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void {
    const { items, partitions, least } = sent
    const back = refused === 'all' ? undefined : new Set(Array.from(refused))
    for (const [i, partition] of partitions.entries()) {
      this.#open[partition] = (this.#open[partition] as number) - 1
      if (back !== undefined && !back.has(partition)) continue
      const blocked = this.#block(partition)
      blocked.by = refused === 'all' ? undefined : by
      blocked.least = Math.min(blocked.least, least)
      const returned = blocked.returned.get(sequence)
      if (returned === undefined) blocked.returned.set(sequence, [items[i] as Item])
      else returned.push(items[i] as Item)
      this.#waiting++
    }
    if (this.#blocked.size === 0) return
    // What was to follow the refused items to the same member has to stay behind them.
    if (back === undefined || back.size > 0) this.#reput(by.takeGathered())
    for (const partition of new Set(partitions)) {
      // Who has just refused would do so again.
      if (this.#blocked.get(partition)?.by !== this.#ownerOf(partition)) this.#release(partition)
    }
  }

  #reput({ items, partitions, least }: Parcel<Item>): void {
    items.forEach((item, i) => {
      this.put(item, partitions[i] as number, least)
    })
  }

  #hold(blocked: Blocked<Item>, item: Item, time: number): void {
    blocked.held.push(item)
    blocked.least = Math.min(blocked.least, time)
    this.#waiting++
  }

  #block(partition: number): Blocked<Item> {
    const known = this.#blocked.get(partition)
    if (known !== undefined) return known
    const blocked = { returned: new Map(), held: [], least: Number.POSITIVE_INFINITY, by: undefined }
    this.#blocked.set(partition, blocked)
    return blocked
  }

  /** Lets a partition's items go, the earlier first, where none is on its way any more. */
  #release(partition: number): void {
    const blocked = this.#blocked.get(partition)
    if (blocked === undefined || this.#open[partition] !== 0) return
    this.#blocked.delete(partition)
    const { returned, held, least } = blocked
    const earlier = Array.from(returned).sort(([a], [b]) => a - b)
    const items = earlier.flatMap(([, some]) => some).concat(held)
    this.#waiting -= items.length
    for (const item of items) this.put(item, partition, least)
  }
}
