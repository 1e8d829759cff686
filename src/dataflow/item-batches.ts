// Items in batches that are numbered, and kept until they are answered.

import { type Coded, encodeValues } from './item-codec.ts'
import { type Message, MOST_BYTES } from './item-messages.ts'
import type { ItemPeer, Parcel } from './item-peer.ts'
import type { Router } from './item-router.ts'

/** Room that a message's other fields may take. */
const FIELDS_BYTES = 2 ** 14

/** What batches need of a channel. */
export interface ItemBatchesOptions<Item> {
  /** Whose channel it is, for messages. */
  readonly operator: string
  readonly own: ItemPeer<Item>
  readonly router: Router<Item>
  readonly say: (peer: ItemPeer<Item>, message: Message) => void
}

export class ItemBatches<Item> {
  readonly #options: ItemBatchesOptions<Item>

  constructor(options: ItemBatchesOptions<Item>) {
    this.#options = options
  }

  /**
   * Sends items to a member that has said hello, in as many batches as are needed.
   *
   * @throws Error naming what cannot be sent.
   */
  send(peer: ItemPeer<Item>, parcel: Parcel<Item>): void {
    const { own, router } = this.#options
    const { items, partitions } = parcel
    if (peer === own) {
      const sequence = this.#number(peer, parcel, items.length * peer.itemBytes)
      router.arrived({ from: peer, sequence, seen: peer.answers, partitions, items })
      return
    }
    this.#post(peer, parcel, this.encode(items))
  }

  /**
   * Sends the same items to several other members that have said hello; they are coded once.
   *
   * @throws Error naming what cannot be sent.
   */
  sendAll(peers: readonly ItemPeer<Item>[], parcel: Parcel<Item>): void {
    if (peers.length === 0) return
    const coded = this.encode(parcel.items)
    for (const peer of peers) this.#post(peer, parcel, coded)
  }

  #post(peer: ItemPeer<Item>, parcel: Parcel<Item>, coded: Coded): void {
    const { operator, own, say } = this.#options
    const { items, partitions, least } = parcel
    if (coded.bytes.length + 2 * partitions.length > MOST_BYTES - FIELDS_BYTES) {
      const middle = items.length >> 1
      if (middle === 0) {
        throw new RangeError(
          `${operator}: an item must take at most ${MOST_BYTES - FIELDS_BYTES} bytes; got ${coded.bytes.length}`
        )
      }
      this.send(peer, { items: items.slice(0, middle), partitions: partitions.slice(0, middle), least })
      this.send(peer, { items: items.slice(middle), partitions: partitions.slice(middle), least })
      return
    }
    peer.itemBytes = coded.bytes.length / items.length
    own.itemBytes = peer.itemBytes
    const sequence = this.#number(peer, parcel, coded.bytes.length)
    const { theirs: session, seen } = peer
    const numbers = Uint16Array.from(partitions)
    say(peer, { kind: 'batch', session, sequence, seen, partitions: numbers, ...coded })
  }

  /** A batch was answered, of which these partitions were refused. */
  answered(peer: ItemPeer<Item>, sequence: number, refused: Uint16Array): void {
    const sent = peer.unanswered.get(sequence)
    if (sent === undefined) return
    peer.seen++
    peer.unanswered.delete(sequence)
    peer.bytes -= sent.bytes
    this.#options.router.answered(peer, sequence, sent, refused)
  }

  /** @throws TypeError naming what cannot be sent. */
  encode(values: readonly unknown[]): Coded {
    try {
      return encodeValues(values)
    } catch (error) {
      throw new TypeError(`${this.#options.operator}: ${error instanceof Error ? error.message : error}`, {
        cause: error
      })
    }
  }

  #number(peer: ItemPeer<Item>, parcel: Parcel<Item>, bytes: number): number {
    const { items, partitions, least } = parcel
    const sequence = ++peer.sequence
    peer.unanswered.set(sequence, { items, partitions, least, bytes })
    peer.bytes += bytes
    return sequence
  }
}
