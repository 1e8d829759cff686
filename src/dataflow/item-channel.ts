// Items between the members of a channel, in batches that are answered. Who is to get what is decided elsewhere.

import type { Channel, ChannelEvent, Channels } from '../types.ts'
import { type Coded, encodeValues } from './item-codec.ts'
import { decodeMessage, encodeMessage, type Message, MOST_BYTES } from './item-messages.ts'
import { type Ending, type Handover, ItemPeer, newSession, type Parcel, type Sent } from './item-peer.ts'

/** Bytes of a batch, about. */
export const BATCH_BYTES = 2 ** 16
/** Room that a message's other fields may take. */
const FIELDS_BYTES = 2 ** 14

/** Items that have come, to be answered. */
export interface Batch<Item> {
  readonly from: ItemPeer<Item>
  readonly sequence: number
  /** How many answers of this peer the sender had heard. */
  readonly seen: number
  readonly partitions: ArrayLike<number>
  /** Those of this peer itself are not coded. */
  readonly items: readonly Item[] | Coded
}

/** Who decides what goes where. */
export interface Router<Item> {
  /** Partitions of which this peer has the state but which are others'. */
  moving(): readonly number[]
  /** A member came, has said something of itself, or has gone. */
  changed(gone?: ItemPeer<Item>): void
  arrived(batch: Batch<Item>): void
  /** A parcel was answered, of which these partitions were refused; `by` has gone where it was never answered. */
  answered(by: ItemPeer<Item>, sequence: number, sent: Sent<Item>, refused: ArrayLike<number> | 'all'): void
  /** State has come, whole; whether it is taken. */
  came(partitions: Uint16Array, coded: Coded): boolean
  /** State that was handed over was taken, or was refused, or its taker has gone before it said so. */
  handed(handover: Handover, how: 'taken' | 'refused' | 'lost'): void
}

export class ItemChannel<Item> {
  /** This peer. */
  readonly own: ItemPeer<Item>
  /** All members, this one too. */
  readonly peers = new Map<string, ItemPeer<Item>>()
  leaving = false
  /** What `Message.watermark` says of this peer. */
  watermark = Number.NEGATIVE_INFINITY
  /** Whether a member was told that this peer has the state of partitions that are others'. */
  claims = false
  /** Messages that were none. */
  rejected = 0
  readonly #operator: string
  readonly #channel: Channel
  readonly #router: Router<Item>
  #handovers = 0

