// One peer's part in an exchange.

import type { Channels } from '../types.ts'
import { Alarms } from './alarms.ts'
import { Bell } from './bell.ts'
import { operatorError } from './call.ts'
import type { Clock } from './clock.ts'
import type { Holdings } from './holdings.ts'
import { type Fate, Incoming } from './incoming.ts'
import { BATCH_BYTES, type Batch, ItemChannel, type Router } from './item-channel.ts'
import type { Coded } from './item-codec.ts'
import type { Handover, ItemPeer, Sent } from './item-peer.ts'
import { type Loss, MovingState } from './moving-state.ts'
import { Outgoing } from './outgoing.ts'
import { Ownership } from './ownership.ts'
import { partitionOf } from './partitions.ts'
import type { SourcePump } from './source-pump.ts'
import { checkedTime } from './watermark.ts'

/** Longest time in ms that an item waits for its batch to fill. */
const FLUSH_MS = 2
/** Time in ms after which what was refused is sent again, where the owner seems to be the same. */
const RETRY_MS = 20
/** Least time in ms between two watermarks. */
const WATERMARK_MS = 10
/** Items put on their way between two looks at what is full. */
const LOOK = 256

export interface RoutingOptions<Item> {
  readonly key: (item: Item) => unknown
  readonly time: ((item: Item) => number) | undefined
  readonly disorder: number
  readonly most: number
  readonly least: number
  readonly patience: number
  readonly onLost: ((loss: Loss) => void) | undefined
  readonly clock: Clock
}

export class Routing<Item> implements Router<Item> {
  readonly holdings: Holdings
  readonly #losses: { partitions: number }
  readonly #options: RoutingOptions<Item>
  readonly #channel: ItemChannel<Item>
  readonly #outgoing: Outgoing<Item>
  readonly #incoming: Incoming<Item>
  readonly #news = new Bell()
  readonly #source: SourcePump<Item>
  readonly #alarms: Alarms
  readonly #ownership: Ownership<Item>
  readonly #state: MovingState<Item>
  #started = false
  #moved = false
  #greatest = Number.NEGATIVE_INFINITY
  #handed = Number.NEGATIVE_INFINITY
  #failure: { readonly error: unknown } | undefined

  constructor(
    swarm: Channels,
    name: string,
    source: SourcePump<Item>,
    options: RoutingOptions<Item>,
    holdings: Holdings,
    losses: { partitions: number }
  ) {
    this.#options = options
    this.#source = source
    this.#alarms = new Alarms(options.clock)
    this.#losses = losses
    this.holdings = holdings
    this.#channel = new ItemChannel('exchange', swarm, name, this)
    this.#ownership = new Ownership(this.#channel.own)
    this.#state = new MovingState(this.#channel, this.#ownership, holdings)
    this.#outgoing = new Outgoing(this.#channel, partition => this.#ownership.owner(partition))
    this.#incoming = new Incoming((batch, refused) => this.#channel.answer(batch, refused))
    this.changed()
  }

  moving(): readonly number[] {
    return this.#state.partitions
  }

