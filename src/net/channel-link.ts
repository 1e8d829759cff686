import type { ChannelLinkStatus } from '../types.ts'
import {
  ALIVE,
  type ChannelHello,
  CLOSE,
  channelLimit,
  decodeChannelMessage,
  encodeHello,
  encodeNumber,
  encodeOpen,
  HELLO,
  MESSAGE,
  MESSAGE_BYTES,
  OPEN,
  type Opening
} from './channel-messages.ts'
import { FairQueue } from './fair-queue.ts'
import { type Link, openLink } from './link.ts'
import { Rate } from './meter.ts'
import type { OpenStream } from './node.ts'
import { Openings } from './openings.ts'
import type { Precedence } from './precedence.ts'
import { ProtocolError } from './protocol-error.ts'

/** Bytes that wait in the link itself, where they are in order for good. */
const AHEAD_BYTES = 64 << 10
const MOST_UNPROCESSED = 16 * MESSAGE_BYTES

/** What a link tells of. After `over` nothing more comes. */
export interface ChannelLinkEvents {
  /** The first message: what the peer has open then. */
  hello(link: ChannelLink, hello: ChannelHello): void
  opened(link: ChannelLink, name: string): void
  closed(link: ChannelLink, name: string): void
  /** A message for this peer's channel `to`; where a promise is returned it is unprocessed until then. */
  message(link: ChannelLink, to: number, bytes: Uint8Array<ArrayBuffer>): undefined | PromiseLike<unknown>
  over(link: ChannelLink, error: Error | undefined): void
}

export interface ChannelLinkOptions {
  readonly hello: ChannelHello
  readonly events: ChannelLinkEvents
  readonly precedence: Precedence
  /** Milliseconds within which a message that has begun must get on by 1 KiB. */
  readonly messageTime: number
  readonly clock: () => number
}

interface Entry {
  readonly type: number
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  /** Called when the link has it, or is over. */
  readonly gone?: () => void
}

/** The channels that two peers share, over one stream. */
export class ChannelLink {
  readonly peer: string
  /** Whether this side dialled. */
  readonly dialled: boolean
  readonly openedAt: number
  /** When the peer's process started; undefined until it has said hello. */
  start: number | undefined
  readonly #link: Link
  readonly #events: ChannelLinkEvents
  readonly #clock: () => number
  readonly #queue = new FairQueue<Entry>()
  readonly #theirs = new Openings()
  readonly #in: Rate
  readonly #out: Rate
  #heard: { readonly bytes: number; readonly at: number }
  readonly #over = Promise.withResolvers<void>()
  #state: 'open' | 'ending' | 'over' = 'open'

  constructor({ peer, stream }: OpenStream, dialled: boolean, options: ChannelLinkOptions) {
    const { hello, events, precedence, messageTime, clock } = options
    this.peer = peer
    this.dialled = dialled
    this.openedAt = clock()
    this.#events = events
    this.#clock = clock
    this.#heard = { bytes: 0, at: clock() }
    this.#in = new Rate(clock())
    this.#out = new Rate(clock())
    const waits = () => this.#link.buffered > 0
    this.#link = openLink(
      precedence.enter(peer, 'items', stream, waits, () => this.#feed()),
      {
        limits: channelLimit,
        maxUnprocessed: MOST_UNPROCESSED,
        frameTime: messageTime,
        onMessage: (type, bytes) => this.#receive(type, bytes),
        onClose: error => this.#end(error)
      }
    )
    this.#add(0, HELLO, encodeHello(hello))
  }

  get bytesIn(): number {
    return this.#link.bytesIn
  }

  get bytesOut(): number {
    return this.#link.bytesOut
  }

  /** What goes and comes, with the rates as of the last look at `meter`; `own`: the channels that this peer has open. */
  status(own: readonly Opening[]): ChannelLinkStatus {
    return {
      peer: this.peer,
      names: own
        .map(({ name }) => name)
        .filter(name => this.has(name))
        .sort(),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      bytesInPerSecond: this.#in.perSecond,
      bytesOutPerSecond: this.#out.perSecond,
      waitingBytes: this.#queue.bytes + this.#link.buffered
    }
  }

