import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** What an address is for, which decides what it must have. */
export type AddressUse = 'listen' | 'announce' | 'bootstrap'

const WANTED: Readonly<Record<AddressUse, string>> = {
  listen: 'an IP address of this machine and a port, 0 for any, as /ip4/0.0.0.0/tcp/4001',
  announce: 'what others dial to reach this peer, as /ip4/192.0.2.7/tcp/4001 or /dns4/host.example/tcp/4001',
  bootstrap: 'an address of a peer with its id, as that peer prints it: /ip4/192.0.2.7/tcp/4001/p2p/12D3Koo…'
}

/**
 * The address, parsed and fit for its use.
 *
 * @throws RangeError that says which address, what is wanted and what is wrong with it.
 */
export function parseAddress(use: AddressUse, text: string): Multiaddr {
  const refuse = (fault: string) =>
    new RangeError(`${use}: ${WANTED[use]} wanted; got ${JSON.stringify(text)}, ${fault}`)
  const address = parse(text)
  if (address === undefined) throw refuse('which is no multiaddr')
  if (!isTcp(address)) throw refuse('which is not TCP over IP')
  const { host, port, peer } = partsOf(address)
  if (use === 'listen' && !host.startsWith('ip')) throw refuse('a name, not an IP address')
  if (use !== 'listen' && port === '0') throw refuse('which has no port')
  if (use === 'bootstrap' && peer === undefined) throw refuse('which ends without /p2p/ and the peer’s id')
  return address
}

/** Those of the addresses that can be dialled: TCP with a port, and either no peer's id or this one; with the id at their end. */
export function dialable(addresses: readonly string[], peer?: string): Multiaddr[] {
  return addresses.flatMap(text => {
    const address = parse(text)
    if (address === undefined || !isTcp(address)) return []
    const parts = partsOf(address)
    if (parts.port === '0' || (peer !== undefined && parts.peer !== undefined && parts.peer !== peer))
      return []
    return [peer === undefined || parts.peer === peer ? address : address.encapsulate(`/p2p/${peer}`)]
  })
}

/** The peer's id at the end of an address. */
export function peerOf(address: Multiaddr): string | undefined {
  return partsOf(address).peer
}

function parse(text: string): Multiaddr | undefined {
  try {
    const address = multiaddr(text)
    const peer = peerOf(address)
    if (peer !== undefined) peerIdFromString(peer) // multiaddr takes anything for an id
    return address
  } catch {
    return undefined
  }
}

function isTcp(address: Multiaddr): boolean {
  const names = address.getComponents().map(component => component.name)
  return /^(ip4|ip6|dns|dns4|dns6) tcp( p2p)?$/.test(names.join(' '))
}

function partsOf(address: Multiaddr): { host: string; port: string | undefined; peer: string | undefined } {
  const components = address.getComponents()
  const valueFor = (name: string) => components.find(component => component.name === name)?.value
  return { host: components[0]?.name ?? '', port: valueFor('tcp'), peer: valueFor('p2p') }
}
