import { Deferred } from './deferred.ts'
import { Holdings } from './holdings.ts'
import type { LedgerAction } from './ledger-action.ts'
import { expectsState, type Link, newLink, sends } from './ledger-link.ts'
import type { Age, LedgerMessage, Origin, Vector } from './messages.ts'
import { type ContentRules, Outbox } from './outbox.ts'
import { ProtocolError } from './protocol-error.ts'
import { Recalls } from './recalls.ts'
import { Reconciliation } from './reconciliation.ts'
import { Refusals } from './refusals.ts'
import { lastOf } from './vector.ts'

export interface LedgerOptions<Content> {
  /** Who makes this peer's packs. */
  readonly origin: Age
  readonly rules: ContentRules<Content>
  /** What the replica's shared state holds at the beginning; nothing unless told. */
  readonly initial?: Vector
  /** Most bytes of packs that are kept for others; 64 MiB unless told. */
  readonly logBytes?: number
  /** Most frames on their way on a link; 4 unless told, and the same for all peers of a swarm. */
  readonly unacknowledgedFrames?: number
  /** Most bytes of them, but that one frame may be larger alone; 8 MiB unless told. */
  readonly unacknowledgedBytes?: number
}

type Frame<Content> = Pick<Extract<LedgerMessage<Content>, { type: 'frame' }>, 'ranges' | 'content'>

/**
 * Keeps what a replica's shared state holds equal to the sum of exactly the packs that its vector names, and works
 * towards the same vector on all peers of a tree: says what to apply and what to send, finds from vectors what the other
 * side of a link lacks, and where a log does not reach, lets the child adopt its parent's state. No clock, no input or
 * output. What the other side may not say is a `ProtocolError`, and then nothing has changed.
 *
 * From `send-hashes` on the shared rows must stay as they are until the state is adopted, or its rows would not be all
 * that differ: while `adopting`, nothing may be packed, and what other links say waits.
 */
export class Ledger<Content> {
  readonly #holdings: Holdings<Content>
  readonly #newOutbox: () => Outbox<Content>
  readonly #links = new Map<string, Link<Content>>()
  readonly #reconciliation: Reconciliation<Content>
  readonly #recalls: Recalls<Content>
  readonly #refusals: Refusals<Content>
  readonly #deferred: Deferred<Content>

  constructor({ origin, rules, initial = new Map(), ...limits }: LedgerOptions<Content>) {
    const { logBytes = 64 * 2 ** 20, unacknowledgedFrames = 4, unacknowledgedBytes = 8 * 2 ** 20 } = limits
    this.#holdings = new Holdings(origin, initial, rules, logBytes)
    this.#recalls = new Recalls(this.#holdings, rules)
    this.#refusals = new Refusals(this.#holdings, rules)
    this.#reconciliation = new Reconciliation(this.#holdings, this.#recalls, this.#links)
    this.#newOutbox = () => new Outbox(rules, unacknowledgedFrames, unacknowledgedBytes)
    this.#deferred = new Deferred(unacknowledgedFrames)
  }

  /** What the shared state holds, as of now. */
  get vector(): Vector {
    return this.#holdings.vector
  }

  /** Under which name this peer's next pack goes; another one after packs of its own were forgotten. */
  get origin(): Origin {
    return this.#holdings.origin
  }

  /** Whether a parent's state is asked for and not adopted yet: nothing may be packed. */
  get adopting(): boolean {
    return this.#reconciliation.adopting !== undefined
  }

