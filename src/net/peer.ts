// One peer of a swarm: takes events one after the other - a message, a timer, a pack that is due -, asks the tree and the
// ledger what follows, and carries it out before the next. So what the vector says and what the replica shares always
// change together.

import type { Held, SharedReplica } from '../types.ts'
import { disagreement } from './agreement.ts'
import { PeerChannels } from './channels.ts'
import { createCodec } from './codec.ts'
import { CodecError, NoRoomError } from './codec-error.ts'
import { type Content, contentRules } from './content.ts'
import { ExchangePace } from './exchange-pace.ts'
import { checkRoom, soundFrame } from './intake.ts'
import { Ledger } from './ledger.ts'
import type { LedgerAction } from './ledger-action.ts'
import { type Link, openLink } from './link.ts'
import { LinkError } from './link-error.ts'
import { limitOf, nameOf } from './message-types.ts'
import type { Age, Hello, LedgerMessage, Message, RowHashes, TreeMessage, Vector } from './messages.ts'
import { BusyShare, Staleness } from './meter.ts'
import { Neighbour } from './neighbour.ts'
import type { OpenStream, PeerNode } from './node.ts'
import { oneLine } from './one-line.ts'
import { PATIENCE, type Patience } from './patience.ts'
import { Precedence } from './precedence.ts'
import { ProtocolError } from './protocol-error.ts'
import { differenceFrom, freshRows, hashesOf, stateMessages } from './state-transfer.ts'
import { type Offence, Strikes } from './strikes.ts'
import { Tree, type TreeAction } from './tree.ts'
import { packsIn } from './vector.ts'

const TICK_MS = 250
/** A clock that jumps further than this between two ticks stood still, or this peer was busy: nobody else is late by that. */
const LONGEST_TICK_MS = 1_000
const LOOK_MS = 20
/** A link may start over now and then, around a change of the tree; one that does so all the time serves nothing. */
const MOST_REPLACED = 100
const HEAD_START_MS = 60_000
/** Links whose hello has not come; more make the one go that has been silent the longest. */
const MOST_STRANGERS = 32
/** How often a peer may have packs of this one taken back: an honest one shuts it out then. And how many peers may. */
const MOST_FOLLOWED = 3
const MOST_REFUSING = 64
/** Links of one peer: more than two that cross and one that is not known to be lost yet. */
const MOST_OF_PEER = 6
/** Messages of a link that wait to be processed. A peer sends four frames before it waits for an acknowledgement. */
const MOST_QUEUED = { frames: 8, others: 1024 }
/** After so long what a neighbour says it had before a link came to be is not taken for that any more. */
const MOST_APART_MS = 300_000
/**
 * While there is training to do, packing and applying get about this share of the time, where others keep to it too. All that an
 * exchange costs (codec, encryption, garbage collection) is some five times as much.
 */
const MOST_EXCHANGING = 1 / 64
/** And applying alone at most this. */
const MOST_APPLYING = 0.25

type Frame = Extract<LedgerMessage<Content>, { type: 'frame' }>

/** What packs are judged by beside their content: how many are summed (with what they take back), and whether they were made before the link was. */
export interface About {
  readonly packs: number
  readonly apart: boolean
}

/** What a peer needs to know at the start. */
export interface PeerOptions {
  readonly swarm: string
  readonly node: Pick<PeerNode, 'peer' | 'addresses' | 'dial' | 'onStream' | 'onDiscovery' | 'ban'>
  readonly replica: SharedReplica
  /** What must be the same at all peers; JSON in the end. */
  readonly job: Readonly<Record<string, unknown>>
  /** What peers that read the same source call it; empty where it is this peer's own. Default ''. */
  readonly source?: string
  /**
   * What the replica's shared values hold already. Such a peer counts as a minute older, so that new ones come to it rather
   * than it to them. Default: it is new.
   */
  readonly held?: Held
  /** Says why a neighbour's pack must not be let in; undefined where it may. */
  readonly judge?: (peer: string, content: Content, elapsedMs: number, about: About) => string | undefined
  /** Hears of this peer's own packs, which `judge` may compare others with. */
  readonly packed?: (content: Content) => void
  /** Default 4. */
  readonly maxChildren?: number
  /** How long neighbours are waited for. */
  readonly patience?: Partial<Patience>
  /** Hears, in one line each, of what a user should know. */
  readonly warn: (message: string) => void
}

