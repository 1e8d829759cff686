// What broadcast and distribute have in common: items that go to members by no key, and end when all members' sources have.

import type { Channels, Chunk } from '../types.ts'
import { Alarms } from './alarms.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import { ItemChannel } from './item-channel.ts'
import type { ItemPeer, Sent } from './item-peer.ts'
import type { Batch, Router } from './item-router.ts'
import { Received } from './received.ts'
import { SourcePump } from './source-pump.ts'
import type { Spread } from './spread.ts'

export interface SpreadOptions {
  /** The channel's name; each in a flow needs its own. Default: the operator's. */
  readonly name?: string
  /** Bytes that may be on their way to one member. Default 262144. */
  readonly most?: number
  /** Members, this one included, that there must be before anything is read. Default 1. */
  readonly least?: number
  /** When it aborts this peer leaves politely, in the middle of the stream. Default: it stays to the end. */
  readonly leaving?: AbortSignal
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/** What else a spreading peer is told. */
export interface SpreadCourse {
  readonly name: string
  readonly least: number
  readonly clock: Clock
  /** This peer has no source of its own: it stays until another's has ended, or this aborts. */
  readonly fed?: AbortSignal | undefined
  readonly leaving: AbortSignal | undefined
}

/** @throws RangeError for options out of range. */
export function checkSpread(operator: string, { most, least }: { most: number; least: number }): void {
  for (const [name, unit, got] of [
    ['most', 'bytes', most],
    ['least', 'members', least]
  ] as const) {
    if (Number.isSafeInteger(got) && got >= 1) continue
    throw new RangeError(`${operator}: ${name} must be a whole number of ${unit}, at least 1; got ${got}`)
  }
}

export class Spreading<Item> implements Router<Item> {
  readonly channel: ItemChannel<Item>
  readonly alarms: Alarms
  readonly #spread: Spread<Item>
  readonly #source: SourcePump<Item>
  readonly #received: Received<Item>
  readonly #news = new Bell()
  readonly #course: SpreadCourse
  /** Whether a member has said that its source has ended. */
  #heardEnd = false
  #failure: { readonly error: unknown } | undefined
  #idle = false

  constructor(
    operator: string,
    swarm: Channels,
    course: SpreadCourse,
    chunks: AsyncGenerator<Chunk<Item>>,
    spread: (spreading: Spreading<Item>) => Spread<Item>
  ) {
    this.#course = course
    this.alarms = new Alarms(course.clock)
    this.#source = new SourcePump(chunks, course.clock)
    this.#received = new Received(() => this.channel)
    this.channel = new ItemChannel(operator, swarm, course.name, this)
    this.#spread = spread(this)
  }

  /** The other members that have said hello and stay. */
  get others(): ItemPeer<Item>[] {
    const { own, peers } = this.channel
    return Array.from(peers.values()).filter(peer => peer !== own && peer.ready && !peer.leaving)
  }

  /** Whether this peer's reader waits. */
  get idle(): boolean {
    return this.#idle
  }

  /** All items that come to this peer, until all members' sources have ended or it is to leave. */
  async *run(): AsyncGenerator<Chunk<Item>> {
    const { least, fed, leaving } = this.#course
    const wake = () => this.#news.ring()
    for (const signal of [fed, leaving]) signal?.addEventListener('abort', wake)
    let started = false
    const room = () => {
      started ||= this.others.length + 1 >= least
      return started && this.#spread.room()
    }
    const take = (chunk: Chunk<Item>) => {
      this.#spread.take(chunk)
      this.send()
    }
    try {
      this.#source.run(room, take).then(() => this.send())
      for (;;) {
        this.#received.done()
        const failure = this.#source.failure ?? this.#failure
        if (failure !== undefined) throw failure.error
        if (leaving?.aborted === true) break
        const chunk = this.#received.next() ?? this.#spread.own()
        this.#idle = chunk === undefined
        if (chunk !== undefined) {
          this.send()
          yield chunk
        } else if (this.#over()) break
        else await this.#news.rung()
      }
      this.#spread.leave()
      if (fed === undefined) this.#sayEnd()
      this.channel.leaving = true
      this.channel.greet()
    } finally {
      for (const signal of [fed, leaving]) signal?.removeEventListener('abort', wake)
      this.alarms.stop()
      await this.#source.close()
      await this.channel.close()
    }
  }

  /** Sends what can be sent, and wakes who waits. */
  send(): void {
    try {
      this.#spread.send()
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#source.wake()
    this.#news.ring()
  }

  moving(): readonly number[] {
    return []
  }

  changed(): void {
    const { own, peers } = this.channel
    for (const peer of peers.values())
      if (peer !== own && peer.watermark === Number.POSITIVE_INFINITY) this.#heardEnd = true
    this.send()
  }

  arrived(batch: Batch<Item>): void {
    this.#received.put(batch)
    this.#news.ring()
  }

  answered(
    _by: ItemPeer<Item>,
    _sequence: number,
    sent: Sent<Item>,
    refused: ArrayLike<number> | 'all'
  ): void {
    if (refused === 'all') this.#spread.back(sent)
    this.send()
  }

  came(): boolean {
    return false // nothing is held by key here
  }

  handed(): void {}

  #over(): boolean {
    const { own, peers } = this.channel
    if (!this.#ended || !this.#spread.empty || !this.#received.empty) return false
    for (const peer of peers.values()) if (peer.unanswered.size > 0) return false
    if (own.watermark < Number.POSITIVE_INFINITY) this.#sayEnd()
    for (const peer of peers.values()) if (peer.watermark < Number.POSITIVE_INFINITY) return false
    return true
  }

  get #ended(): boolean {
    const { fed } = this.#course
    return this.#source.ended && (fed === undefined || fed.aborted || this.#heardEnd)
  }

  /** Tells the others that this peer sends nothing any more. */
  #sayEnd(): void {
    this.channel.watermark = Number.POSITIVE_INFINITY
    this.channel.tellWatermark()
  }
}
