import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { dialable, parseAddress, peerOf } from './node-addresses.ts'
import { banList } from './node-bans.ts'
import { DISCOVERY_INTERVAL, nodeConfig } from './node-config.ts'
import { Received } from './node-received.ts'

export interface NodeOptions {
  readonly swarm: string
  readonly identity: PrivateKey
  /** Where to listen, as multiaddrs: /ip4/0.0.0.0/tcp/0 is every interface, any port. */
  readonly listen: readonly string[]
  /** What others are told to dial. Default: where it listens. */
  readonly announce?: readonly string[]
  /** Peers to begin with, each address with its /p2p/ id. */
  readonly bootstrap?: readonly string[]
  /** What `parseSwarmKey` gives: only peers with the same key can connect. */
  readonly psk?: Uint8Array
  /** Whether to look for peers on the local network. Default true. */
  readonly mdns?: boolean
  /** Milliseconds after which a connection without a stream of ours is closed. Default 10 s. */
  readonly unusedTime?: number
}

/** What a stream is for: a link of the tree, or the channels that two peers share. */
export type Protocol = 'link' | 'channel'

/** A stream of one of the protocols and whom it leads to. */
export interface OpenStream {
  readonly peer: string
  readonly stream: Stream
  /** Bytes that have come on its connection, before decryption, and of all its streams. */
  readonly received: () => number
}

/** A libp2p node: it finds peers and opens streams to them. */
export interface PeerNode {
  /** Its id. */
  readonly peer: string
  /** Where it can be dialled now, each with its /p2p/ id. */
  addresses(): string[]
  /**
   * Opens a stream to a peer: by addresses, all of one peer and with its id, or by the id of one that was met. A connection
   * that is there is used. Addresses that are not TCP are passed over. Rejects with an Error of one line, after 10 s at most.
   * `protocol`: default link.
   */
  dial(to: string | readonly string[], signal?: AbortSignal, protocol?: Protocol): Promise<OpenStream>
  /** Sets who is given the streams of a protocol (default link) that others open. Until then they are refused. */
  onStream(handler: (opened: OpenStream) => void, protocol?: Protocol): void
  /**
   * Sets who is told of the peers that mDNS and the bootstrap list know: at once and every 10 s, whether there is a connection
   * or not. The addresses end in the peer's id. Nothing is dialled here.
   */
  onDiscovery(handler: (peer: string, addresses: string[]) => void): void
  /** Ends all connections with the peer and refuses it, in both directions, for so many milliseconds; 0 lifts the ban. */
  ban(peer: string, milliseconds: number): void
  /** Closes everything, the streams that are still open too. */
  close(): Promise<void>
}

const PROTOCOLS: Readonly<Record<Protocol, string>> = {
  link: '/tensair/link/1.0.0',
  channel: '/tensair/channel/1.0.0'
}
const MAX_STREAMS = 4 // of one protocol, from one peer at a time
const DIAL_TIME = 10_000

/**
 * Starts a node.
 *
 * @throws RangeError that says which address is not what it should be; Error where it cannot listen.
 */
