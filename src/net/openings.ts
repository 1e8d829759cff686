import { encodeNumber, MOST_CHANNELS, type Opening } from './channel-messages.ts'
import { LinkError } from './link-error.ts'
import { ProtocolError } from './protocol-error.ts'

/** Channels that a peer may open within a minute: whoever opens and closes them all the time keeps the others from their work. */
const MOST_OPENED = 1024
const MINUTE = 60_000

/** The channels that the peer at the far end of a stream has open. */
export class Openings {
  readonly #names = new Map<number, string>()
  readonly #tails = new Map<string, Uint8Array>()
  #opened = 0
  #since = 0

  get names(): string[] {
    return [...this.#tails.keys()]
  }

  has(name: string): boolean {
    return this.#tails.has(name)
  }

  /** The channel's number as a message to it ends; undefined where it is not open. */
  tailOf(name: string): Uint8Array | undefined {
    return this.#tails.get(name)
  }

  /**
   * The peer has opened a channel now (ms).
   *
   * @throws ProtocolError where it may not; LinkError where it does so all the time.
   */
  open({ number, name }: Opening, now: number): void {
    if (this.#names.has(number) || this.#tails.has(name)) {
      throw new ProtocolError(
        `a channel is opened once; got ${JSON.stringify(name)}, number ${number}, again`
      )
    }
    if (this.#names.size >= MOST_CHANNELS) {
      throw new ProtocolError(`at most ${MOST_CHANNELS} channels may be open; got one more`)
    }
    if (now - this.#since > MINUTE) {
      this.#since = now
      this.#opened = 0
    }
    if (++this.#opened > MOST_OPENED) {
      throw new LinkError('flood', `more than ${MOST_OPENED} channels were opened within a minute`)
    }
    this.#names.set(number, name)
    this.#tails.set(name, encodeNumber(number))
  }

  /**
   * The peer has closed the channel of this number; returns its name.
   *
   * @throws ProtocolError where it had none.
   */
  close(number: number): string {
    const name = this.#names.get(number)
    if (name === undefined)
      throw new ProtocolError(`only an open channel can be closed; got number ${number}`)
    this.#names.delete(number)
    this.#tails.delete(name)
    return name
  }
}
