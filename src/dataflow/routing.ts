// One peer's part in an exchange.

import type { Channels } from '../types.ts'
import { Alarms } from './alarms.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import type { Holdings } from './holdings.ts'
import { type Fate, Incoming } from './incoming.ts'
import { type Batch, ItemChannel, type Router } from './item-channel.ts'
import type { Coded } from './item-codec.ts'
import type { Handover, ItemPeer, Sent } from './item-peer.ts'
import { type Loss, MovingState } from './moving-state.ts'
import { Ownership } from './ownership.ts'
import { RoutingSender } from './routing-sender.ts'
import { RoutingTime } from './routing-time.ts'
import type { SourcePump } from './source-pump.ts'

/** Time in ms after which state that was refused is handed over again. */
const HAND_AGAIN_MS = 20

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
  readonly #sender: RoutingSender<Item>
  readonly #time: RoutingTime<Item>
  readonly #incoming: Incoming<Item>
  readonly #news = new Bell()
  readonly #source: SourcePump<Item>
  readonly #alarms: Alarms
  readonly #ownership: Ownership<Item>
  readonly #state: MovingState<Item>
  #started = false
  #moved = false
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
    const { key, time, disorder, most } = options
    const shared = { channel: this.#channel, alarms: this.#alarms }
    this.#sender = new RoutingSender({
      ...{ ...shared, key, time, most, source },
      ownerOf: partition => this.#ownership.owner(partition),
      fail: error => this.#fail(error),
      news: () => this.#wake()
    })
    this.#time = new RoutingTime({ ...shared, sender: this.#sender, timed: time !== undefined, disorder })
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
      this.#sender.reroute(gone)
      // The owners have to know at once what they are to wait for.
      if (this.moving().length > 0 || this.#channel.claims) this.#channel.greet()
    }
    this.#sender.flush(false)
    this.#wake()
  }

  arrived(batch: Batch<Item>): void {
    this.#incoming.put(batch)
    this.#news.ring()
  }

  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void {
    this.#sender.answered(by, sequence, sent, refused)
    this.#wake()
  }

  came(partitions: Uint16Array, coded: Coded): boolean {
    this.#news.ring()
    return this.#state.came(partitions, coded)
  }

  handed(handover: Handover, how: 'taken' | 'refused' | 'lost'): void {
    if (how !== 'taken') this.#state.back(handover)
    if (how === 'refused') this.#alarms.later(this.#handAgain, HAND_AGAIN_MS)
    this.#channel.greet()
    this.#news.ring()
  }

  /** Takes all items of the source and puts them on their way. */
  pump(): Promise<void> {
    return this.#sender.run(() => this.#started)
  }

  /** Ends its source, and has all that it holds go to the others. */
  leave(): void {
    this.#started = true
    this.#channel.leaving = true
    this.changed()
    this.#channel.greet()
    this.#sender.end()
  }

  /** The next items, when what was handed out before has been worked through; undefined at the end. */
  async next(): Promise<{ readonly items: readonly Item[]; readonly watermark: number } | undefined> {
    this.#incoming.done()
    for (;;) {
      const failure = this.#source.failure ?? this.#failure
      if (failure !== undefined) throw failure.error
      const put = this.#move()
      const part = this.#incoming.next(partition => this.#fateOf(partition))
      if (part !== undefined) this.holdings.touch(part.partitions)
      this.#time.tell()
      const risen = this.#time.rise()
      if (this.#over) return undefined
      if (part !== undefined || put || risen)
        return { items: part?.items ?? [], watermark: this.#time.handed }
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
      this.#fail(error) // it is not the channel's
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
  }

  readonly #giveUp = () => {
    const now = this.#options.clock.now()
    const next = this.#ownership.giveUp(now)
    if (next !== undefined) this.#alarms.later(this.#giveUp, next - now)
    this.#handAgain()
  }

  get #over(): boolean {
    if (!this.#sender.over || !this.#incoming.empty) return false
    if (this.#moved || !this.#state.settled) return false
    if (this.#channel.leaving) return true
    for (const peer of this.#channel.peers.values()) {
      if (peer.watermark < Number.POSITIVE_INFINITY) return false
      for (const partition of peer.coming) if (this.#ownership.owns(partition)) return false
    }
    return true
  }

  #wake(): void {
    this.#news.ring()
    this.#source.wake()
  }
}
