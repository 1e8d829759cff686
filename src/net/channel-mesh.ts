import type { SwarmStatus } from '../types.ts'
import { disagreement } from './agreement.ts'
import { ChannelLink, type ChannelLinkEvents } from './channel-link.ts'
import type { ChannelHello, Opening } from './channel-messages.ts'
import { CodecError } from './codec-error.ts'
import { LinkError } from './link-error.ts'
import type { Hello, Member } from './messages.ts'
import type { OpenStream, PeerNode } from './node.ts'
import type { Patience } from './patience.ts'
import type { Precedence } from './precedence.ts'
import { ProtocolError } from './protocol-error.ts'
import { Redials } from './redials.ts'
import type { Offence } from './strikes.ts'
import { within } from './within.ts'

/** Streams whose hello has not come; more make the oldest go. */
const MOST_STRANGERS = 32
/** Streams of one peer: one that is used, one that is not known to be lost, one to take its place. */
const MOST_OF_PEER = 3
const CLOSE_MS = 10_000
const ALIVE_MS = 5_000
/** After so long without a sign of life a peer is lost that the tree does not know to live, and any peer. */
const SILENT_UNKNOWN_MS = 8_000
const SILENT_MS = 60_000
/** A clock that jumps further than this between two ticks stood still: nobody else is late by that. */
const LONGEST_TICK_MS = 1_000
/** On a slow connection deltas have the way most of the time, so a message may take this many times as long as on a link. */
const MESSAGE_PATIENCE = 10

export interface MeshOptions {
  readonly node: Pick<PeerNode, 'peer' | 'dial' | 'onStream'>
  readonly hello: () => Hello
  /** The peers of the swarm that live, this one among them. */
  readonly members: () => readonly Member[]
  /** Bytes that came from a peer over other streams. */
  readonly bytesFrom: (peer: string) => number
  readonly precedence: Precedence
  readonly patience: Patience
  /** Counts what a peer did wrong. */
  readonly offence: (peer: string, offence: Offence, reason: string) => void
  /** Counts a peer that is in another swarm or job. */
  readonly mismatch: (peer: string, message: string) => void
}

/** What channels have come to. */
export type ChannelsStatus = Pick<SwarmStatus, 'channels' | 'channelBytesIn' | 'channelBytesOut'>

/** Whose streams they are; of each peer one link is up at a time. */
export interface MeshOwner extends Pick<ChannelLinkEvents, 'opened' | 'closed' | 'message'> {
  /** What this peer has open; without anything no streams are wanted. */
  readonly openings: readonly Opening[]
  up(link: ChannelLink): void
  /** Nothing more comes from it. */
  down(link: ChannelLink): void
}

/** A stream to each other peer of the swarm while this one has any channel open: the tree would send all items through its root. */
export class ChannelMesh implements ChannelLinkEvents {
  readonly #peer: string
  readonly #options: MeshOptions
  readonly #owner: MeshOwner
  readonly #links = new Map<string, ChannelLink>()
  readonly #strangers = new Set<ChannelLink>()
  readonly #redials: Redials
  /** Milliseconds in which this peer could hear of others. */
  #awake = 0
  #lastTick: number | undefined
  #aliveAt = 0
  #left = false
  /** Of streams that are over. */
  readonly #past = { bytesIn: 0, bytesOut: 0 }

