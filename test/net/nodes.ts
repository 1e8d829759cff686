import type { TestContext } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { type NodeOptions, type OpenStream, openNode, type PeerNode } from '../../src/net/node.ts'

/** A node on a free port of this host, with a new identity and without mDNS, closed when the test is over. */
export async function testNode(t: TestContext, options: Partial<NodeOptions> = {}): Promise<PeerNode> {
  const identity = await generateKeyPair('Ed25519')
  const node = await openNode({
    swarm: 'test',
    identity,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    ...options
  })
  t.after(() => node.close())
  return node
}

/** The two ends of a stream that `from` opens to `to`; it replaces `to`'s handler. */
export async function openStream(from: PeerNode, to: PeerNode): Promise<[near: OpenStream, far: OpenStream]> {
  const far = new Promise<OpenStream>(resolve => to.onStream(resolve))
  return [await from.dial(to.addresses()), await far]
}

/** Resolves when the condition holds; a test that waits for ever is ended by its timeout. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
