// One peer's part in an exchange.

import type { Channels } from '../types.ts'
import { Alarms } from './alarms.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import { Fates } from './fates.ts'
import type { Holdings } from './holdings.ts'
import { Incoming } from './incoming.ts'
import { ItemChannel } from './item-channel.ts'
import type { Coded } from './item-codec.ts'
import type { Handover, ItemPeer, Sent } from './item-peer.ts'
import type { Batch, Router } from './item-router.ts'
import type { Losses } from './losses.ts'
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
  readonly clock: Clock
}

export class Routing<Item> implements Router<Item> {
  readonly holdings: Holdings
  readonly #losses: Losses
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
  readonly #fates: Fates<Item>
  #moved = false
  #failure: { readonly error: unknown } | undefined

  constructor(
    swarm: Channels,
    name: string,
    source: SourcePump<Item>,
    options: RoutingOptions<Item>,
    holdings: Holdings,
    losses: Losses
  ) {
    this.#options = options
    this.#source = source
    this.#alarms = new Alarms(options.clock)
    this.#losses = losses
    this.holdings = holdings
    this.#channel = new ItemChannel('exchange', swarm, name, this)
    this.#ownership = new Ownership(this.#channel.own)
    this.#state = new MovingState(this.#channel, this.#ownership, holdings)
    this.#fates = new Fates(this.#channel, this.#ownership, this.#state, holdings)
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
    this.#fates.started ||= Array.from(peers.values()).filter(peer => peer.ready).length >= least
    if (this.#ownership.expect(peers, clock.now() + patience)) this.#alarms.later(this.#giveUp, patience)
    this.#moved = true
    const before = this.#ownership.divide(peers.values(), leaving)
    if (gone !== undefined) this.#report(this.#state.lostWith(gone, before ?? []))
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
    return this.#sender.run(() => this.#fates.started)
  }

  /** Ends its source, and has all that it holds go to the others. */
  leave(): void {
    this.#fates.started = true
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
      const part = this.#incoming.next(this.#fateOf)
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

  readonly #fateOf = (partition: number) => this.#fates.of(partition)

  /** Puts in the state that has come, and hands over what is another's now; whether there was any. */
  #move(): boolean {
    const put = this.#state.put()
    if (this.#moved) {
      const loss = this.#state.handOver()
      this.#report(loss)
      // Who has to begin anew is not to wait.
      if (loss !== undefined) this.#channel.greet()
    }
    if (this.#moved || put) this.#incoming.review(this.#fateOf)
    this.#moved = false
    return put
  }

  readonly #handAgain = () => {
    this.#moved = true
    this.#news.ring()
  }

  #report(loss: Loss | undefined): void {
    if (loss !== undefined) this.#failure ??= this.#losses.report(loss)
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
    return this.#channel.leaving || this.#fates.over
  }

  #wake(): void {
    this.#news.ring()
    this.#source.wake()
  }
}