/** Milliseconds that never run backwards. */
export const clock = () => performance.timeOrigin + performance.now()

export class Peer {
  readonly replica: SharedReplica
  readonly node: PeerOptions['node']
  readonly tree: Tree
  readonly ledger: Ledger<Content>
  readonly strikes: Strikes
  readonly channels: PeerChannels
  readonly staleness = new Staleness()
  readonly applying = new BusyShare(clock())
  readonly neighbours = new Map<string, Neighbour>()
  /** Of links that are over. */
  readonly past = { bytesIn: 0, bytesOut: 0 }
  packs = 0
  framesApplied = 0
  /** How often a link's two sides had to say anew what they hold. */
  replaced = 0
  words = 0
  /** Whether others' work is to leave time for training. */
  training = false
  readonly lost: Promise<Error>
  readonly #options: PeerOptions
  readonly #hello: Omit<Hello, 'children' | 'parent'>
  readonly #fail: (error: Error) => void
  readonly #timer: ReturnType<typeof setInterval>
  #last: Promise<unknown> = Promise.resolve()
  #links = 0
  #packedWords = 0
  readonly #pace = new ExchangePace(MOST_EXCHANGING)
  #applyNotBefore = 0
  /** Exchanges that are asked for and not done. */
  #exchanges = 0
  #endPause = () => {}
  readonly #patience: Patience
  readonly #precedence = new Precedence()
  /** How often packs were taken back because a peer refused them. */
  readonly #followed = new Map<string, number>()
  /** Milliseconds in which this peer could hear of others. */
  #awake = 0
  #lastTick = clock()
  #tickDue = false
  #over = false

