// Channels between peers that live in one process: messages take random times, members come, leave, are lost.

import type { Channel, ChannelEvent, ChannelHandler, Channels } from '../../src/types.ts'
import { HandClock, idle } from './clock.ts'

interface Member {
  readonly peer: string
  readonly hear: ChannelHandler
  readonly members: Set<string>
}

export class SimulatedChannels {
  readonly clock = new HandClock()
  readonly #random: () => number
  readonly #open = new Map<string, Map<string, Member>>() // by channel and peer
  readonly #ways = new Map<string, { readonly to: Member; readonly name: string; events: ChannelEvent[] }>()
  /** Messages sent. */
  sent = 0

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** The channels of one peer. */
  peer(peer: string): Channels {
    return { channel: (name, hear) => this.#join(name, peer, hear) }
  }

  /** The peer is gone from one moment to the next; of what it sent lately, some comes. */
  crash(peer: string): void {
    for (const [name, members] of this.#open) {
      if (!members.delete(peer)) continue
      for (const other of members.values()) {
        const way = this.#way(name, peer, other)
        way.events.length = Math.ceil(way.events.length * this.#random())
        way.events.push({ type: 'lost', peer })
      }
    }
  }

  /** Two peers lose each other, and find each other again. */
  part(a: string, b: string): void {
    for (const [name, members] of this.#open) {
      for (const [one, other] of [
        [a, b],
        [b, a]
      ] as const) {
        const to = members.get(other)
        if (to === undefined || !members.has(one)) continue
        this.#way(name, one, to).events.splice(
          0,
          Number.POSITIVE_INFINITY,
          { type: 'lost', peer: one },
          { type: 'joined', peer: one }
        )
      }
    }
  }

  /** Lets time pass and messages arrive, until it holds. */
  async until(holds: () => boolean, what = 'what was waited for'): Promise<void> {
    for (let round = 0; !holds(); round++) {
      if (round > 20_000) throw new Error(`${what} has not come`)
      for (let n = Math.floor(this.#random() * 8); n > 0; n--) await this.#deliver()
      await idle()
      if (this.#random() < 0.3) await this.clock.pass(Math.ceil(this.#random() * 5))
    }
  }

  async #deliver(): Promise<void> {
    const waiting = Array.from(this.#ways.values()).filter(way => way.events.length > 0)
    const way = waiting[Math.floor(this.#random() * waiting.length)]
    const event = way?.events.shift()
    if (way === undefined || event === undefined) return
    const { to, name } = way
    if (this.#open.get(name)?.get(to.peer) !== to) return
    if (event.type === 'joined') to.members.add(event.peer)
    else if (!to.members.has(event.peer)) return
    else if (event.type !== 'message') to.members.delete(event.peer)
    await to.hear(event)
  }

  #join(name: string, peer: string, hear: ChannelHandler): Channel {
    const members = this.#open.get(name) ?? new Map<string, Member>()
    this.#open.set(name, members)
    if (members.has(peer)) throw new Error(`channel ${name} is open already`)
    const own: Member = { peer, hear, members: new Set([peer]) }
    for (const other of members.values()) {
      this.#way(name, peer, other).events.push({ type: 'joined', peer })
      this.#way(name, other.peer, own).events.push({ type: 'joined', peer: other.peer })
    }
    members.set(peer, own)
    return {
      peer,
      get members() {
        return Array.from(own.members).sort()
      },
      send: (to, message) => {
        const other = members.get(to)
        if (message.length > 2 ** 20) throw new RangeError(`a message of ${message.length} bytes`)
        if (other === undefined || !own.members.has(to) || members.get(peer) !== own) return
        // What goes out over a link that is broken is gone, also before its end is heard here.
        if (this.#way(name, to, own).events.some(({ type }) => type === 'lost')) return
        this.sent++
        this.#way(name, peer, other).events.push({ type: 'message', peer, bytes: new Uint8Array(message) })
      },
      close: async () => {
        if (members.get(peer) !== own) return
        members.delete(peer)
        for (const other of members.values()) this.#way(name, peer, other).events.push({ type: 'left', peer })
      }
    }
  }

  #way(name: string, from: string, to: Member) {
    const key = `${name} ${from} ${to.peer}`
    const known = this.#ways.get(key)
    if (known?.to === to) return known
    const way = { to, name, events: [] }
    this.#ways.set(key, way)
    return way
  }
}

/** Numbers from 0 to 1 that depend on the seed alone. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
