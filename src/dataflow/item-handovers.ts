// State on its way from member to member of a channel, in pieces.

import type { Coded } from './item-codec.ts'
import type { Message } from './item-messages.ts'
import type { Handover, ItemPeer } from './item-peer.ts'
import type { Router } from './item-router.ts'

const PIECE_BYTES = 2 ** 16
/** Bytes of one handover at most, coded; no more is gathered from a member. */
export const MOST_STATE_BYTES = 2 ** 24

export class Handovers<Item> {
  readonly #router: Router<Item>
  readonly #say: (peer: ItemPeer<Item>, message: Message) => void
  #last = 0

  constructor(router: Router<Item>, say: (peer: ItemPeer<Item>, message: Message) => void) {
    this.#router = router
    this.#say = say
  }

  /** Hands state over to a member that has said hello; `coded` are its entries. False where they are too large to go together. */
  hand(peer: ItemPeer<Item>, handover: Handover, { form, bytes }: Coded): boolean {
    if (bytes.length > MOST_STATE_BYTES) return false
    const id = ++this.#last
    peer.handovers.set(id, handover)
    const common = { kind: 'state', session: peer.theirs, handover: id, form } as const
    let at = 0
    for (; at + PIECE_BYTES < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES)
      this.#say(peer, { ...common, last: false, partitions: new Uint16Array(0), bytes: piece })
    }
    this.#say(peer, { ...common, last: true, partitions: handover.partitions, bytes: bytes.subarray(at) })
    return true
  }

  /** Takes a piece that has come; with the last the whole is taken, or refused. What is larger than anybody may send counts as no state. */
  came(peer: ItemPeer<Item>, message: Message & { kind: 'state' }): void {
    const room = peer.pieces.length < MOST_STATE_BYTES / PIECE_BYTES
    if (room && message.bytes.length <= PIECE_BYTES) peer.pieces.push(message.bytes)
    else peer.overlong = true
    if (!message.last) return
    const pieces = peer.pieces.splice(0)
    const bytes = joined(peer.overlong ? [] : pieces)
    peer.overlong = false
    const { session, handover, partitions, form } = message
    const taken = this.#router.came(partitions, { form, bytes })
    if (taken) for (const partition of partitions) peer.coming.delete(partition)
    this.#say(peer, { kind: 'taken', session, handover, taken })
  }

  /** A member says whether it has taken what was handed over to it. */
  answered(peer: ItemPeer<Item>, { session, handover: id, taken }: Message & { kind: 'taken' }): void {
    const handover = peer.handovers.get(id)
    if (session !== peer.theirs || handover === undefined) return
    peer.handovers.delete(id)
    this.#router.handed(handover, taken ? 'taken' : 'refused')
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