export async function openNode(options: NodeOptions): Promise<PeerNode> {
  const { swarm, identity, psk, mdns = true, unusedTime = 10_000 } = options
  const listen = options.listen.map(text => parseAddress('listen', text).toString())
  const announce = (options.announce ?? []).map(text => parseAddress('announce', text).toString())
  const bootstrap = byPeer(options.bootstrap ?? [])
  const bans = banList()
  const streamHandlers = new Map<Protocol, (opened: OpenStream) => void>()
  const received = new Received()
  let discoveryHandler: ((peer: string, addresses: string[]) => void) | undefined
  const early = new Map<string, string[]>() // found before there was anybody to tell
  let bootstrapTimer: ReturnType<typeof setInterval> | undefined

  const own = peerIdFromPrivateKey(identity).toString()
  const discovered = (peer: string, texts: readonly string[]) => {
    const addresses = dialable(texts, peer).map(String)
    if (peer === own || addresses.length === 0) return
    if (discoveryHandler === undefined) early.set(peer, addresses)
    else discoveryHandler(peer, addresses)
  }
  const config = nodeConfig({
    identity,
    listen,
    announce,
    psk,
    mdnsSwarm: mdns ? swarm : undefined,
    onDiscovery: (peer, addresses) => discovered(peer.toString(), addresses.map(String)),
    isBanned: peer => bans.isBanned(peer.toString()),
    received
  })
  const node = await createLibp2p(config).catch(error => {
    throw listenError(listen, error)
  })

  function closeIfUnusedLater(connection: Connection): void {
    const timeout = setTimeout(() => {
      if (connection.status !== 'open' || connection.streams.some(isOurs)) return
      connection.close().catch(error => connection.abort(error))
    }, unusedTime)
    timeout.unref()
  }

  function opened(stream: Stream, connection: Connection): OpenStream {
    stream.addEventListener('close', () => closeIfUnusedLater(connection))
    const { remotePeer, timeline } = connection
    return { peer: remotePeer.toString(), stream, received: () => received.on(timeline) }
  }

  node.addEventListener('connection:open', ({ detail }) => closeIfUnusedLater(detail))
  for (const protocol of ['link', 'channel'] as const) {
    await node.handle(
      PROTOCOLS[protocol],
      (stream, connection) => {
        const handler = streamHandlers.get(protocol)
        if (handler === undefined) stream.abort(new Error('node: not ready for streams yet'))
        else handler(opened(stream, connection))
      },
      { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS }
    )
  }

  return {
    peer: own,

    addresses: () => node.getMultiaddrs().map(String),

    async dial(to, signal, protocol = 'link') {
      const signals = [AbortSignal.timeout(DIAL_TIME), ...(signal === undefined ? [] : [signal])]
      const within = { signal: AbortSignal.any(signals) }
      try {
        const connection = await node.dial(
          typeof to === 'string' ? peerIdFromString(to) : tcpOnly(to),
          within
        )
        return opened(await connection.newStream(PROTOCOLS[protocol], within), connection)
      } catch (error) {
        throw new Error(`node: ${to} cannot be dialled: ${reasonOf(error)}`, { cause: error })
      }
    },

    onStream(handler, protocol = 'link') {
      streamHandlers.set(protocol, handler)
    },

    onDiscovery(handler) {
      discoveryHandler = handler
      const tell = () => {
        for (const [peer, addresses] of bootstrap) discovered(peer, addresses)
      }
      clearInterval(bootstrapTimer)
      bootstrapTimer = setInterval(tell, DISCOVERY_INTERVAL)
      queueMicrotask(() => {
        for (const [peer, addresses] of early) handler(peer, addresses)
        early.clear()
        tell()
      })
    },

    ban(peer, milliseconds) {
      bans.ban(peer, milliseconds)
      if (!bans.isBanned(peer)) return
      for (const connection of node.getConnections()) {
        if (connection.remotePeer.toString() === peer) connection.abort(new Error(`node: ${peer} is banned`))
      }
    },

    async close() {
      clearInterval(bootstrapTimer)
      await node.stop()
    }
  }
}

/** The bootstrap addresses of each peer. */
function byPeer(texts: readonly string[]): Map<string, string[]> {
  const peers = new Map<string, string[]>()
  for (const text of texts) {
    const peer = peerOf(parseAddress('bootstrap', text)) ?? ''
    peers.set(peer, [...(peers.get(peer) ?? []), text])
  }
  return peers
}

function tcpOnly(texts: readonly string[]): Multiaddr[] {
  const addresses = dialable(texts)
  if (addresses.length === 0) throw new Error('no address with TCP and a port is among them')
  return addresses
}

const ours = new Set(Object.values(PROTOCOLS))
const isOurs = (stream: Stream) => ours.has(stream.protocol)

/** What a dial ends with where one side has no swarm key or another one. */
const KEYS_DIFFER = /timeout|missing newline|message length|unexpected EOF|ECONNRESET/i

/** libp2p's message has a stack in it. */
function listenError(listen: readonly string[], cause: unknown): Error {
  const reasons = String(cause).match(/listen E[A-Z]+: .*/g) ?? [reasonOf(cause)]
  return new Error(`listen: ${listen.join(', ')} cannot be had: ${[...new Set(reasons)].join('; ')}`, {
    cause
  })
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(reasonOf))].join('; ')
  const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
  return reason + (KEYS_DIFFER.test(reason) ? '; it may have another swarm key, or none' : '')
}
