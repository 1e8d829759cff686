import type { Link } from './ledger-link.ts'
import type { LedgerMessage } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

// Small messages of each type that may wait; an honest peer comes nowhere near.
const MOST_WAITING = 8

type Event<Content> = LedgerMessage<Content> | 'open'

/** What came on a link now (ms). */
export interface Waiting<Content> {
  readonly link: Link<Content>
  readonly message: Event<Content>
  readonly now: number
}

/** What has come on links and waits for an adoption on another one. */
export class Deferred<Content> {
  readonly #mostFrames: number
  #waiting: Waiting<Content>[] = []

  /** At most `mostFrames` frames wait on each link. */
  constructor(mostFrames: number) {
    this.#mostFrames = mostFrames
  }

  get empty(): boolean {
    return this.#waiting.length === 0
  }

  /** @throws ProtocolError where too much of its type waits on the link already. */
  add(waiting: Waiting<Content>): void {
    const type = typeOf(waiting.message)
    const most = type === 'frame' ? this.#mostFrames : type === 'want-state' ? 1 : MOST_WAITING
    const same = this.#waiting.filter(
      ({ link, message }) => link === waiting.link && typeOf(message) === type
    )
    if (same.length >= most) throw new ProtocolError(`${type}: at most ${most} may wait; got one more`)
    this.#waiting.push(waiting)
  }

  /** Forgets what came on a link. */
  forget(closed: Link<Content> | undefined): void {
    this.#waiting = this.#waiting.filter(({ link }) => link !== closed)
  }

  /** Hands out all of it, in the order in which it came. */
  take(): Waiting<Content>[] {
    return this.#waiting.splice(0)
  }
}

function typeOf(message: Event<unknown>): string {
  return message === 'open' ? message : message.type
}
