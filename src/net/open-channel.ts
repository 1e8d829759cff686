import type { Channel, ChannelEvent, ChannelHandler } from '../types.ts'
import type { ChannelLink } from './channel-link.ts'
import { MESSAGE_BYTES, type Opening } from './channel-messages.ts'
import { ProtocolError } from './protocol-error.ts'

/** What a channel needs of the mesh it is in. */
export interface ChannelPlace {
  readonly peer: string
  linkTo(peer: string): ChannelLink | undefined
  /** Tells the others that the channel is closed; resolves when all of them have been told. */
  close(channel: OpenChannel): Promise<void>
  /** The owner's handler failed over an event that is nobody's fault. */
  fail(error: unknown): void
}

/** A channel that this peer has open. */
export class OpenChannel implements Channel, Opening {
  readonly number: number
  readonly name: string
  readonly #place: ChannelPlace
  readonly #hear: ChannelHandler
  readonly #others = new Set<string>()
  #closing: Promise<void> | undefined

  constructor({ number, name }: Opening, place: ChannelPlace, hear: ChannelHandler) {
    this.number = number
    this.name = name
    this.#place = place
    this.#hear = hear
  }

  get peer(): string {
    return this.#place.peer
  }

  get members(): readonly string[] {
    return [this.peer, ...this.#others].sort()
  }

  send(to: string, message: Uint8Array): void {
    if (message.length > MESSAGE_BYTES) {
      throw new RangeError(
        `channel ${this.name}: a message has at most ${MESSAGE_BYTES} bytes; got ${message.length}`
      )
    }
    if (this.#closing === undefined && this.#others.has(to)) this.#place.linkTo(to)?.send(this, message)
  }

  close(): Promise<void> {
    this.#closing ??= this.#place.close(this)
    return this.#closing
  }

  /** A peer that has it open is linked. */
  join(peer: string): void {
    if (this.#closing !== undefined || this.#others.has(peer)) return
    this.#others.add(peer)
    this.#tell({ type: 'joined', peer })
  }

  /** A peer has closed it, or its link is over. */
  part(peer: string, type: 'left' | 'lost'): void {
    if (this.#others.delete(peer) && this.#closing === undefined) this.#tell({ type, peer })
  }

  /**
   * Hands on a message; where the owner returns a promise, that.
   *
   * @throws ProtocolError where the owner refuses it, or rejects with one.
   */
  deliver(peer: string, bytes: Uint8Array<ArrayBuffer>): undefined | PromiseLike<unknown> {
    if (this.#closing !== undefined) return undefined
    const refuse = (error: unknown) => {
      throw new ProtocolError(`channel ${this.name}: ${error instanceof Error ? error.message : error}`)
    }
    try {
      return this.#hears({ type: 'message', peer, bytes })?.then(undefined, refuse)
    } catch (error) {
      return refuse(error)
    }
  }

  #tell(event: ChannelEvent): void {
    try {
      this.#hears(event)?.then(undefined, this.#place.fail)
    } catch (error) {
      this.#place.fail(error)
    }
  }

  /** What the handler returns, where that is a promise: others return whatever their last expression gives. */
  #hears(event: ChannelEvent): PromiseLike<unknown> | undefined {
    const done: unknown = this.#hear(event)
    return isPromise(done) ? done : undefined
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