  /** @throws Error where the channel is open already. */
  constructor(operator: string, swarm: Channels, name: string, router: Router<Item>) {
    this.#operator = operator
    this.#router = router
    this.#channel = swarm.channel(name, event => this.#hear(event))
    this.own = new ItemPeer(this.#channel.peer, newSession())
    this.own.theirs = this.own.session
    this.peers.set(this.own.name, this.own)
  }

  /** Tells all members how this peer stands. */
  greet(): void {
    this.claims = false
    for (const peer of this.#others()) this.#hello(peer)
  }

  /** Tells the members that do not know it how far this peer's time has come. */
  tellWatermark(): void {
    const message = encodeMessage({ kind: 'watermark', watermark: this.watermark })
    this.own.watermark = this.watermark
    for (const peer of this.#others()) {
      if (peer.told >= this.watermark) continue
      peer.told = this.watermark
      this.#channel.send(peer.name, message)
    }
  }

  /** Sends what is gathered for a member, where it has said hello. */
  flush(peer: ItemPeer<Item>): void {
    if (!peer.ready || peer.gathered.items.length === 0) return
    this.send(peer, peer.takeGathered())
  }

  /**
   * Sends items to a member that has said hello, in as many batches as are needed.
   *
   * @throws Error naming what cannot be sent.
   */
  send(peer: ItemPeer<Item>, parcel: Parcel<Item>): void {
    const { items, partitions } = parcel
    if (peer === this.own) {
      const sequence = this.#number(peer, parcel, items.length * peer.itemBytes)
      this.#router.arrived({ from: peer, sequence, seen: peer.answers, partitions, items })
      return
    }
    this.#post(peer, parcel, this.#encode(items))
  }

  /**
   * Sends the same items to several other members that have said hello; they are coded once.
   *
   * @throws Error naming what cannot be sent.
   */
  sendAll(peers: readonly ItemPeer<Item>[], parcel: Parcel<Item>): void {
    if (peers.length === 0) return
    const coded = this.#encode(parcel.items)
    for (const peer of peers) this.#post(peer, parcel, coded)
  }

  #post(peer: ItemPeer<Item>, parcel: Parcel<Item>, coded: Coded): void {
    const { items, partitions, least } = parcel
    if (coded.bytes.length + 2 * partitions.length > MOST_BYTES - FIELDS_BYTES) {
      const middle = items.length >> 1
      if (middle === 0) {
        throw new RangeError(
          `${this.#operator}: an item must take at most ${MOST_BYTES - FIELDS_BYTES} bytes; got ${coded.bytes.length}`
        )
      }
      this.send(peer, { items: items.slice(0, middle), partitions: partitions.slice(0, middle), least })
      this.send(peer, { items: items.slice(middle), partitions: partitions.slice(middle), least })
      return
    }
    peer.itemBytes = coded.bytes.length / items.length
    this.own.itemBytes = peer.itemBytes
    const sequence = this.#number(peer, parcel, coded.bytes.length)
    const { theirs: session, seen } = peer
    const numbers = Uint16Array.from(partitions)
    this.#say(peer, { kind: 'batch', session, sequence, seen, partitions: numbers, ...coded })
  }

  /** Answers a batch of which all was worked through but these partitions, which the sender has to send elsewhere. */
  answer({ from, sequence }: Batch<Item>, refused: Uint16Array): void {
    if (this.peers.get(from.name) !== from) return
    from.answers++
    if (from !== this.own) this.#say(from, { kind: 'answer', session: from.session, sequence, refused })
    else this.#answered(from, sequence, refused)
  }

  /** Hands state over to a member that has said hello. */
  hand(peer: ItemPeer<Item>, handover: Handover): void {
    const { partitions, entries } = handover
    const { form, bytes } = this.#encode(entries)
    const id = ++this.#handovers
    peer.handovers.set(id, handover)
    const common = { kind: 'state', session: peer.theirs, handover: id, form } as const
    let at = 0
    for (; at + BATCH_BYTES < bytes.length; at += BATCH_BYTES) {
      const piece = bytes.subarray(at, at + BATCH_BYTES)
      this.#say(peer, { ...common, last: false, partitions: new Uint16Array(0), bytes: piece })
    }
    this.#say(peer, { ...common, last: true, partitions, bytes: bytes.subarray(at) })
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  #others(): ItemPeer<Item>[] {
    return Array.from(this.peers.values()).filter(peer => peer !== this.own)
  }

  #hear(event: ChannelEvent): void {
    const peer = this.peers.get(event.peer)
    if (event.type === 'joined') {
      if (peer === undefined) this.#begin(event.peer, newSession())
    } else if (peer === undefined || peer === this.own) return
    else if (event.type === 'message') this.#receive(peer, event.bytes)
    else this.#end(peer, event.type)
  }