  /** Whether nothing waits, nothing is unacknowledged and no link is being reconciled. */
  get idle(): boolean {
    if (this.adopting || !this.#deferred.empty || this.#recalls.refused.length > 0) return false
    return [...this.#links.values()].every(({ phase, outbox }) => phase === 'open' && outbox.empty)
  }

  /** Whether the shared state holds a pack. */
  holds(origin: Origin, sequence: number): boolean {
    return sequence <= lastOf(this.vector, origin)
  }

  /** Packs that wait to be sent on a link. */
  waiting(link: string): number {
    return this.#links.get(link)?.outbox.waiting ?? 0
  }

  /** Frames that were sent on a link and are not acknowledged yet. */
  unacknowledged(link: string): number {
    return this.#links.get(link)?.outbox.unacknowledged ?? 0
  }

  /**
   * This peer has made a pack now (ms), and its shared state holds it already.
   * @throws Error while `adopting`.
   */
  packed(content: Content, now: number): LedgerAction<Content>[] {
    if (this.adopting) throw new Error('ledger: nothing may be packed while a state is adopted; got a pack')
    const entry = this.#holdings.pack(content, now)
    this.#holdings.hold(entry)
    this.#reconciliation.gather(entry, undefined)
    return this.#flushed(now)
  }

  /**
   * A link is there; `role` is what the other side is.
   * @throws Error where there is one of that name.
   */
  open(name: string, role: 'parent' | 'child'): LedgerAction<Content>[] {
    if (this.#links.has(name)) throw new Error(`ledger: a new name for a link wanted; got ${name} again`)
    const link = newLink(name, role, this.#newOutbox())
    this.#links.set(name, link)
    for (const message of this.#recalls.made)
      this.#reconciliation.actions.push({ type: 'send', link: name, message })
    this.#take(link, 'open', 0)
    return this.#taken()
  }

  /**
   * A message came now (ms). `state` messages are only checked: their rows are for the driver, which calls `adopted`
   * when the replica has adopted those of the last one. Does nothing where the link is closed.
   * @throws ProtocolError where the other side may not say this: close the link.
   */
  received(name: string, message: LedgerMessage<Content>, now: number): LedgerAction<Content>[] {
    const link = this.#links.get(name)
    if (link === undefined) return []
    this.#take(link, message, now)
    return this.#flushed(now)
  }

  /** Whether a `state` message of this number may come on a link now. */
  expectsState(name: string, adoption: number): boolean {
    const link = this.#links.get(name)
    return link !== undefined && expectsState(link, adoption)
  }

  /**
   * The replica has adopted, now (ms), the state of this vector and number that came on a link.
   * @throws Error where none was expected.
   */
  adopted(name: string, vector: Vector, adoption: number, now: number): LedgerAction<Content>[] {
    const link = this.#links.get(name)
    if (link === undefined || !expectsState(link, adoption)) {
      throw new Error(`ledger: no state was expected on ${name}; got adoption ${adoption}`)
    }
    this.#reconciliation.adopted(link, vector)
    this.#resume(now)
    return this.#flushed(now)
  }

  /** A link is closed, now (ms). An adoption under way on it is given up, and the state stays as it is. */
  close(name: string, now: number): LedgerAction<Content>[] {
    this.#remove(name)
    this.#resume(now)
    return this.#flushed(now)
  }

  /**
   * What a neighbour's frame comes to together with what it takes back, as far as that is known here; and of how many packs that
   * is. To be judged by.
   */
  remainder(name: string, frame: Frame<Content>): { content: Content; packs: number } {
    return this.#refusals.remainder(name, frame)
  }

  /** A neighbour's frame is not let in: tells it so. To be closed then. */
  refuse(name: string, frame: Frame<Content>): LedgerAction<Content>[] {
    this.#refusals.refuse(frame)
    return [{ type: 'send', link: name, message: { type: 'refused', ranges: frame.ranges } }]
  }

  #remove(name: string): void {
    const link = this.#links.get(name)
    this.#links.delete(name)
    this.#refusals.forget(name)
    this.#deferred.forget(link)
    if (this.#reconciliation.adopting === link) this.#reconciliation.adopting = undefined
  }

  #take(link: Link<Content>, message: LedgerMessage<Content> | 'open', now: number): void {
    const { adopting } = this.#reconciliation
    if (message !== 'open' && message.type === 'ack') {
      link.outbox.acknowledge(message.frames)
    } else if (message !== 'open' && message.type === 'recall') {
      this.#refusals.told(link.name, message)
    } else if (message !== 'open' && message.type === 'refused') {
      if (!link.outbox.sent(message.ranges))
        throw new ProtocolError('refused: packs of a frame on its way wanted; got others')
      this.#recalls.refused.push(message.ranges)
      if (!this.adopting) this.#reconciliation.takeBack(now)
    } else if (adopting !== undefined && adopting !== link) {
      this.#deferred.add({ link, message, now })
    } else if (message === 'open') {
      this.#reconciliation.begin(link, 1)
    } else {
      this.#reconciliation.handle(link, message, now)
    }
  }

  /** Goes on with what has waited for an adoption. */
  #resume(now: number): void {
    if (!this.adopting) this.#reconciliation.takeBack(now)
    while (!this.adopting && !this.#deferred.empty) {
      for (const { link, message, now: came } of this.#deferred.take()) {
        if (this.#links.get(link.name) !== link) continue
        try {
          this.#take(link, message, came)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          this.#remove(link.name)
          this.#reconciliation.actions.push({ type: 'violation', link: link.name, error })
        }
      }
    }
  }

  /** Sends what may be sent now (ms); returns all there is to do. */
  #flushed(now: number): LedgerAction<Content>[] {
    for (const link of this.#links.values()) {
      while (sends(link)) {
        const message = link.outbox.next(now)
        if (message === undefined) break
        this.#reconciliation.actions.push({ type: 'send', link: link.name, message })
      }
    }
    return this.#taken()
  }

  #taken(): LedgerAction<Content>[] {
    return this.#reconciliation.actions.splice(0)
  }
}