  constructor(options: MeshOptions, owner: MeshOwner) {
    this.#options = options
    this.#owner = owner
    this.#peer = options.node.peer
    this.#redials = new Redials(this.#peer, Math.random)
    options.node.onStream(opened => this.#accept(opened), 'channel')
  }

  /** Those that are up. */
  get linked(): Iterable<ChannelLink> {
    return this.#links.values()
  }

  /** The same, and those whose hello has not come. */
  get all(): ChannelLink[] {
    return [...this.#strangers, ...this.#links.values()]
  }

  linkTo(peer: string): ChannelLink | undefined {
    return this.#links.get(peer)
  }

  /** The streams that are up, and the bytes of all that have been. */
  get status(): ChannelsStatus {
    const links = this.all
    return {
      channels: [...this.linked].map(link => link.status(this.#owner.openings)),
      channelBytesIn: links.reduce((sum, { bytesIn }) => sum + bytesIn, this.#past.bytesIn),
      channelBytesOut: links.reduce((sum, { bytesOut }) => sum + bytesOut, this.#past.bytesOut)
    }
  }

  /** Dials those to whom there is no stream. */
  connect(): void {
    if (this.#left || this.#owner.openings.length === 0) return
    const linked = new Set(this.all.map(({ peer }) => peer))
    for (const member of this.#redials.begin(this.#options.members(), linked, this.#awake)) {
      void this.#dial(member)
    }
  }

  /** Call it about every 250 ms; `now`: ms of any clock. */
  tick(now: number): void {
    const passed = now - (this.#lastTick ?? now)
    this.#awake += Math.max(0, Math.min(passed, LONGEST_TICK_MS))
    this.#lastTick = now
    for (const link of this.linked) link.meter()
    const { hello } = this.#options.patience
    for (const link of this.#strangers) {
      if (this.#awake - link.openedAt <= hello) continue
      link.abort('no hello came')
      this.#options.offence(link.peer, 'silent', `it said no hello within ${hello} ms`)
    }
    if (this.#links.size > 0) this.#look()
    this.connect()
  }

  /** Sends what waits and closes all streams. */
  async leave(): Promise<void> {
    this.#left = true
    const links = this.all
    await within(CLOSE_MS, Promise.all(links.map(link => link.end())))
    for (const link of links) link.abort('this peer has left the swarm')
  }

  hello(link: ChannelLink, hello: ChannelHello): void {
    const { peer } = link
    this.#strangers.delete(link)
    const ours = this.#options.hello()
    const reason = disagreement(ours, { ...ours, ...hello })
    if (reason !== undefined) {
      this.#options.mismatch(peer, `peer ${peer} cannot take part: ${reason}`)
      this.#redials.putOff(peer, this.#awake)
    }
    const old = this.#links.get(peer)
    if (reason !== undefined || (old !== undefined && !this.#replaces(link, old))) {
      void link.end()
      return
    }
    old?.abort('there is another stream to the peer')
    this.#links.set(peer, link)
    this.#owner.up(link)
  }

  opened(link: ChannelLink, name: string): void {
    if (this.#isUp(link)) this.#owner.opened(link, name)
  }

  closed(link: ChannelLink, name: string): void {
    if (this.#isUp(link)) this.#owner.closed(link, name)
  }

  message(link: ChannelLink, to: number, bytes: Uint8Array<ArrayBuffer>): undefined | PromiseLike<unknown> {
    return this.#isUp(link) ? this.#owner.message(link, to, bytes) : undefined
  }

  over(link: ChannelLink, error: Error | undefined): void {
    this.#past.bytesIn += link.bytesIn
    this.#past.bytesOut += link.bytesOut
    this.#strangers.delete(link)
    if (link.dialled) this.#redials.broken(link.peer, this.#awake - link.openedAt, this.#awake)
    if (this.#isUp(link)) {
      this.#links.delete(link.peer)
      this.#owner.down(link)
    }
    const offence = offenceOf(error)
    if (offence !== undefined) this.#options.offence(link.peer, offence, error?.message ?? offence)
  }

  #isUp(link: ChannelLink): boolean {
    return this.#links.get(link.peer) === link
  }

  /** Both sides keep the same one of two streams that cross: of the peers' last processes, then what the lesser id dialled, then the last. */
  #replaces(link: ChannelLink, old: ChannelLink): boolean {
    const [start = 0, before = 0] = [link.start, old.start]
    if (start !== before) return start > before
    return link.dialled === old.dialled || link.dialled === this.#peer < link.peer
  }

  /** Looks whom nothing is heard of, and says that this peer lives. */
  #look(): void {
    const tellAlive = this.#awake - this.#aliveAt >= ALIVE_MS
    if (tellAlive) this.#aliveAt = this.#awake
    const wanted = this.#owner.openings.length > 0
    const living = new Map(this.#options.members().map(({ age }) => [age.peer, age.start]))
    for (const link of [...this.#links.values()]) {
      const start = living.get(link.peer)
      const silence = link.silence(this.#options.bytesFrom(link.peer))
      if (start !== undefined && start > (link.start ?? 0)) link.abort('the peer has started again')
      else if (silence > (start === undefined ? SILENT_UNKNOWN_MS : SILENT_MS)) {
        link.abort(`nothing was heard of the peer for ${silence} ms`)
      } else if (link.dialled && !wanted) void link.end()
      else if (tellAlive) link.keepAlive()
    }
  }

  async #dial({ age: { peer }, addresses }: Member): Promise<void> {
    const to = addresses.length > 0 ? addresses : peer
    const opened = await this.#options.node.dial(to, undefined, 'channel').catch(() => undefined)
    this.#redials.ended(peer, opened?.peer !== peer, this.#awake)
    if (opened === undefined) return
    if (opened.peer === peer && !this.#left) this.#begin(opened, true)
    else opened.stream.abort(new Error('no stream is wanted'))
  }

  #accept(opened: OpenStream): void {
    const { peer, stream } = opened
    const isFlood = this.all.filter(link => link.peer === peer).length >= MOST_OF_PEER
    if (!this.#left && !isFlood) {
      this.#begin(opened, false)
      return
    }
    stream.abort(new Error('no stream is wanted'))
    const reason = `it opened more than ${MOST_OF_PEER} streams of channels at once`
    if (isFlood) this.#options.offence(peer, 'flood', reason)
  }

  #begin(opened: OpenStream, dialled: boolean): void {
    const [oldest] = this.#strangers
    if (this.#strangers.size >= MOST_STRANGERS) oldest?.abort('too many streams at once')
    const { hello, patience, precedence } = this.#options
    const { swarm, job, jobText, age } = hello()
    const link = new ChannelLink(opened, dialled, {
      hello: { swarm, job, jobText, start: age.start, channels: this.#owner.openings },
      events: this,
      precedence,
      messageTime: MESSAGE_PATIENCE * patience.message,
      clock: () => this.#awake
    })
    this.#strangers.add(link)
  }
}

/** Whoever breaks a link is told apart from a connection that breaks. */
function offenceOf(error: Error | undefined): Offence | undefined {
  if (error instanceof LinkError) return error.fault
  if (error instanceof CodecError) return 'malformed'
  return error instanceof ProtocolError ? 'protocol' : undefined
}
