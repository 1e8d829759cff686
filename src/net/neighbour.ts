import type { Codec } from './codec.ts'
import type { Content } from './content.ts'
import { type Answer, Debts } from './debts.ts'
import { IncomingState } from './incoming-state.ts'
import type { Link } from './link.ts'
import type { Hello, Message, Origin, Ranges, Vector } from './messages.ts'
import { Rate } from './meter.ts'

// A peer whose log did not reach back goes on under a start one later (ledger.ts).
const MOST_RENAMED = 100
/** Bytes of a state that count as progress. */
const LEAST_PROGRESS = 1024

/** Another peer, at the far end of a link. */
export class Neighbour {
  /** Of the link: one peer may be there twice for a moment, when two have dialled each other. */
  readonly id: string
  readonly peer: string
  readonly link: Link
  /** The number of the dial, where this side dialled. */
  readonly dial: number | undefined
  readonly openedAt: number
  /** The same by the clock of its debts. */
  readonly awakeAt: number
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
  readonly state = new IncomingState()
  /** What it has to answer. */
  readonly debts = new Debts()
  /** Its messages that came and are not processed yet. */
  readonly queued = { frames: 0, others: 0 }
  /** When its last pack of its own came: what the bounds are measured by. */
  lastPackAt: number
  readonly #codec: Codec
  readonly #received: () => number
  readonly #clock: () => number
  /** What it had when the link came to be; undefined until it has said so. */
  #before: Vector | undefined
  #bytesSeen = 0
  #bulkSeen = 0

  /** `clock`: ms by which debts are measured. */
  constructor(
    parts: Pick<Neighbour, 'id' | 'peer' | 'dial' | 'openedAt'>,
    received: () => number,
    link: Link,
    codec: Codec,
    clock: () => number
  ) {
    this.id = parts.id
    this.peer = parts.peer
    this.dial = parts.dial
    this.openedAt = parts.openedAt
    this.lastPackAt = parts.openedAt
    this.in = new Rate(parts.openedAt)
    this.out = new Rate(parts.openedAt)
    this.link = link
    this.#codec = codec
    this.#received = received
    this.#clock = clock
    this.awakeAt = clock()
  }

  /** Whether it makes the packs of this origin; those of an earlier process with its id it may have from others. */
  makes(origin: Origin): boolean {
    if (this.hello === undefined || !origin.startsWith(`${this.peer}/`)) return false
    const later = Number(origin.slice(this.peer.length + 1)) - this.hello.age.start
    return later >= 0 && later < MOST_RENAMED
  }

  /** Whether it had all of these packs that are its own before the link came to be. */
  madeBefore(ranges: Ranges): boolean {
    return [...ranges].every(
      ([origin, [, last]]) => !this.makes(origin) || last <= (this.#before?.get(origin) ?? 0)
    )
  }

  /** Whether it makes all these packs, and does not just pass some of them on. */
  makesAll(ranges: Ranges): boolean {
    return [...ranges.keys()].every(origin => this.makes(origin))
  }

  send(message: Message<Content>): void {
    if (this.closed) return
    const { type, parts, control } = this.#codec.encode(message)
    this.link.send(type, parts, control ? 'control' : 'bulk')
    const answer = answerTo(message)
    if (answer === undefined || (answer === 'vector' && this.#before !== undefined)) return
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.debts.owe(answer, bytes, this.#clock())
  }

  /** @throws CodecError where the bytes are no message. */
  decode(type: number, bytes: Uint8Array): Message<Content> {
    const message = this.#codec.decode(type, bytes)
    const now = this.#clock()
    if (message.type === 'ack') this.debts.settle('acknowledgement', message.frames, now)
    if (message.type === 'state' && message.last) this.debts.settle('state', 1, now)
    if (message.type === 'vector') {
      this.#before ??= message.vector
      this.debts.settle('vector', 1, now)
    }
    return message
  }

  /**
   * Looks at its link: whether anything came since the last look; of the connection, since the bytes of a link may come in lumps,
   * many seconds apart, where it is slow. Those of a state that is owed are an answer as far as they go.
   */
  look(): boolean {
    const { bulkIn } = this.link
    const received = this.#received()
    const came = received !== this.#bytesSeen
    this.#bytesSeen = received
    if (bulkIn - this.#bulkSeen < LEAST_PROGRESS) return came
    this.#bulkSeen = bulkIn
    if (this.debts.has('state')) this.debts.renew(this.#clock())
    return came
  }
}

/** What must be said to a message sooner or later; of vectors only the first of a link is sure to be answered by one. */
function answerTo(message: Message<Content>): Answer | undefined {
  if (message.type === 'frame') return 'acknowledgement'
  if (message.type === 'want-state') return 'state'
  return message.type === 'vector' ? 'vector' : undefined
}
