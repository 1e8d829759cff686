import type { Codec } from './codec.ts'
import type { Content } from './content.ts'
import type { Link } from './link.ts'
import type { Hello, Message, Origin } from './messages.ts'
import { Rate } from './meter.ts'

// A peer whose log did not reach back goes on under a start one later (ledger.ts).
const MOST_RENAMED = 100

/** Another peer, at the far end of a link. */
export class Neighbour {
  /** Of the link: one peer may be there twice for a moment, when two have dialled each other. */
  readonly id: string
  readonly peer: string
  readonly link: Link
  /** The number of the dial, where this side dialled. */
  readonly dial: number | undefined
  readonly openedAt: number
  readonly in: Rate
  readonly out: Rate
  /** What it said first; undefined until it has. */
  hello: Hello | undefined
  /** What it is to this peer, once the tree has decided. */
  role: 'parent' | 'child' | undefined
  closed = false
  /** How often the two sides had to say anew what they hold. */
  replaced = 0
  /** The state it is handing over, as far as it has come. */
  state: Extract<Message<Content>, { type: 'state' }>[] = []
  /** Words it had trained, and when, at its last pack of its own: what the bounds are measured by. */
  lastPackAt: number
  readonly #codec: Codec

  constructor(parts: Pick<Neighbour, 'id' | 'peer' | 'dial' | 'openedAt'>, link: Link, codec: Codec) {
    this.id = parts.id
    this.peer = parts.peer
    this.dial = parts.dial
    this.openedAt = parts.openedAt
    this.lastPackAt = parts.openedAt
    this.in = new Rate(parts.openedAt)
    this.out = new Rate(parts.openedAt)
    this.link = link
    this.#codec = codec
  }

  /** Whether it makes the packs of this origin; those of an earlier process with its id it may have from others. */
  makes(origin: Origin): boolean {
    if (this.hello === undefined || !origin.startsWith(`${this.peer}/`)) return false
    const later = Number(origin.slice(this.peer.length + 1)) - this.hello.age.start
    return later >= 0 && later < MOST_RENAMED
  }

  send(message: Message<Content>): void {
    if (this.closed) return
    const { type, parts, control } = this.#codec.encode(message)
    this.link.send(type, parts, control ? 'control' : 'bulk')
  }

  /** @throws CodecError where the bytes are no message. */
  decode(type: number, bytes: Uint8Array): Message<Content> {
    return this.#codec.decode(type, bytes)
  }
}
