import { createHash } from 'node:crypto'
import { identify } from '@libp2p/identify'
import type { MultiaddrConnection, PeerId, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'
import type { Received } from './node-received.ts'

/** What differs from node to node. */
export interface NodeConfig {
  readonly identity: PrivateKey
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly psk: Uint8Array | undefined
  /** The swarm whose peers are looked for on the local network; undefined for not looking. */
  readonly mdnsSwarm: string | undefined
  readonly onDiscovery: (peer: PeerId, addresses: readonly Multiaddr[]) => void
  readonly isBanned: (peer: PeerId) => boolean
  /** Counts what comes. */
  readonly received: Received
}

/** Milliseconds from one look around to the next. */
export const DISCOVERY_INTERVAL = 10_000

// A ping waits behind the bulk that is on its way, which on a slow link takes minutes, so it says nothing about the other
// side: that a peer is gone is noticed on its link (tree.ts), and a connection without a link is closed.
const PING_INTERVAL = 10_000
const PING_TIME = 20_000
// While a peer stands still its pings pile up. libp2p's limits of 1 out and 2 in would end the connection when it wakes.
const MAX_PINGS = 8

/** The options of a libp2p node for links between peers of which many may be on one host. */
export function nodeConfig(config: NodeConfig): Libp2pOptions {
  const { identity, listen, announce, psk, mdnsSwarm, onDiscovery, isBanned, received } = config
  // The one place where a connection is shown after its encryption and before its use.
  const refused = (peer: PeerId, connection: MultiaddrConnection) => {
    received.count(connection)
    return isBanned(peer)
  }
  return {
    privateKey: identity,
    addresses: { listen: [...listen], announce: [...announce] },
    transports: [tcp()],
    connectionEncrypters: [tls(), noise()], // TLS is the faster one; browsers have noise only
    // The default window, 16 MiB, keeps pings waiting behind bulk.
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1 << 20 } })],
    connectionManager: {
      maxConnections: 128,
      // libp2p refuses more than 5 connections a second from one host, and 10 at once.
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 64,
      inboundStreamProtocolNegotiationTimeout: PING_TIME
    },
    connectionMonitor: {
      pingInterval: PING_INTERVAL,
      pingTimeout: { minTimeout: PING_TIME },
      abortConnectionOnPingFailure: false
    },
    connectionGater: {
      denyDialPeer: isBanned,
      denyInboundEncryptedConnection: refused,
      denyOutboundEncryptedConnection: refused
    },
    ...(psk === undefined ? {} : { connectionProtector: preSharedKey({ psk }) }),
    peerDiscovery: mdnsSwarm === undefined ? [] : [localDiscovery(mdnsSwarm, onDiscovery)],
    services: {
      identify: identify(),
      ping: ping({ maxInboundStreams: MAX_PINGS, maxOutboundStreams: MAX_PINGS, timeout: PING_TIME })
    }
  }
}

/** mDNS. libp2p's own `peer:discovery` is silent about a peer that it knew before under other addresses. */
function localDiscovery(swarm: string, onDiscovery: NodeConfig['onDiscovery']): ReturnType<typeof mdns> {
  const create = mdns({ serviceTag: serviceTag(swarm), interval: DISCOVERY_INTERVAL })
  return components => {
    const discovery = create(components)
    discovery.addEventListener('peer', ({ detail }) => onDiscovery(detail.id, detail.multiaddrs))
    return discovery
  }
}

/** A service name has at most 15 letters, digits and hyphens. Swarms that share one by chance part at the hello. */
function serviceTag(swarm: string): string {
  const hash = createHash('sha256').update(swarm).digest('hex').slice(0, 8)
  return `_tensair${hash}._udp.local`
}