  #begin(name: string, session: number): ItemPeer<Item> {
    const peer = new ItemPeer<Item>(name, session)
    this.peers.set(name, peer)
    this.#router.changed()
    this.#hello(peer)
    return peer
  }

  /** What was on its way to a member that is lost has to go elsewhere, in the order it was sent. */
  #end(peer: ItemPeer<Item>, how: Ending): void {
    peer.ended = how
    this.peers.delete(peer.name)
    this.#router.changed(peer)
    for (const [sequence, sent] of peer.unanswered) this.#router.answered(peer, sequence, sent, 'all')
    for (const handover of peer.handovers.values()) this.#router.handed(handover, 'lost')
  }

  #hello(peer: ItemPeer<Item>): void {
    const moving = new Set(this.#router.moving())
    // What is on its way to another may still come back.
    for (const other of this.peers.values()) {
      if (other === peer) continue
      for (const { partitions } of other.handovers.values()) for (const one of partitions) moving.add(one)
    }
    if (moving.size > 0) this.claims = true
    peer.told = this.watermark
    const members = Array.from(this.peers.keys())
    const { leaving, watermark } = this
    const { session, theirs: heard } = peer
    this.#say(peer, {
      kind: 'hello',
      session,
      heard,
      leaving,
      watermark,
      members,
      moving: Uint16Array.from(moving)
    })
  }

  #receive(peer: ItemPeer<Item>, bytes: Uint8Array<ArrayBuffer>): void {
    const message = decodeMessage(bytes)
    if (message === undefined) this.rejected++
    else if (message.kind === 'hello') this.#greeted(peer, message)
    else if (message.kind === 'watermark') {
      peer.watermark = Math.max(peer.watermark, message.watermark)
      this.#router.changed()
    } else if (message.kind === 'answer') {
      if (message.session === peer.theirs) this.#answered(peer, message.sequence, message.refused)
    } else if (message.kind === 'taken') {
      const handover = peer.handovers.get(message.handover)
      if (message.session !== peer.theirs || handover === undefined) return
      peer.handovers.delete(message.handover)
      this.#router.handed(handover, message.taken ? 'taken' : 'refused')
    } else if (message.session !== peer.session)
      return // of a time before one lost the other
    else if (message.kind === 'batch') {
      const { sequence, seen, partitions, form, bytes: items } = message
      this.#router.arrived({ from: peer, sequence, seen, partitions, items: { form, bytes: items } })
    } else this.#state(peer, message)
  }

  #greeted(known: ItemPeer<Item>, message: Message & { kind: 'hello' }): void {
    let peer = known
    if (peer.ready && peer.theirs !== message.session) {
      // It had lost this peer, and begins anew. Where it knows this peer's session it has done so for the last time.
      this.#end(peer, 'anew')
      peer = this.#begin(peer.name, message.heard === peer.session ? peer.session : newSession())
    }
    peer.theirs = message.session
    peer.leaving = message.leaving
    peer.watermark = message.watermark
    peer.members = message.members
    peer.coming.clear()
    for (const partition of message.moving) peer.coming.add(partition)
    this.#router.changed()
    if (message.heard !== peer.session) this.#hello(peer)
  }

  #answered(peer: ItemPeer<Item>, sequence: number, refused: Uint16Array): void {
    const sent = peer.unanswered.get(sequence)
    if (sent === undefined) return
    peer.seen++
    peer.unanswered.delete(sequence)
    peer.bytes -= sent.bytes
    this.#router.answered(peer, sequence, sent, refused)
  }

  #state(peer: ItemPeer<Item>, message: Message & { kind: 'state' }): void {
    peer.pieces.push(message.bytes)
    if (!message.last) return
    const bytes = joined(peer.pieces.splice(0))
    const { session, handover, partitions, form } = message
    const taken = this.#router.came(partitions, { form, bytes })
    if (taken) for (const partition of partitions) peer.coming.delete(partition)
    this.#say(peer, { kind: 'taken', session, handover, taken })
  }

  #number(peer: ItemPeer<Item>, parcel: Parcel<Item>, bytes: number): number {
    const { items, partitions, least } = parcel
    const sequence = ++peer.sequence
    peer.unanswered.set(sequence, { items, partitions, least, bytes })
    peer.bytes += bytes
    return sequence
  }

  #encode(values: readonly unknown[]): Coded {
    try {
      return encodeValues(values)
    } catch (error) {
      throw new TypeError(`${this.#operator}: ${error instanceof Error ? error.message : error}`, {
        cause: error
      })
    }
  }

  #say(peer: ItemPeer<Item>, message: Message): void {
    this.#channel.send(peer.name, encodeMessage(message))
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
