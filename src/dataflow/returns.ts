// Turns on their way back to the peers whose items they are of.
//
// A message is a byte that says how the rest is coded, and an array: a kind, and of `turns` entries [number, whether it is all, items].
// `anew` says that turns of the receiver's items may be gone: the sender had lost it, or stops before it has given all of them.

import type { Channel, ChannelEvent, Channels } from '../types.ts'
import { Bell } from './bell.ts'
import type { Clock } from './clock.ts'
import { decodeValues, encodeValues, type Form } from './item-codec.ts'
import { MOST_BYTES } from './item-messages.ts'
import type { Round } from './iterate.ts'
import type { Ring } from './ring.ts'

type Entry = readonly [number: number, last: boolean, again: readonly unknown[]]

/** How long a peer that is not known yet is waited for at the end, in ms. */
const PATIENCE_MS = 5000
/** Turns that wait at most for peers that are not known yet. */
const MOST_WAITING = 2 ** 16

export class Returns<Item> {
  /** Messages that were none. */
  rejected = 0
  readonly #ring: Ring<Item>
  readonly #channel: Channel
  readonly #members = new Set<string>()
  /** Members that were lost here, and may have lost turns. */
  readonly #lost = new Set<string>()
  readonly #waiting = new Map<string, Entry[]>()
  readonly #sent = new Bell()
  #count = 0

  /** @throws Error where the channel is open already. */
  constructor(swarm: Channels, name: string, ring: Ring<Item>) {
    this.#ring = ring
    this.#channel = swarm.channel(name, event => this.#hear(event))
    ring.from = this.#channel.peer
  }

  /** Takes a turn; one of another peer's item waits to be sent. */
  give({ from, number }: Round<Item>, again: readonly Item[]): void {
    if (from === this.#ring.from) {
      this.#ring.turned(number, again) // or it is one too many, since a member was lost
      return
    }
    if (!this.#members.has(from) && this.#count >= MOST_WAITING) return
    const waiting = this.#waiting.get(from)
    if (waiting === undefined) this.#waiting.set(from, [[number, true, again]])
    else waiting.push([number, true, again])
    this.#count++
  }

  /**
   * Sends what waits for members.
   *
   * @throws TypeError or RangeError naming what cannot be sent.
   */
  send(): void {
    for (const [peer, entries] of this.#waiting) {
      if (!this.#members.has(peer)) continue // it is on its way here
      this.#forget(peer)
      this.#post(peer, entries)
    }
    this.#sent.ring()
  }

  /** Resolves when all turns are sent: also to peers that are not known here yet, for which it waits 5 s at most. */
  async settled(clock: Clock): Promise<void> {
    const patience = new AbortController()
    clock.wait(PATIENCE_MS, patience.signal).then(() => {
      this.#waiting.clear()
      this.#sent.ring()
    })
    while (this.#waiting.size > 0) await this.#sent.rung()
    patience.abort()
  }

  /** Leaves the channel; where this peer has `stopped` early, the others begin anew with what it may have had of theirs. */
  close(stopped: boolean): Promise<void> {
    if (stopped) for (const peer of this.#members) this.#say(peer, ['anew'])
    return this.#channel.close()
  }

  #post(peer: string, entries: readonly Entry[]): void {
    const bytes = this.#say(peer, ['turns', ...entries])
    if (bytes <= MOST_BYTES) return
    const middle = entries.length >> 1
    if (middle > 0) {
      this.#post(peer, entries.slice(0, middle))
      this.#post(peer, entries.slice(middle))
      return
    }
    for (const [number, last, again] of entries) {
      const half = again.length >> 1
      if (half === 0) {
        throw new RangeError(`iterate: an item must take at most ${MOST_BYTES - 64} bytes; got ${bytes}`)
      }
      this.#post(peer, [[number, false, again.slice(0, half)]])
      this.#post(peer, [[number, last, again.slice(half)]])
    }
  }

  /** Sends a message, where it is not too long; gives its length. */
  #say(peer: string, values: readonly unknown[]): number {
    const { form, bytes } = encoded(values)
    const message = new Uint8Array(bytes.length + 1)
    message[0] = form
    message.set(bytes, 1)
    if (message.length <= MOST_BYTES) this.#channel.send(peer, message)
    return message.length
  }

  #hear(event: ChannelEvent): void {
    try {
      this.#heard(event)
    } catch (error) {
      this.#ring.fail(error) // it is not the channel's
    }
  }

  #heard(event: ChannelEvent): void {
    const { peer } = event
    if (event.type === 'message') this.#receive(event.bytes)
    else if (event.type === 'joined') {
      this.#members.add(peer)
      if (this.#lost.delete(peer)) this.#say(peer, ['anew'])
      this.send()
    } else {
      this.#members.delete(peer)
      this.#forget(peer)
      this.#sent.ring()
      if (event.type === 'left') return
      this.#lost.add(peer)
      this.#ring.renew()
    }
  }

  #receive(bytes: Uint8Array): void {
    const message = decoded(bytes)
    if (message === undefined) this.rejected++
    else if (message.kind === 'anew') this.#ring.renew()
    else for (const [number, last, again] of message.entries) this.#ring.turned(number, again as Item[], last)
  }

  #forget(peer: string): void {
    this.#count -= this.#waiting.get(peer)?.length ?? 0
    this.#waiting.delete(peer)
  }
}

function encoded(values: readonly unknown[]) {
  try {
    return encodeValues(values)
  } catch (error) {
    throw new TypeError(`iterate: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

function decoded(bytes: Uint8Array): { readonly kind: string; readonly entries: Entry[] } | undefined {
  try {
    const [kind, ...entries] = decodeValues({ form: bytes[0] as Form, bytes: bytes.subarray(1) })
    if (typeof kind !== 'string' || !['turns', 'anew'].includes(kind)) return undefined
    return entries.every(isEntry) ? { kind, entries } : undefined
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value)) return false
  const [number, last, again]: unknown[] = value
  return Number.isSafeInteger(number) && typeof last === 'boolean' && Array.isArray(again)
}
