// The shape of a swarm: whom a peer dials, attaches to, accepts, sends on, and what it does when a neighbour is lost.

import { checkAge, isOlder } from './age.ts'
import { type Candidate, Candidates } from './candidates.ts'
import { type Dial, Dialler } from './dialler.ts'
import { Members, note, type Report } from './members.ts'
import type { Age, Hello, Member, TreeMessage } from './messages.ts'
import { checkTreeMessage, type Link, overdue } from './tree-link.ts'

const HEARTBEAT_MS = 1_000
/** A link on which nothing came for so long gives way to a new one to the same peer. */
const STALE_MS = 3_000
/** Links from others that serve nothing; there are more only in a flood. */
const MOST_IDLE = 32
const MOST_PROPOSED = 16
/** A clock that jumps further than this between two events stood still: the process was frozen. */
const LONGEST_STEP_MS = 2_000

/** What is to be done now, in order. */
export type TreeAction =
  /** `opened` or `dialFailed` must be told its number. */
  | Dial
  | { readonly type: 'send'; readonly link: string; readonly message: TreeMessage }
  /** The peer at the far end is now a parent or a child: deltas go over the link from here on. */
  | { readonly type: 'link-up'; readonly link: string; readonly role: 'parent' | 'child' }
  /** Close the link once what was sent before is out. The tree has forgotten it. */
  | { readonly type: 'close'; readonly link: string; readonly reason: string }

/** What a peer's tree needs to know at the start. */
export interface TreeOptions {
  readonly self: Age
  /** Where this peer can be dialled; `report` changes it. */
  readonly addresses: readonly string[]
  /** 1 or more; default 4. */
  readonly maxChildren?: number
  /** 0 to below 1. */
  readonly random: () => number
}

/**
 * One peer's part in the tree. A parent is always older than its child (by start, then peer id), so no cycle can form
 * whatever is believed of others; a peer without a parent seeks one among all older ones, so in the end only the
 * oldest that can be reached is root.
 *
 * It has no clock, no sockets and no chance of its own: events go in, actions come out. `now` is ms of any clock that
 * does not run backwards; a jump of more than 2 s counts as 2 s, so that a process that was frozen does not take its
 * neighbours for dead. Every method but the getters returns what is to be done. After `leave` nothing more happens.
 */
export class Tree {
  readonly self: Age
  readonly maxChildren: number
  readonly #members: Members
  readonly #candidates: Candidates
  readonly #dialler: Dialler
  readonly #random: () => number
  readonly #links = new Map<string, Link>()
  #actions: TreeAction[] = []
  #lastNow: number | undefined
  #clock = 0
  #refreshed = 0
  #left = false

  /** @throws RangeError where maxChildren is not 1 or more; ProtocolError where `self` is no age. */
  constructor({ self, addresses, maxChildren = 4, random }: TreeOptions) {
    if (!Number.isInteger(maxChildren) || maxChildren < 1) {
      throw new RangeError(`tree: maxChildren must be a whole number, 1 or more; got ${maxChildren}`)
    }
    this.self = self
    this.maxChildren = maxChildren
    this.#members = new Members(self, addresses)
    this.#candidates = new Candidates(random)
    this.#random = random
    const isLinked = (peer: string) => this.#linkTo(peer) !== undefined
    this.#dialler = new Dialler(self, this.#candidates, this.#members, isLinked, random)
  }

  /** The parent's age; undefined for a root. */
  get parent(): Age | undefined {
    return this.#parent?.age
  }

  /** The children's ages. */
  get children(): Age[] {
    return this.#withRole('child').map(link => link.age)
  }

  /** Whether it has no parent: the oldest peer, or one that has not found an older one yet. */
  get root(): boolean {
    return this.#parent === undefined
  }

  /** This peer's own record. */
  get own(): Member {
    return this.#members.own
  }

  /** The records of all peers that live as far as is known, this one's among them, oldest first. */
  get members(): Member[] {
    return this.#members.list(this.#clock)
  }

  /** Changes what this peer says of itself; the next tick tells it. */
  report(changes: Report & { readonly addresses?: readonly string[] }): void {
    this.#members.report(changes)
  }

  /** Discovery told of a peer, or of addresses at which one may be; it may tell again and again. */
  discovered(
    found: { readonly peer?: string; readonly addresses: readonly string[] },
    now: number
  ): TreeAction[] {
    this.#advance(now)
    if (found.peer !== this.self.peer) {
      this.#candidates.discovered(found.peer, found.addresses, this.#clock)
    }
    return this.#seek()
  }

  /** A dial came to nothing; `again` is false where to try again is of no use for some minutes. */
  dialFailed(dial: number, now: number, again = true): TreeAction[] {
    this.#advance(now)
    this.#candidates.failed(this.#dialler.end(dial, this.#clock), again, this.#clock)
    return this.#seek()
  }

