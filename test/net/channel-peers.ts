// Peers with channels, over real connections, that are told who is there: no tree, no model.

import type { TestContext } from 'node:test'
import { PeerChannels } from '../../src/net/channels.ts'
import { type Link, openLink } from '../../src/net/link.ts'
import type { Hello, Member } from '../../src/net/messages.ts'
import type { NodeOptions, OpenStream, PeerNode } from '../../src/net/node.ts'
import { PATIENCE } from '../../src/net/patience.ts'
import { Precedence } from '../../src/net/precedence.ts'
import type { Offence } from '../../src/net/strikes.ts'
import type { Channel, ChannelEvent } from '../../src/types.ts'
import { member } from './attacks.ts'
import { testNode } from './nodes.ts'

/** How much further the clock of channels goes in a tick of 5 ms. */
const TICK_MS = 250

/** One that keeps the rules. */
export interface ChannelPeer {
  readonly node: PeerNode
  readonly channels: PeerChannels
  /** Whom it takes to live; of all of `channelPeers` at first. */
  members: Member[]
  /** Streams that are open, whoever dialled, and how many there have been. */
  readonly streams: OpenStream['stream'][]
  opened: number
  /** Its clock, in ms. */
  now: number
  /** Whether its clock stands still, so that it says nothing by itself. */
  silent: boolean
  readonly offences: { readonly peer: string; readonly offence: Offence; readonly reason: string }[]
  readonly mismatches: string[]
  readonly failures: unknown[]
}

/** A peer's record of itself. */
export function recordOf({ peer, addresses }: PeerNode, start = 1): Member {
  return member({ age: { start, peer }, addresses: addresses() })
}

/** What a peer says that is in the swarm `test` and this job. */
export function helloOf(peer: string, changes: Partial<Hello> = {}): Hello {
  const job = { job: 'a hash', jobText: '{"model":"small"}' }
  const age = { start: 1, peer }
  const rest = { features: [], children: 0, maxChildren: 4, parent: undefined }
  return { type: 'hello', swarm: 'test', ...job, age, ...rest, ...changes }
}

/** A peer that nobody has been told of. */
export async function channelPeer(
  t: TestContext,
  { hello = {}, ...options }: Partial<NodeOptions> & { readonly hello?: Partial<Hello> } = {}
): Promise<ChannelPeer> {
  const node = await testNode(t, options)
  const streams: OpenStream['stream'][] = []
  const counted = (opened: OpenStream) => {
    streams.push(opened.stream)
    peer.opened++
    opened.stream.addEventListener('close', () => streams.splice(streams.indexOf(opened.stream), 1))
    return opened
  }
  const lists = { members: [], streams, offences: [], mismatches: [], failures: [] }
  const peer: Omit<ChannelPeer, 'channels'> = { node, ...lists, opened: 0, now: 0, silent: false }
  const channels = new PeerChannels({
    node: {
      peer: node.peer,
      dial: async (...to) => counted(await node.dial(...to)),
      onStream: (handler, protocol) => node.onStream(opened => handler(counted(opened)), protocol)
    },
    hello: () => helloOf(node.peer, hello),
    members: () => peer.members,
    bytesFrom: () => 0,
    precedence: new Precedence(),
    patience: PATIENCE,
    offence: (from, offence, reason) => void peer.offences.push({ peer: from, offence, reason }),
    mismatch: (_from, message) => void peer.mismatches.push(message),
    fail: error => void peer.failures.push(error)
  })
  const tick = () => {
    if (peer.silent) return
    peer.now += TICK_MS
    channels.tick(peer.now)
  }
  const timer = setInterval(tick, 5)
  t.after(() => clearInterval(timer))
  return Object.assign(peer, { channels })
}

/** So many peers that know of one another. */
export async function channelPeers(t: TestContext, count: number): Promise<ChannelPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => channelPeer(t)))
  introduce(peers)
  return peers
}

/** Tells all of all. */
export function introduce(peers: readonly ChannelPeer[]): void {
  for (const peer of peers) peer.members = peers.map(({ node }) => recordOf(node))
}

/** A channel and what was heard there. */
export interface OpenedChannel extends Channel {
  /** All but the messages: `joined`, and the peer. */
  readonly changes: [type: ChannelEvent['type'], peer: string][]
  readonly messages: { readonly peer: string; readonly bytes: Uint8Array }[]
}

/** Opens a channel at each peer. */
export function openAll(peers: readonly ChannelPeer[], name: string): OpenedChannel[] {
  return peers.map(peer => open(peer, name))
}

/** Opens a channel that only listens. */
export function open({ channels }: ChannelPeer, name: string): OpenedChannel {
  const changes: OpenedChannel['changes'] = []
  const messages: { peer: string; bytes: Uint8Array }[] = []
  const channel = channels.channel(name, event => {
    if (event.type === 'message') messages.push(event)
    else changes.push([event.type, event.peer])
  })
  return {
    changes,
    messages,
    peer: channel.peer,
    get members() {
      return channel.members
    },
    send: (to, message) => channel.send(to, message),
    close: () => channel.close()
  }
}

/** Whether each has all of the others. */
export function complete(channels: readonly Channel[]): boolean {
  return channels.every(({ members }) => members.length === channels.length)
}

/** One stream of channels without any rules: a link that takes whatever comes. */
export interface RawStream {
  readonly stream: OpenStream['stream']
  readonly link: Link
  readonly came: [type: number, bytes: Uint8Array][]
  readonly over: Promise<void>
}

/** Opens one from a node to a peer. */
export async function rawStream(from: PeerNode, to: Pick<ChannelPeer, 'node'>): Promise<RawStream> {
  const { stream } = await from.dial(to.node.addresses(), undefined, 'channel')
  const over = Promise.withResolvers<void>()
  const came: RawStream['came'] = []
  const link = openLink(stream, {
    limits: () => 64 << 20,
    onMessage: (type, bytes) => void came.push([type, bytes]),
    onClose: () => over.resolve()
  })
  return { stream, link, came, over: over.promise }
}