  /** Takes note of what has come and gone by now. */
  meter(): void {
    const now = this.#clock()
    this.#in.read(this.bytesIn, now)
    this.#out.read(this.bytesOut, now)
  }

  /** Milliseconds since anything came from the peer, as far as looks before this one tell; `elsewhere`: bytes that came over its other streams. */
  silence(elsewhere: number): number {
    const bytes = this.#link.bytesIn + elsewhere
    if (bytes !== this.#heard.bytes) this.#heard = { bytes, at: this.#clock() }
    return this.#clock() - this.#heard.at
  }

  /** Names of the channels that the peer has open. */
  get names(): string[] {
    return this.#theirs.names
  }

  has(name: string): boolean {
    return this.#theirs.has(name)
  }

  /** Says that this peer has opened a channel. */
  open(opening: Opening): void {
    this.#add(opening.number, OPEN, encodeOpen(opening))
  }

  /** Says that this peer has closed a channel, behind what it sent there; resolves when that is with the stream's link, or it is over. */
  close({ number }: Opening): Promise<void> {
    return new Promise(resolve => this.#add(number, CLOSE, [encodeNumber(number)], resolve))
  }

  /** Sends a message from a channel of this peer to that of the same name, where the peer has it open. */
  send({ number, name }: Opening, message: Uint8Array): void {
    const tail = this.#theirs.tailOf(name)
    if (tail !== undefined) this.#add(number, MESSAGE, [message, tail])
  }

  /** Forgets the messages that wait in a channel of this peer. */
  forget({ number }: Opening): void {
    this.#queue.keep(number, ({ type }) => type !== MESSAGE)
  }

  /** Says that this side lives. */
  keepAlive(): void {
    this.#link.send(ALIVE, [], 'bulk')
  }

  /** Sends what waits, then closes the stream; resolves when that is over. */
  end(): Promise<void> {
    if (this.#state === 'open') this.#state = 'ending'
    this.#feed()
    return this.#over.promise
  }

  abort(reason: string): void {
    this.#link.abort(reason)
  }

  #add(lane: number, type: number, parts: readonly Uint8Array[], gone?: () => void): void {
    if (this.#state !== 'open') {
      gone?.()
      return
    }
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    this.#queue.add(lane, { type, parts, bytes, ...(gone !== undefined && { gone }) })
    this.#feed()
  }

  /** Hands the link what it may write next; called again after every write. */
  #feed(): void {
    while (this.#link.buffered < AHEAD_BYTES) {
      const entry = this.#queue.take()
      if (entry === undefined) break
      this.#link.send(entry.type, entry.parts, 'bulk')
      entry.gone?.()
    }
    if (this.#state === 'ending' && this.#queue.size === 0) void this.#link.close()
  }

  #end(error: Error | undefined): void {
    this.#state = 'over'
    for (let entry = this.#queue.take(); entry !== undefined; entry = this.#queue.take()) entry.gone?.()
    this.#over.resolve()
    this.#events.over(this, error)
  }

  #receive(type: number, bytes: Uint8Array<ArrayBuffer>): undefined | PromiseLike<unknown> {
    const message = decodeChannelMessage(type, bytes)
    if (this.start === undefined) {
      if (message.type !== 'hello') {
        throw new ProtocolError(`the first message is hello; got ${message.type}`)
      }
      for (const opening of message.channels) this.#theirs.open(opening, this.#clock())
      this.start = message.start
      this.#events.hello(this, message)
      return undefined
    }
    switch (message.type) {
      case 'message':
        return this.#events.message(this, message.to, message.bytes)
      case 'open':
        this.#theirs.open(message, this.#clock())
        this.#events.opened(this, message.name)
        break
      case 'close':
        this.#events.closed(this, this.#theirs.close(message.number))
        break
      case 'hello':
        throw new ProtocolError('a hello comes once; got another')
    }
    return undefined
  }
}
