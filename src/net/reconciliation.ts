import type { Holdings } from './holdings.ts'
import type { LedgerAction } from './ledger-action.ts'
import { checkMessage, gathers, type Link } from './ledger-link.ts'
import type { Entry } from './log.ts'
import type { LedgerMessage, Vector } from './messages.ts'
import type { Recalls } from './recalls.ts'
import { beyond, packsIn } from './vector.ts'

/**
 * What a ledger does with a message, for its links and what it holds. Both sides of a link send their vector, then what
 * the other lacks, and from there on whatever comes in elsewhere. Where a log does not reach, the child adopts its parent's
 * state instead, and has its own children do the same; no state ever goes up, so this ends.
 */
export class Reconciliation<Content> {
  /** What is to be done, in this order; taken out by the ledger. */
  readonly actions: LedgerAction<Content>[] = []
  /** The link on which a state is asked for and not adopted yet. */
  adopting: Link<Content> | undefined
  readonly #holdings: Holdings<Content>
  readonly #recalls: Recalls<Content>
  readonly #links: ReadonlyMap<string, Link<Content>>

  constructor(
    holdings: Holdings<Content>,
    recalls: Recalls<Content>,
    links: ReadonlyMap<string, Link<Content>>
  ) {
    this.#holdings = holdings
    this.#recalls = recalls
    this.#links = links
  }

  /** Says on a link what the state holds; from here on, what comes into the state is gathered for it. */
  begin(link: Link<Content>, round: number): void {
    link.phase = 'reconciling'
    link.round = round
    link.vector = new Map(this.#holdings.vector)
    link.outbox.clear()
    this.#send(link, { type: 'vector', round, vector: link.vector })
  }

  /** @throws ProtocolError where the other side may not say this; nothing has changed then. */
  handle(
    link: Link<Content>,
    message: Exclude<LedgerMessage<Content>, { type: 'ack' | 'recall' | 'refused' }>,
    now: number
  ): void {
    checkMessage(link, message, this.#holdings.made)
    switch (message.type) {
      case 'vector':
        link.heard = true
        if (link.phase === 'open') this.begin(link, message.round)
        if (link.phase !== 'reconciling') link.round = Math.max(link.round, message.round)
        else if (message.round === link.round) this.#catchUp(link, message.vector)
        break
      case 'frame':
        if (link.phase === 'open') {
          const { ranges, content, waited } = message
          this.#receive(link, { ranges, content, born: now - waited, own: false })
        }
        // Also where it is ignored, so that the other side's count of what is on its way is right in every round.
        this.#send(link, { type: 'ack', frames: 1 })
        break
      case 'want-state': {
        this.#handDown(link)
        link.phase = 'handed'
        link.handed = link.adoption
        const { name, adoption } = link
        const vector = new Map(this.#holdings.vector)
        this.actions.push({ type: 'send-state', link: name, adoption, vector, hashes: message.hashes })
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

  /** The state is the one now that came on a link, of this vector. */
  adopted(link: Link<Content>, vector: Vector): void {
    const before = this.#holdings.vector
    const adoption = link.handed
    this.#holdings.adopt(vector)
    this.adopting = undefined
    link.phase = 'open'
    link.handed = 0
    // What the other links were told is not so any more.
    for (const other of this.#links.values()) {
      if (other === link || other.phase === 'unopened') continue
      if (other.role === 'child') this.#handDown(other)
      else this.begin(other, other.round + 1)
    }
    this.#replay()
    this.#send(link, { type: 'adopted', adoption })
    for (const packs of this.#holdings.forgotten(before)) this.actions.push({ type: 'forgotten', ...packs })
  }

  /** What has come into the state goes out on all links but the one it came from. */
  gather(entry: Entry<Content>, from: Link<Content> | undefined): void {
    for (const link of this.#links.values()) {
      if (link === from || !gathers(link)) continue
      link.outbox.add(entry)
      if (link.phase === 'open' && link.outbox.scattered) this.#startOver(link, 'scattered')
    }
  }

  /** Makes now (ms) a pack of each run of packs that was refused, which takes them back. */
  takeBack(now: number): void {
    for (const refused of this.#recalls.refused.splice(0)) {
      for (const { packs, content } of this.#recalls.due(refused)) {
        const entry = this.#holdings.pack(content, now)
        const recall = this.#recalls.note(packs, entry.ranges)
        this.actions.push({ type: 'take-back', content, packs: packsIn(packs) })
        for (const link of this.#links.values()) this.#send(link, recall)
        this.#holdings.hold(entry)
        this.gather(entry, undefined)
      }
    }
  }

  /** Sends what the state held when the round began and the other side does not hold. */
  #catchUp(link: Link<Content>, theirs: Vector): void {
    // In the first round packs may come along that the other side has: mostly it can subtract them, and else it begins another.
    const entries = this.#holdings.cover(beyond(link.vector, theirs), link.round > 1)
    if (entries !== undefined) {
      link.phase = 'open'
      link.outbox.addBefore(this.#recalls.together(entries))
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
    this.adopting = link
    this.actions.push({ type: 'send-hashes', link: link.name })
  }

  #receive(link: Link<Content>, frame: Entry<Content>): void {
    const entry = this.#holdings.fit(frame)
    if (entry === 'old') return
    if (typeof entry === 'string') {
      this.#startOver(link, entry)
      return
    }
    this.actions.push({ type: 'apply', content: entry.content, link: link.name })
    this.#holdings.hold(entry)
    this.gather(entry, link)
    this.#replay()
  }

  #startOver(link: Link<Content>, why: 'gap' | 'overlap' | 'scattered'): void {
    this.actions.push({ type: 'lost-place', link: link.name, why })
    this.begin(link, link.round + 1)
  }

  #replay(): void {
    for (const entry of this.#holdings.replay()) {
      this.actions.push({ type: 'apply', content: entry.content, link: undefined })
      this.gather(entry, undefined)
    }
  }

  #send(link: Link<Content>, message: LedgerMessage<Content>): void {
    this.actions.push({ type: 'send', link: link.name, message })
  }
}
