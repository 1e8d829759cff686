import { Holdings } from './holdings.ts'
import type { LedgerAction } from './ledger-action.ts'
import { checkMessage, expectsState, gathers, type Link, sends } from './ledger-link.ts'
import type { Entry } from './log.ts'
import type { Age, LedgerMessage, Origin, Vector } from './messages.ts'
import { type ContentRules, Outbox } from './outbox.ts'
import { ProtocolError } from './protocol-error.ts'
import { beyond, lastOf } from './vector.ts'

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

type Of<Content, Type> = Extract<LedgerMessage<Content>, { type: Type }>

// Messages of a link that may wait for an adoption on another one, beside the frames that may be on their way.
const MOST_DEFERRED = 8

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
  readonly #mostDeferred: number
  readonly #links = new Map<string, Link<Content>>()
  #adopting: Link<Content> | undefined
  #deferred: { link: Link<Content>; message: LedgerMessage<Content> | 'open'; now: number }[] = []
  #actions: LedgerAction<Content>[] = []

  constructor({ origin, rules, initial = new Map(), ...limits }: LedgerOptions<Content>) {
    const { logBytes = 64 * 2 ** 20, unacknowledgedFrames = 4, unacknowledgedBytes = 8 * 2 ** 20 } = limits
    this.#holdings = new Holdings(origin, initial, rules, logBytes)
    this.#newOutbox = () => new Outbox(rules, unacknowledgedFrames, unacknowledgedBytes)
    this.#mostDeferred = unacknowledgedFrames + MOST_DEFERRED
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
    return this.#adopting !== undefined
  }

  /** Whether nothing waits, nothing is unacknowledged and no link is being reconciled. */
  get idle(): boolean {
    if (this.adopting || this.#deferred.length > 0) return false
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
    this.#gather(entry, undefined)
    return this.#flushed(now)
  }

  /**
   * A link is there; `role` is what the other side is.
   * @throws Error where there is one of that name.
   */
  open(name: string, role: 'parent' | 'child'): LedgerAction<Content>[] {
    if (this.#links.has(name)) throw new Error(`ledger: a new name for a link wanted; got ${name} again`)
    const link: Link<Content> = {
      name,
      role,
      outbox: this.#newOutbox(),
      phase: 'unopened',
      round: 0,
      vector: new Map(),
      heard: false,
      adoption: 0,
      handed: 0
    }
    this.#links.set(name, link)
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
    const before = this.vector
    this.#holdings.adopt(vector)
    this.#adopting = undefined
    link.phase = 'open'
    link.handed = 0
    // What the other links were told is not so any more.
    for (const other of this.#links.values()) {
      if (other === link || other.phase === 'unopened') continue
      if (other.role === 'child') this.#handDown(other)
      else this.#begin(other, other.round + 1)
    }
    this.#replay()
    this.#send(link, { type: 'adopted', adoption })
    for (const packs of this.#holdings.forgotten(before)) this.#actions.push({ type: 'forgotten', ...packs })
    this.#resume()
    return this.#flushed(now)
  }

  /** A link is closed, now (ms). An adoption under way on it is given up, and the state stays as it is. */
  close(name: string, now: number): LedgerAction<Content>[] {
    this.#remove(name)
    this.#resume()
    return this.#flushed(now)
  }

  #remove(name: string): void {
    const link = this.#links.get(name)
    this.#links.delete(name)
    this.#deferred = this.#deferred.filter(deferred => deferred.link !== link)
    if (this.#adopting === link) this.#adopting = undefined
  }

  #take(link: Link<Content>, message: LedgerMessage<Content> | 'open', now: number): void {
    if (message !== 'open' && message.type === 'ack') {
      link.outbox.acknowledge(message.frames)
    } else if (this.#adopting !== undefined && this.#adopting !== link) {
      const waiting = this.#deferred.filter(deferred => deferred.link === link).length
      if (waiting >= this.#mostDeferred) {
        throw new ProtocolError(`${link.role}: at most ${waiting} messages may wait; got one more`)
      }
      this.#deferred.push({ link, message, now })
    } else if (message === 'open') {
      this.#begin(link, 1)
    } else {
      checkMessage(link, message, this.#holdings.made)
      this.#handle(link, message, now)
    }
  }

  /** Goes on with what has waited for an adoption. */
  #resume(): void {
    while (!this.adopting && this.#deferred.length > 0) {
      const deferred = this.#deferred
      this.#deferred = []
      for (const { link, message, now } of deferred) {
        if (this.#links.get(link.name) !== link) continue
        try {
          this.#take(link, message, now)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          this.#remove(link.name)
          this.#actions.push({ type: 'violation', link: link.name, error })
        }
      }
    }
  }

  #handle(link: Link<Content>, message: LedgerMessage<Content>, now: number): void {
    switch (message.type) {
      case 'vector':
        link.heard = true
        if (link.phase === 'open') this.#begin(link, message.round)
        if (link.phase !== 'reconciling') link.round = Math.max(link.round, message.round)
        else if (message.round === link.round) this.#catchUp(link, message.vector)
        break
      case 'frame':
        if (link.phase === 'open') this.#receive(link, message, now)
        this.#send(link, { type: 'ack', frames: 1 })
        break
      case 'want-state': {
        this.#handDown(link)
        link.phase = 'handed'
        link.handed = link.adoption
        const vector = new Map(this.vector)
        const { name, adoption } = link
        this.#actions.push({ type: 'send-state', link: name, adoption, vector, hashes: message.hashes })
        break
      }
      case 'must-adopt':
        if (link.phase !== 'adopting') this.#wantState(link)
        link.adoption = message.adoption
        link.handed = message.adoption
        break
      case 'adopted':
        link.handed = 0
        if (link.phase === 'handed') link.phase = 'open'
    }
  }

  /** Says on a link what the state holds; from here on, what comes into the state is gathered for it. */
  #begin(link: Link<Content>, round: number): void {
    link.phase = 'reconciling'
    link.round = round
    link.vector = new Map(this.vector)
    link.outbox.clear()
    this.#send(link, { type: 'vector', round, vector: link.vector })
  }

  /** Sends what the state held when the round began and the other side does not hold. */
  #catchUp(link: Link<Content>, theirs: Vector): void {
    // In the first round packs may come along that the other side has: mostly it can subtract them, and else it begins another.
    const entries = this.#holdings.cover(beyond(link.vector, theirs), link.round > 1)
    if (entries !== undefined) {
      link.phase = 'open'
      link.outbox.addBefore(entries)
    } else if (link.role === 'child') {
      this.#handDown(link)
    } else {
      this.#wantState(link)
    }
  }

  /** Tells a child to adopt the state, unless it was told and has not asked for it yet. */
  #handDown(link: Link<Content>): void {
    if (link.phase === 'must-adopt') return
    link.phase = 'must-adopt'
    link.adoption++
    link.outbox.clear()
    this.#send(link, { type: 'must-adopt', adoption: link.adoption })
  }

  #wantState(link: Link<Content>): void {
    link.phase = 'adopting'
    link.outbox.clear()
    this.#adopting = link
    this.#actions.push({ type: 'send-hashes', link: link.name })
  }

  #receive(link: Link<Content>, { ranges, content, waited }: Of<Content, 'frame'>, now: number): void {
    const entry = this.#holdings.fit({ ranges, content, born: now - waited, own: false })
    if (entry === 'old') return
    if (typeof entry === 'string') {
      this.#startOver(link, entry)
    } else {
      this.#actions.push({ type: 'apply', content: entry.content, link: link.name })
      this.#holdings.hold(entry)
      this.#gather(entry, link)
      this.#replay()
    }
  }

  #startOver(link: Link<Content>, why: 'gap' | 'overlap' | 'scattered'): void {
    this.#actions.push({ type: 'lost-place', link: link.name, why })
    this.#begin(link, link.round + 1)
  }

  #replay(): void {
    for (const entry of this.#holdings.replay()) {
      this.#actions.push({ type: 'apply', content: entry.content, link: undefined })
      this.#gather(entry, undefined)
    }
  }

  /** What has come into the state goes out on all links but the one it came from. */
  #gather(entry: Entry<Content>, from: Link<Content> | undefined): void {
    for (const link of this.#links.values()) {
      if (link === from || !gathers(link)) continue
      link.outbox.add(entry)
      if (link.phase === 'open' && link.outbox.scattered) this.#startOver(link, 'scattered')
    }
  }

  #send(link: Link<Content>, message: LedgerMessage<Content>): void {
    this.#actions.push({ type: 'send', link: link.name, message })
  }

  /** Sends what may be sent now; returns all there is to do. */
  #flushed(now: number): LedgerAction<Content>[] {
    for (const link of this.#links.values()) {
      while (sends(link)) {
        const frame = link.outbox.next(now)
        if (frame === undefined) break
        this.#send(link, frame)
      }
    }
    return this.#taken()
  }

  #taken(): LedgerAction<Content>[] {
    const actions = this.#actions
    this.#actions = []
    return actions
  }
}