  constructor(options: PeerOptions, hello: Pick<Hello, 'job' | 'jobText'>) {
    const { node, replica, swarm, maxChildren = 4, held } = options
    const now = Math.floor(clock())
    const start = held === undefined ? now : Math.max(now - HEAD_START_MS, held.start + 1)
    const self: Age = { start, peer: node.peer }
    this.#options = options
    this.node = node
    this.replica = replica
    this.tree = new Tree({ self, addresses: node.addresses(), maxChildren, random: Math.random })
    this.ledger = new Ledger({
      origin: self,
      rules: contentRules,
      initial: new Map(Object.entries(held?.vector ?? {}))
    })
    this.#patience = { ...PATIENCE, ...options.patience }
    this.strikes = new Strikes(message => options.warn(oneLine(message)))
    this.#hello = { type: 'hello', swarm, ...hello, age: self, features: [], maxChildren }
    const lost = Promise.withResolvers<Error>()
    this.lost = lost.promise
    this.#fail = lost.resolve
    this.tree.report({ source: options.source ?? '' })
    node.onStream(opened => this.#begin(opened, undefined))
    this.channels = new PeerChannels({
      node,
      hello: () => this.#ownHello(),
      members: () => this.tree.members,
      bytesFrom: peer => this.#bytesFrom(peer),
      precedence: this.#precedence,
      patience: this.#patience,
      offence: (peer, offence, reason) => void this.#count(peer, offence, reason),
      mismatch: (peer, message) => this.strikes.mismatch(peer, message),
      fail: error => this.#stop(error)
    })
    node.onDiscovery((peer, addresses) => {
      void this.#post(() => this.#shape(this.tree.discovered({ peer, addresses }, clock())))
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Whether any neighbour takes deltas. */
  get connected(): boolean {
    for (const { role, closed } of this.neighbours.values()) if (role !== undefined && !closed) return true
    return false
  }

  /** A digest of which packs this peer's shared values hold: 53 bits, equal where the vectors are equal. */
  get held(): number {
    let high = 0
    let low = 0
    for (const [origin, last] of this.ledger.vector) {
      const [a, b] = digest(`${origin} ${last}`)
      high ^= a
      low ^= b
    }
    return (high >>> 11) * 2 ** 32 + (low >>> 0)
  }

  /** Runs `act` between two events. */
  alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(act)
    this.#last = result.catch(() => {})
    return result
  }

  /** Packs what was trained since the last time, unless there is nobody to tell. */
  async exchange(urgent = false): Promise<boolean> {
    if (!urgent && clock() < this.#pace.notBefore(this.#others)) return false
    this.#exchanges++
    this.#endPause()
    try {
      // What a state is asked for must stay as it is until that has come.
      while (!(await this.#exchanged())) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    } finally {
      this.#exchanges--
    }
    return true
  }

  /** How many other peers train. */
  get #others(): number {
    return this.tree.members.filter(({ age, finished }) => age.peer !== this.node.peer && !finished).length
  }

  async #exchanged(): Promise<boolean> {
    let done = true
    await this.#post(async () => {
      if (!this.connected) return
      done = !this.ledger.adopting
      if (!done) return
      const trained = this.words
      this.#pace.begin(clock())
      do {
        const before = this.replica.spent
        const delta = await this.replica.pack(1 + this.#others)
        this.#pace.packed(this.replica.spent - before)
        if (delta.every(part => part.rows.length === 0)) return
        // Of the packs that one exchange makes the first has the words; those of which none was made, the next one.
        const content = { words: Math.max(0, trained - this.#packedWords), delta }
        this.#packedWords = trained
        this.packs++
        this.#options.packed?.(content)
        await this.#move(this.ledger.packed(content, clock()))
      } while (this.replica.hasMore)
    })
    return done
  }

  /** Says good-bye and closes the links, politely. */
  async leave(): Promise<void> {
    await this.channels.leave()
    clearInterval(this.#timer)
    const closing: Promise<void>[] = []
    await this.#post(async () => {
      await this.#shape(this.tree.leave(clock()), closing)
      for (const neighbour of [...this.neighbours.values()]) closing.push(this.#end(neighbour))
    })
    this.#over = true
    await Promise.all(closing)
  }

  /** Events run one after the other; what goes wrong in one ends the swarm, but never the process. */
  #post(event: () => void | Promise<void>): Promise<void> {
    return this.alone(async () => {
      if (this.#over) return
      try {
        await event()
      } catch (error) {
        this.#stop(error)
      }
    })
  }

  /** The swarm cannot go on. */
  #stop(error: unknown): void {
    this.#over = true
    clearInterval(this.#timer)
    this.#fail(error instanceof Error ? error : new Error(String(error)))
  }

  #tick(): void {
    this.channels.tick(clock())
    if (this.#tickDue) return
    this.#tickDue = true
    void this.#post(async () => {
      this.#tickDue = false
      const now = clock()
      this.#awake += Math.min(now - this.#lastTick, LONGEST_TICK_MS)
      this.#lastTick = now
      for (const neighbour of [...this.neighbours.values()]) {
        neighbour.in.read(neighbour.link.bytesIn, now)
        neighbour.out.read(neighbour.link.bytesOut, now)
        if (neighbour.look()) this.tree.heard(neighbour.id, now)
        const { hello, answer } = this.#patience
        const owed = neighbour.debts.overdue(this.#awake, answer)
        if (neighbour.closed) continue
        if (neighbour.hello === undefined && this.#awake - neighbour.awakeAt > hello) {
          await this.#offence(neighbour, 'silent', `it said no hello within ${hello} ms`)
        } else if (owed !== undefined) {
          await this.#offence(neighbour, 'silent', `it owed its ${owed} for more than ${answer} ms`)
        }
      }
      this.tree.report({ addresses: this.node.addresses(), packs: this.held, words: this.words })
      await this.#shape(this.tree.tick(now))
    })
  }

  /** A stream has been opened, by this side where it has the number of a dial. */
  #begin({ peer, stream, received }: OpenStream, dial: number | undefined): void {
    const open = [...this.neighbours.values()].filter(neighbour => !neighbour.closed)
    const flood = open.filter(neighbour => neighbour.peer === peer).length >= MOST_OF_PEER
    if (this.#over || flood) {
      if (flood) this.#count(peer, 'flood', `it opened more than ${MOST_OF_PEER} links at once`)
      stream.abort(new Error('too many links at once'))
      return
    }
    const strangers = [...this.neighbours.values()].filter(neighbour => neighbour.hello === undefined)
    if (strangers.length >= MOST_STRANGERS) strangers[0].link.abort('too many links at once')
    const id = `${++this.#links}`
    const waits = () => link.buffered > 0
    const link: Link = openLink(this.#precedence.enter(peer, 'deltas', stream, waits), {
      limits: type => limitOf(type, this.replica.tables),
      frameTime: this.#patience.message,
      onMessage: (type, bytes) => {
        const came = clock()
        const kind = nameOf(type) === 'frame' ? 'frames' : 'others'
        if (++neighbour.queued[kind] > MOST_QUEUED[kind])
          throw new LinkError(
            'flood',
            `at most ${MOST_QUEUED[kind]} ${kind} wait to be processed; one more came`
          )
        return this.#post(async () => {
          await this.#receive(neighbour, dial, type, bytes, came)
          neighbour.queued[kind]--
        })
      },
      onClose: error => {
        void this.#post(async () => {
          // Whoever breaks a link is told apart from a connection that breaks.
          const banned = error instanceof LinkError && this.#count(peer, error.fault, error.message)
          await this.#forget(neighbour, !banned)
        })
      }
    })
    const codec = createCodec(this.replica)
    const parts = { id, peer, dial, openedAt: clock() }
    const neighbour = new Neighbour(parts, received, link, codec, () => this.#awake)
    this.neighbours.set(id, neighbour)
    neighbour.send(this.#ownHello())
  }

  #bytesFrom(peer: string): number {
    let bytes = 0
    for (const neighbour of this.neighbours.values()) {
      if (neighbour.peer === peer) bytes += neighbour.link.bytesIn
    }
    return bytes
  }

  #ownHello(): Hello {
    return { ...this.#hello, children: this.tree.children.length, parent: this.tree.parent }
  }

  async #receive(
    neighbour: Neighbour,
    dial: number | undefined,
    type: number,
    bytes: Uint8Array,
    came: number
  ): Promise<void> {
    if (neighbour.closed) return
    try {
      const message = neighbour.decode(type, bytes)
      if (neighbour.hello === undefined) await this.#meet(neighbour, dial, message)
      else if (isTreeMessage(message)) await this.#shape(this.tree.received(neighbour.id, message, clock()))
      else if (message.type === 'hello') throw new ProtocolError('a hello comes once; got another')
      else await this.#take(neighbour, message, came)
    } catch (error) {
      // Where the swarm has these words already, this peer cannot stay in it; what a neighbour made stays with that.
      if (error instanceof NoRoomError) {
        if (error.ranges === undefined || !neighbour.makesAll(error.ranges)) throw error
        await this.#offence(neighbour, 'room', error.message)
      } else if (error instanceof CodecError) await this.#offence(neighbour, 'malformed', error.message)
      else if (error instanceof ProtocolError) await this.#offence(neighbour, 'protocol', error.message)
      else throw error
    }
  }

  async #meet(neighbour: Neighbour, dial: number | undefined, message: Message<Content>): Promise<void> {
    if (message.type === 'goodbye') {
      this.strikes.mismatch(neighbour.peer, `peer ${neighbour.peer} refused this one: ${message.reason}`)
      return await this.#part(neighbour, dial)
    }
    if (message.type !== 'hello') throw new ProtocolError(`the first message is hello; got ${message.type}`)
    if (message.age.peer !== neighbour.peer) {
      throw new ProtocolError(
        `it calls itself ${message.age.peer.slice(0, 64)}, but its connection proved ${neighbour.peer}`
      )
    }
    const reason = disagreement(this.#ownHello(), message)
    if (reason !== undefined) {
      this.strikes.mismatch(neighbour.peer, `peer ${neighbour.peer} cannot take part: ${reason}`)
      return await this.#part(neighbour, dial)
    }
    neighbour.hello = message
    await this.#shape(this.tree.opened(neighbour.id, message, dial, clock()))
  }

  /** Two that cannot train together part; each finds out by the other's hello, and says it to its own user. */
  async #part(neighbour: Neighbour, dial: number | undefined): Promise<void> {
    void this.#end(neighbour)
    if (dial !== undefined) await this.#shape(this.tree.dialFailed(dial, clock(), false))
  }

  /** Something about the model came. */
  async #take(neighbour: Neighbour, message: LedgerMessage<Content>, came: number): Promise<void> {
    const now = clock()
    this.tree.heard(neighbour.id, now)
    if (neighbour.role === undefined) {
      throw new ProtocolError(`deltas go between parent and child only; got ${message.type}`)
    }
    if (message.type === 'state') return await this.#gather(neighbour, message)
    if (message.type === 'refused') return await this.#takeBack(neighbour, message)
    if (message.type === 'recall' && !(neighbour.makesAll(message.packs) && neighbour.makesAll(message.by)))
      throw new ProtocolError('recall: packs of its own wanted; got those of others')
    if (message.type !== 'frame') return await this.#move(this.ledger.received(neighbour.id, message, now))
    const frame = soundFrame(message, this.ledger.vector)
    const refused = this.#judge(neighbour, frame, now)
    if (refused !== undefined) return await this.#refuse(neighbour, frame, refused)
    const { spent } = this.replica
    await this.#move(this.ledger.received(neighbour.id, frame, now))
    if (this.replica.spent > spent) this.#pace.applied(packsIn(frame.ranges), this.replica.spent - spent)
    this.staleness.add(frame.waited + clock() - came, clock())
  }

  /** A neighbour's own packs meet their first other peer here: whatever has one in it is judged. */
  #judge(neighbour: Neighbour, frame: Frame, now: number): string | undefined {
    const { ranges } = frame
    if (![...ranges.keys()].some(origin => neighbour.makes(origin))) return undefined
    const elapsed = now - neighbour.lastPackAt
    neighbour.lastPackAt = now
    const apart = now - neighbour.openedAt < MOST_APART_MS && neighbour.madeBefore(ranges)
    const { content, packs } = this.ledger.remainder(neighbour.id, frame)
    const judged = { ...content, words: frame.content.words }
    return this.#options.judge?.(neighbour.peer, judged, elapsed, { packs, apart })
  }

  /** A pack stays out, and its maker is told so, who takes it back; then the link is closed. */
  async #refuse(neighbour: Neighbour, frame: Frame, reason: string): Promise<void> {
    await this.#move(this.ledger.refuse(neighbour.id, frame))
    const banned = this.#count(neighbour.peer, 'bounds', reason)
    void this.#end(neighbour)
    await this.#forget(neighbour, !banned)
  }

  /** A neighbour has refused packs, and closes the link. */
  async #takeBack(neighbour: Neighbour, message: LedgerMessage<Content>): Promise<void> {
    const followed = this.#followed.get(neighbour.peer) ?? 0
    if (followed < MOST_FOLLOWED && this.#followed.size < MOST_REFUSING) {
      await this.#move(this.ledger.received(neighbour.id, message, clock()))
      this.#followed.set(neighbour.peer, followed + 1)
    }
    void this.#end(neighbour)
    await this.#forget(neighbour)
  }

  async #gather(
    neighbour: Neighbour,
    message: Extract<LedgerMessage<Content>, { type: 'state' }>
  ): Promise<void> {
    checkRoom(message.vector.keys())
    await this.#move(this.ledger.received(neighbour.id, message, clock()))
    if (!this.ledger.expectsState(neighbour.id, message.adoption)) return
    neighbour.state.add(message, this.replica.tables)
    if (!message.last) return
    const { state, unknown } = neighbour.state.take()
    await this.replica.adopt(state, freshRows(this.replica, unknown))
    await this.#move(this.ledger.adopted(neighbour.id, message.vector, message.adoption, clock()))
  }

  /** Carries out what the ledger wants. */
  async #move(actions: readonly LedgerAction<Content>[]): Promise<void> {
    // To cut a link makes further actions, which are for after these.
    const cut: { readonly link: string; readonly reason: string }[] = []
    for (const action of actions) {
      switch (action.type) {
        case 'apply':
          await this.#apply(action.content)
          break
        case 'take-back':
          this.packs++
          await this.#apply(action.content)
          this.#options.warn(
            `swarm: a neighbour refused packs of this peer (${action.packs}); it takes them back`
          )
          break
        case 'send':
          this.neighbours.get(action.link)?.send(action.message)
          break
        case 'send-hashes':
          this.neighbours.get(action.link)?.send({ type: 'want-state', hashes: await hashesOf(this.replica) })
          break
        case 'send-state':
          await this.#sendState(action.link, action.adoption, action.vector, action.hashes)
          break
        case 'violation':
          cut.push({ link: action.link, reason: action.error.message })
          break
        case 'forgotten':
          this.#options.warn(
            `swarm: ${action.last - action.first + 1} packs of this peer were too old for where it attached, and are lost`
          )
          break
        case 'lost-place': {
          this.replaced++
          const neighbour = this.neighbours.get(action.link)
          if (neighbour !== undefined && ++neighbour.replaced > MOST_REPLACED)
            cut.push({ link: action.link, reason: `it lost its place ${MOST_REPLACED} times` })
        }
      }
    }
    for (const { link, reason } of cut) {
      const neighbour = this.neighbours.get(link)
      if (neighbour !== undefined) await this.#offence(neighbour, 'protocol', reason)
    }
  }

  async #apply({ delta }: Content): Promise<void> {
    await this.#leaveTime(this.#applyNotBefore - clock())
    const before = this.replica.spent
    await this.replica.apply(delta)
    const spent = this.replica.spent - before
    this.framesApplied++
    this.applying.add(spent)
    this.#applyNotBefore = clock() + spent * (1 / MOST_APPLYING - 1)
  }

  /** Waits for training to go on, unless it waits itself, for what it learned to be packed. */
  async #leaveTime(milliseconds: number): Promise<void> {
    if (!this.training || this.#exchanges > 0 || milliseconds <= 0) return
    const pause = Promise.withResolvers<void>()
    const timer = setTimeout(pause.resolve, milliseconds)
    this.#endPause = pause.resolve
    await pause.promise
    clearTimeout(timer)
  }

  async #sendState(link: string, adoption: number, vector: Vector, hashes: RowHashes): Promise<void> {
    const difference = await differenceFrom(this.replica, hashes)
    for (const message of stateMessages(adoption, vector, difference))
      this.neighbours.get(link)?.send(message)
  }

  /** Carries out what the tree wants. */
  async #shape(actions: readonly TreeAction[], closing: Promise<void>[] = []): Promise<void> {
    for (const action of actions) {
      switch (action.type) {
        case 'dial':
          this.#dial(action.dial, action.addresses.length > 0 ? action.addresses : (action.peer ?? ''))
          break
        case 'send':
          this.neighbours.get(action.link)?.send(action.message)
          break
        case 'link-up': {
          const neighbour = this.neighbours.get(action.link)
          if (neighbour === undefined) break
          neighbour.role = action.role
          await this.#move(this.ledger.open(action.link, action.role))
          // What was learned alone need not wait for the next interval.
          void this.exchange()
          break
        }
        case 'close': {
          const neighbour = this.neighbours.get(action.link)
          if (neighbour !== undefined) closing.push(this.#end(neighbour))
          await this.#move(this.ledger.close(action.link, clock()))
        }
      }
    }
  }

  #dial(dial: number, to: string | readonly string[]): void {
    this.node.dial(to).then(
      opened => this.#begin(opened, dial),
      () => this.#post(() => this.#shape(this.tree.dialFailed(dial, clock())))
    )
  }

  /** Closes a link politely: what was sent still goes. */
  #end(neighbour: Neighbour): Promise<void> {
    neighbour.closed = true
    return neighbour.link.close()
  }

  /** A link is over. */
  async #forget(neighbour: Neighbour, again = true): Promise<void> {
    neighbour.closed = true
    if (!this.neighbours.delete(neighbour.id)) return
    this.past.bytesIn += neighbour.link.bytesIn
    this.past.bytesOut += neighbour.link.bytesOut
    await this.#move(this.ledger.close(neighbour.id, clock()))
    const { hello, dial } = neighbour
    if (hello === undefined && dial !== undefined)
      await this.#shape(this.tree.dialFailed(dial, clock(), again))
    else await this.#shape(this.tree.closed(neighbour.id, clock(), again))
  }

  /** Cuts the link of whoever broke a rule. */
  async #offence(neighbour: Neighbour, offence: Offence, reason: string): Promise<void> {
    const banned = this.#count(neighbour.peer, offence, reason)
    neighbour.closed = true
    neighbour.link.abort(reason)
    await this.#forget(neighbour, !banned)
  }

  /** Returns whether the peer is shut out. */
  #count(peer: string, offence: Offence, reason: string): boolean {
    const ban = this.strikes.add(peer, offence, reason, clock())
    if (ban > 0) this.node.ban(peer, ban)
    return ban > 0
  }
}

/** FNV-1a, twice, from two starts. */
function digest(text: string): [number, number] {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b)
    b ^= b >>> 13
  }
  return [a, b]
}

function isTreeMessage(message: Message<Content>): message is TreeMessage {
  return ['attach', 'attached', 'redirect', 'members', 'goodbye'].includes(message.type)
}
