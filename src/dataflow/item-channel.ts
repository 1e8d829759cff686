// Items between the members of a channel, in batches that are answered. Who is to get what is decided elsewhere.

import type { Channel, ChannelEvent, Channels } from '../types.ts'
import { ItemBatches } from './item-batches.ts'
import { Handovers } from './item-handovers.ts'
import { decodeMessage, encodeMessage, type Message } from './item-messages.ts'
import { type Ending, type Handover, ItemPeer, newSession, type Parcel } from './item-peer.ts'
import type { Batch, Router } from './item-router.ts'

/** Bytes of a batch, about. */
export const BATCH_BYTES = 2 ** 16

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
  readonly #channel: Channel
  readonly #router: Router<Item>
  readonly #batches: ItemBatches<Item>
  readonly #handovers: Handovers<Item>

  /** @throws Error where the channel is open already. */
  constructor(operator: string, swarm: Channels, name: string, router: Router<Item>) {
    this.#router = router
    this.#channel = swarm.channel(name, event => this.#hear(event))
    this.own = new ItemPeer(this.#channel.peer, newSession())
    this.own.theirs = this.own.session
    this.peers.set(this.own.name, this.own)
    const say = (peer: ItemPeer<Item>, message: Message) => this.#say(peer, message)
    this.#batches = new ItemBatches({ operator, own: this.own, router, say })
    this.#handovers = new Handovers(router, say)
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
    this.#batches.send(peer, parcel)
  }

  /**
   * Sends the same items to several other members that have said hello; they are coded once.
   *
   * @throws Error naming what cannot be sent.
   */
  sendAll(peers: readonly ItemPeer<Item>[], parcel: Parcel<Item>): void {
    this.#batches.sendAll(peers, parcel)
  }

  /** Answers a batch of which all was worked through but these partitions, which the sender has to send elsewhere. */
  answer({ from, sequence }: Batch<Item>, refused: Uint16Array): void {
    if (this.peers.get(from.name) !== from) return
    from.answers++
    if (from !== this.own) this.#say(from, { kind: 'answer', session: from.session, sequence, refused })
    else this.#batches.answered(from, sequence, refused)
  }

  /** Hands state over to a member that has said hello; false where it is too large for one handover. */
  hand(peer: ItemPeer<Item>, handover: Handover): boolean {
    return this.#handovers.hand(peer, handover, this.#batches.encode(handover.entries))
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
      if (message.session === peer.theirs) this.#batches.answered(peer, message.sequence, message.refused)
    } else if (message.kind === 'taken') this.#handovers.answered(peer, message)
    else if (message.session !== peer.session)
      return // of a time before one lost the other
    else if (message.kind === 'batch') {
      const { sequence, seen, partitions, form, bytes: items } = message
      this.#router.arrived({ from: peer, sequence, seen, partitions, items: { form, bytes: items } })
    } else this.#handovers.came(peer, message)
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

  #say(peer: ItemPeer<Item>, message: Message): void {
    this.#channel.send(peer.name, encodeMessage(message))
  }
}