  /**
   * Both hellos have been exchanged and agree in swarm and job. `hello.age.peer` must be who the connection proved the
   * far end to be; `dial` is the number of the dial where this side dialled.
   * @throws ProtocolError where the far end's age is none; close the link.
   */
  opened(
    id: string,
    hello: Pick<Hello, 'age' | 'children' | 'maxChildren'>,
    dial: number | undefined,
    now: number
  ): TreeAction[] {
    checkAge(hello.age)
    this.#advance(now)
    const link: Link = {
      id,
      age: hello.age,
      candidate: dial === undefined ? undefined : this.#dialler.end(dial, this.#clock),
      room: hello.children < hello.maxChildren,
      role: 'met',
      since: this.#clock,
      heard: this.#clock,
      told: this.#clock,
      listed: false,
      known: new Map()
    }
    const refusal = this.#refusal(link)
    if (refusal !== undefined) {
      if (!refusal.again) this.#candidates.failed(link.candidate, false, this.#clock)
      this.#close(link, refusal.reason, refusal.again)
      return this.#seek()
    }
    this.#candidates.met(hello.age, link.candidate, this.#clock)
    // One that can be asked has not worked until it says yes.
    if (isOlder(this.self, hello.age)) this.#candidates.worked(link.candidate)
    this.#links.set(id, link)
    this.#tell(link)
    return this.#seek()
  }

  /** Anything came over a link that is not for the tree: the far end lives. */
  heard(id: string, now: number): void {
    this.#advance(now)
    const link = this.#links.get(id)
    if (link !== undefined) link.heard = this.#clock
  }

  /**
   * A message came.
   * @throws ProtocolError where it may not come now, or is not sound; nothing has changed then. Close the link.
   */
  received(id: string, message: TreeMessage, now: number): TreeAction[] {
    this.#advance(now)
    const link = this.#links.get(id)
    if (link === undefined) return []
    checkTreeMessage(link, this.self, message)
    link.heard = this.#clock
    switch (message.type) {
      case 'members':
        link.listed = true
        this.#learn(link, message.members)
        break
      case 'attach':
        this.#answer(link)
        break
      case 'attached':
        this.#setRole(link, 'parent')
        this.#candidates.worked(this.#candidateOf(link))
        this.#candidates.settle()
        this.#actions.push({ type: 'link-up', link: id, role: 'parent' })
        break
      case 'redirect':
        this.#learn(link, message.members)
        this.#candidates.failed(this.#candidateOf(link), true, this.#clock)
        this.#candidates.propose(message.members.map(member => member.age.peer))
        this.#close(link, 'redirected')
        break
      case 'goodbye':
        this.#lose(link, message.again)
        this.#actions.push({ type: 'close', link: id, reason: message.reason })
    }
    if (this.#parent !== undefined) this.#closeIdle()
    return this.#seek()
  }

  /** A link has closed, or was closed by the driver; `again` is false where to dial again is of no use for some minutes. */
  closed(id: string, now: number, again = true): TreeAction[] {
    this.#advance(now)
    const link = this.#links.get(id)
    if (link === undefined) return []
    this.#lose(link, again)
    return this.#seek()
  }

  /** Call it about every 500 ms. */
  tick(now: number): TreeAction[] {
    this.#advance(now)
    if (this.#left) return []
    if (this.#clock - this.#refreshed >= HEARTBEAT_MS) {
      this.#refreshed = this.#clock
      this.#members.refresh()
    }
    for (const peer of this.#members.expire(this.#clock)) {
      for (const link of this.#links.values()) link.known.delete(peer)
    }
    for (const link of this.#links.values()) {
      const reason = overdue(link, this.self, this.#clock)
      if (reason === undefined) continue
      if (link.role === 'asked') this.#candidates.failed(this.#candidateOf(link), true, this.#clock)
      this.#close(link, reason)
    }
    this.#dialler.expire(this.#clock)
    for (const link of this.#links.values()) {
      if (link.role === 'parent' || link.role === 'child') this.#tell(link)
    }
    return this.#seek(true)
  }

  /** Says good-bye to all neighbours. */
  leave(now: number): TreeAction[] {
    this.#advance(now)
    this.#members.refresh(true)
    for (const link of this.#links.values()) {
      this.#tell(link)
      this.#close(link, 'leaving', false)
    }
    this.#left = true
    return this.#takeActions()
  }

  get #parent(): Link | undefined {
    return this.#withRole('parent')[0]
  }

  #withRole(role: Link['role']): Link[] {
    return [...this.#links.values()].filter(link => link.role === role)
  }

  #linkTo(peer: string): Link | undefined {
    for (const link of this.#links.values()) if (link.age.peer === peer) return link
    return undefined
  }

  #advance(now: number): void {
    const step = now - (this.#lastNow ?? now)
    this.#clock += Math.max(0, Math.min(step, LONGEST_STEP_MS))
    this.#lastNow = now
  }

  #takeActions(): TreeAction[] {
    const actions = this.#actions
    this.#actions = []
    return actions
  }

  #send(link: Link, message: TreeMessage): void {
    this.#actions.push({ type: 'send', link: link.id, message })
  }

  #close(link: Link, reason: string, again = true): void {
    this.#links.delete(link.id)
    this.#send(link, { type: 'goodbye', reason, again })
    this.#actions.push({ type: 'close', link: link.id, reason })
  }