  changed(gone?: ItemPeer<Item>): void {
    const { peers, leaving } = this.#channel
    const { clock, patience, least } = this.#options
    this.#started ||= Array.from(peers.values()).filter(peer => peer.ready).length >= least
    if (this.#ownership.expect(peers, clock.now() + patience)) this.#alarms.later(this.#giveUp, patience)
    this.#moved = true
    const before = this.#ownership.divide(peers.values(), leaving)
    if (gone !== undefined) this.#lose(gone, before ?? [])
    if (before !== undefined) {
      this.#outgoing.reroute(gone)
      // The owners have to know at once what they are to wait for.
      if (this.moving().length > 0 || this.#channel.claims) this.#channel.greet()
    }
    this.#flush(false)
    this.#wake()
  }

  arrived(batch: Batch<Item>): void {
    this.#incoming.put(batch)
    this.#news.ring()
  }

  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void {
    this.#outgoing.answered(by, sequence, sent, refused)
    if (this.#outgoing.refused) this.#alarms.later(this.#retry, RETRY_MS)
    this.#flush(false)
    this.#wake()
  }

  came(partitions: Uint16Array, coded: Coded): boolean {
    this.#news.ring()
    return this.#state.came(partitions, coded)
  }

  handed(handover: Handover, how: 'taken' | 'refused' | 'lost'): void {
    if (how !== 'taken') this.#state.back(handover)
    if (how === 'refused') this.#alarms.later(this.#handAgain, RETRY_MS)
    this.#channel.greet()
    this.#news.ring()
  }

  /** Takes all items of the source and puts them on their way. */
  async pump(): Promise<void> {
    const room = () => !this.#outgoing.full(this.#options.most)
    let index = 0
    await this.#source.run(
      () => this.#started && room(),
      async chunk => {
        for (const item of chunk) {
          this.#put(item, index++)
          if (index % LOOK !== 0) continue
          this.#flush(false)
          await this.#source.until(room)
        }
        this.#flush(false)
        this.#alarms.later(this.#flushAll, FLUSH_MS)
      }
    )
    this.#flush(true)
    this.#wake()
  }

  /** Ends its source, and has all that it holds go to the others. */
  leave(): void {
    this.#started = true
    this.#channel.leaving = true
    this.changed()
    this.#channel.greet()
    this.#source.close()
    this.#flush(true)
    this.#wake()
  }

  /** The next items, when what was handed out before has been worked through; undefined at the end. */
  async next(): Promise<{ readonly items: readonly Item[]; readonly watermark: number } | undefined> {
    this.#incoming.done()
    for (;;) {
      const failure = this.#source.failure ?? this.#failure
      if (failure !== undefined) throw failure.error
      const poke = this.#move()
      const part = this.#incoming.next(partition => this.#fateOf(partition))
      if (part !== undefined) this.holdings.touch(part.partitions)
      this.#tell()
      const watermark = this.#least()
      const risen = this.#options.time !== undefined && watermark > this.#handed
      if (part !== undefined || poke || risen) {
        this.#handed = Math.max(this.#handed, watermark)
        if (!this.#over) return { items: part?.items ?? [], watermark: this.#handed }
      }
      if (this.#over) return undefined
      await this.#news.rung()
    }
  }

  async close(): Promise<void> {
    this.#alarms.stop()
    await this.#source.close()
    await this.#channel.close()
  }

  /** Says that this peer is through: what it holds comes out here. */
  farewell(): void {
    this.holdings.forget()
    this.#channel.leaving = true
    this.#channel.greet()
  }

  #put(item: Item, index: number): void {
    const { key, time } = this.#options
    try {
      const at = time === undefined ? Number.POSITIVE_INFINITY : checkedTime(time(item))
      const partition = partitionOf(key(item))
      if (time !== undefined && at > this.#greatest) this.#greatest = at
      this.#outgoing.put(item, partition, at)
    } catch (error) {
      throw operatorError('exchange', index, error)
    }
  }

  #fateOf(partition: number): Fate {
    if (!this.#ownership.owns(partition)) return 'refuse'
    if (!this.#started || this.#state.awaits(partition)) return 'wait'
    if (this.holdings.touched(partition)) return 'out'
    // A member that is not known yet may have the state of what this peer has never had.
    if (this.#ownership.expects) return 'wait'
    for (const peer of this.#channel.peers.values()) if (!peer.ready) return 'wait'
    return 'out'
  }

  /** Puts in the state that has come, and hands over what is another's now; whether there was any. */
  #move(): boolean {
    const put = this.#state.put()
    if (this.#moved) this.#state.handOver()
    if (this.#moved || put) this.#incoming.review(partition => this.#fateOf(partition))
    this.#moved = false
    return put
  }

  readonly #handAgain = () => {
    this.#moved = true
    this.#news.ring()
  }

  #lose(gone: ItemPeer<Item>, before: readonly ItemPeer<Item>[]): void {
    const loss = this.#state.lostWith(gone, before)
    if (loss === undefined) return
    this.#losses.partitions += loss.partitions.length
    try {
      this.#options.onLost?.(loss)
    } catch (error) {
      this.#failure ??= { error } // it is not the channel's
    }
  }

  readonly #giveUp = () => {
    const now = this.#options.clock.now()
    const next = this.#ownership.giveUp(now)
    if (next !== undefined) this.#alarms.later(this.#giveUp, next - now)
    this.#handAgain()
  }

  /** How far the time of this peer's items has come, for all members. */
  #tell(): void {
    const { time, disorder } = this.#options
    const channel = this.#channel
    if (this.#source.ended && this.#outgoing.empty) channel.watermark = Number.POSITIVE_INFINITY
    else if (time !== undefined) {
      const watermark = Math.min(this.#greatest - disorder, this.#outgoing.least)
      channel.watermark = Math.max(channel.watermark, watermark)
    }
    if (channel.watermark === channel.own.watermark) return
    channel.own.watermark = channel.watermark
    if (channel.watermark === Number.POSITIVE_INFINITY) channel.tellWatermark()
    else this.#alarms.later(this.#tellWatermark, WATERMARK_MS)
  }

  readonly #tellWatermark = () => this.#channel.tellWatermark()

  #least(): number {
    let least = Number.POSITIVE_INFINITY
    for (const { watermark } of this.#channel.peers.values()) least = Math.min(least, watermark)
    return least
  }

  get #over(): boolean {
    if (!this.#source.ended || !this.#outgoing.empty || !this.#incoming.empty) return false
    if (this.#moved || !this.#state.settled) return false
    if (this.#channel.leaving) return true
    for (const peer of this.#channel.peers.values()) {
      if (peer.watermark < Number.POSITIVE_INFINITY) return false
      for (const partition of peer.coming) if (this.#ownership.owns(partition)) return false
    }
    return true
  }

  /** Sends what makes a batch, or all, where there is room; what nothing is before goes at once. */
  #flush(all: boolean): void {
    try {
      for (const peer of this.#channel.peers.values()) {
        const { items } = peer.gathered
        if (items.length === 0 || peer.bytes >= this.#options.most) continue
        if (all || peer.unanswered.size === 0 || items.length * peer.itemBytes >= BATCH_BYTES) {
          this.#outgoing.flush(peer)
        }
      }
    } catch (error) {
      this.#failure ??= { error }
    }
  }

  readonly #flushAll = () => this.#flush(true)

  readonly #retry = () => {
    this.#outgoing.retry()
    this.#flush(true)
    if (this.#outgoing.refused) this.#alarms.later(this.#retry, RETRY_MS)
  }

  #wake(): void {
    this.#news.ring()
    this.#source.wake()
  }
}