  /** The other side, or the driver, has closed a link. */
  #lose(link: Link, again: boolean): void {
    this.#links.delete(link.id)
    const ofUse = link.role === 'parent' || link.role === 'child' || (link.role === 'met' && link.listed)
    if (!again || !ofUse) this.#candidates.failed(this.#candidateOf(link), again, this.#clock)
  }

  #setRole(link: Link, role: Link['role']): void {
    link.role = role
    link.since = this.#clock
  }

  #candidateOf(link: Link): Candidate | undefined {
    return this.#candidates.get(link.age.peer) ?? link.candidate
  }

  /**
   * Why a link that has just opened is not wanted. Of two links to the same process the younger side closes one, the
   * later unless the earlier has gone silent; the older side waits for that, so that they never close one each.
   */
  #refusal(link: Link): { readonly reason: string; readonly again: boolean } | undefined {
    if (this.#left) return { reason: 'leaving', again: false }
    if (link.age.peer === this.self.peer) return { reason: 'this is the same peer', again: false }
    for (const other of [...this.#links.values()].filter(other => other.age.peer === link.age.peer)) {
      const later = 'a later process of this peer is linked'
      if (link.age.start < other.age.start) return { reason: later, again: false }
      if (link.age.start > other.age.start) this.#close(other, later, false)
      else if (isOlder(other.age, this.self)) {
        if (this.#clock - other.heard < STALE_MS) return { reason: 'there is a link already', again: true }
        this.#close(other, 'silent, and there is another link')
      }
    }
    const idle = this.#withRole('met').filter(met => met.candidate === undefined)
    const flood = link.candidate === undefined && idle.length >= MOST_IDLE
    return flood ? { reason: 'too many at once', again: true } : undefined
  }

  #learn(link: Link, members: readonly Member[]): void {
    for (const member of members) {
      note(link.known, member)
      const news = this.#members.learn(member, this.#clock)
      if (news !== 'old' && !member.left) this.#candidates.learn(member, news === 'new', this.#clock)
    }
  }

  /** Sends what the far end of a link does not know; nothing at all only within a heartbeat of the last. */
  #tell(link: Link): void {
    const members = this.#members.news(link.known, this.#clock)
    if (members.length === 0 && this.#clock - link.told < HEARTBEAT_MS) return
    link.told = this.#clock
    this.#send(link, { type: 'members', members })
  }

  /** A younger peer asks this one to be its parent. */
  #answer(link: Link): void {
    for (const other of [...this.#links.values()]) {
      if (other !== link && other.age.peer === link.age.peer) this.#close(other, 'there is another link')
    }
    const children = this.#withRole('child')
    if (children.length >= this.maxChildren) {
      const youngest = children.reduce((a, b) => (isOlder(a.age, b.age) ? b : a))
      if (isOlder(youngest.age, link.age)) {
        this.#send(link, { type: 'redirect', members: this.#olderThan(link.age) })
        return
      }
      // Room for an older one has to be made, or it might find no parent; each time the children only get older.
      this.#links.delete(youngest.id)
      this.#setRole(link, 'child')
      this.#send(youngest, { type: 'redirect', members: this.#olderThan(youngest.age) })
      this.#actions.push({ type: 'close', link: youngest.id, reason: 'redirected' })
    }
    this.#setRole(link, 'child')
    this.#send(link, { type: 'attached' })
    this.#actions.push({ type: 'link-up', link: link.id, role: 'child' })
  }

  /** Living peers that may be parent of one of this age: the children first, who rather have room, the parent last. */
  #olderThan(age: Age): Member[] {
    const rank = (member: Member) => {
      const role = this.#linkTo(member.age.peer)?.role
      return role === 'child' ? 0 : role === 'parent' ? 2 : 1
    }
    return this.#members
      .list(this.#clock)
      .filter(member => member.age.peer !== this.self.peer && isOlder(member.age, age))
      .map(member => ({ member, rank: rank(member) + this.#random() / 2 }))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MOST_PROPOSED)
      .map(({ member }) => member)
  }

  /** With a parent, links to other older peers serve nothing once it is known whom they know. */
  #closeIdle(): void {
    for (const link of this.#withRole('met')) {
      if (link.listed && isOlder(link.age, this.self)) this.#close(link, 'not needed')
    }
  }

  /** Without a parent: asks an older peer that is linked, else dials. Returns everything there is to do. */
  #seek(ticked = false): TreeAction[] {
    if (this.#left || this.#withRole('asked').length > 0) return this.#takeActions()
    const orphan = this.#parent === undefined
    if (orphan) {
      const older = this.#withRole('met').filter(link => isOlder(link.age, this.self))
      const link = older.find(link => link.room) ?? older[0]
      if (link !== undefined) {
        this.#setRole(link, 'asked')
        this.#send(link, { type: 'attach' })
        return this.#takeActions()
      }
    }
    // With a parent there is no hurry, and the links of a busy peer bring many events.
    if (orphan || ticked) this.#actions.push(...this.#dialler.begin(orphan, this.#clock))
    return this.#takeActions()
  }
}
