import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import type { OpenStream } from '../../src/net/node.ts'
import { nodeConfig } from '../../src/net/node-config.ts'
import { Received } from '../../src/net/node-received.ts'
import { newSwarmKey, parseSwarmKey } from '../../src/net/node-swarm-key.ts'
import { openStream, testNode, until } from './nodes.ts'
import { Throttle } from './throttle.ts'

test('a dial gives both sides a stream and the other’s id', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const [near, far] = await openStream(a, b)
  deepStrictEqual([near.peer, far.peer], [b.peer, a.peer])
  ok(b.addresses().every(address => address.endsWith(`/p2p/${b.peer}`)))

  const came = new Promise(resolve => {
    far.stream.addEventListener('message', ({ data }) => resolve([...data.subarray()]))
  })
  near.stream.send(Uint8Array.of(1, 2, 3))
  deepStrictEqual(await came, [1, 2, 3])
})

test('a peer that was met can be dialled by its id', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const [near] = await openStream(a, b)
  near.stream.abort(new Error('again'))
  b.onStream(() => {})
  strictEqual((await a.dial(b.peer)).peer, b.peer)
})

test('twenty peers on one host all reach one of them at once', async t => {
  const [center, ...others] = await Promise.all(Array.from({ length: 20 }, () => testNode(t)))
  ok(center)
  const peers = new Set<string>()
  center.onStream(({ peer }) => peers.add(peer))
  await Promise.all(others.map(node => node.dial(center.addresses())))
  await until(() => peers.size === 19)
})

test('a pre-shared key lets in who has it, and nobody else', async t => {
  const key = parseSwarmKey(newSwarmKey())
  const closed = await testNode(t, { psk: key })
  const peers: string[] = []
  closed.onStream(({ peer }) => peers.push(peer))
  const member = await testNode(t, { psk: key })
  const stranger = await testNode(t, { psk: parseSwarmKey(newSwarmKey()) })
  const outsider = await testNode(t)
  strictEqual((await member.dial(closed.addresses())).peer, closed.peer)
  for (const node of [stranger, outsider]) {
    await rejects(node.dial(closed.addresses(), AbortSignal.timeout(1000)), /cannot be dialled/)
  }
  await until(() => peers.length > 0)
  deepStrictEqual(peers, [member.peer])
})

test('a banned peer is cut off and refused in both directions, until the ban is over', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const [near] = await openStream(a, b)
  const closed = new Promise(resolve => near.stream.addEventListener('close', resolve))
  b.ban(a.peer, 3_600_000)
  await closed
  await rejects(a.dial(b.addresses()), /cannot be dialled/)
  a.onStream(() => {})
  await rejects(b.dial(a.addresses()), /cannot be dialled/)
  b.ban(a.peer, 0)
  await a.dial(b.addresses())
})

test('streams are refused until there is somebody to take them', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const { stream } = await a.dial(b.addresses())
  await until(() => stream.status !== 'open')
})

test('a connection without a link is closed', async t => {
  const node = await testNode(t, { unusedTime: 50 })
  const identity = await generateKeyPair('Ed25519')
  const none = { listen: [], announce: [], psk: undefined, mdnsSwarm: undefined, onDiscovery() {} }
  const lurker = await createLibp2p(
    nodeConfig({ ...none, identity, isBanned: () => false, received: new Received() })
  )
  t.after(() => lurker.stop())
  const connection = await lurker.dial(node.addresses().map(address => multiaddr(address)))
  await until(() => connection.status !== 'open')
})

test('streams of both protocols share a connection, which stays while there is either', async t => {
  const throttle = new Throttle(0)
  const b = await testNode(t, { unusedTime: 50 })
  await throttle.open(t, Number(/tcp\/(\d+)/.exec(b.addresses()[0])?.[1]))
  const a = await testNode(t, { unusedTime: 50 })
  const address = `/ip4/127.0.0.1/tcp/${throttle.port}/p2p/${b.peer}`
  const channels: OpenStream[] = []
  b.onStream(() => {})
  b.onStream(opened => channels.push(opened), 'channel')
  const link = await a.dial([address])
  const channel = await a.dial([address], undefined, 'channel')
  await a.dial(b.peer, undefined, 'channel')
  await until(() => channels.length === 2)
  strictEqual(throttle.connections, 1)

  // A connection that is opened later and not used at all is closed; by then this one has been looked at.
  link.stream.abort(new Error('enough'))
  const unused = await (await testNode(t)).dial([address])
  unused.stream.abort(new Error('enough'))
  await until(() => throttle.connections === 1)
  strictEqual(channel.stream.status, 'open')
  for (const { stream } of channels) stream.abort(new Error('enough'))
  await until(() => throttle.connections === 0)
})

test('raw bytes on the port harm nobody', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const [near, far] = await openStream(a, b)
  const port = Number(/tcp\/(\d+)/.exec(b.addresses()[0] ?? '')?.[1])
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(crypto.getRandomValues(new Uint8Array(1000)))
    await new Promise(resolve => socket.resume().once('close', resolve))
  }
  const came = new Promise(resolve => far.stream.addEventListener('message', resolve))
  near.stream.send(Uint8Array.of(1))
  await came
})

test('a dial that cannot succeed says why in one line', async t => {
  const [a, b] = [await testNode(t), await testNode(t)]
  const [address = ''] = b.addresses()
  await b.close()
  const faults: [to: string | string[], reason: RegExp][] = [
    [[address], /ECONNREFUSED/],
    [[], /no address with TCP/],
    [['/ip4/127.0.0.1/udp/1/quic-v1'], /no address with TCP/],
    [['nonsense'], /no address with TCP/],
    ['nonsense', /cannot be dialled: ./],
    [a.addresses(), /self/i]
  ]
  for (const [to, reason] of faults) {
    await rejects(a.dial(to), ({ message }: Error) => {
      match(message, reason)
      return message.startsWith('node: ') && !message.includes('\n')
    })
  }
})

test('addresses that are not what they should be are named, with what is wanted', async t => {
  const id = (await testNode(t)).peer
  const faults: [option: 'listen' | 'announce' | 'bootstrap', address: string, fault: RegExp][] = [
    [
      'listen',
      '0.0.0.0:4001',
      /^listen: an IP address .* wanted; got "0\.0\.0\.0:4001", which is no multiaddr/
    ],
    ['listen', '/ip4/999.0.0.1/tcp/1', /no multiaddr/],
    ['listen', '/ip4/0.0.0.0/udp/1', /not TCP over IP/],
    ['listen', '/dns4/host.example/tcp/1', /a name, not an IP address/],
    ['announce', '/ip4/192.0.2.7/tcp/0', /^announce: .*no port/],
    ['announce', '', /not TCP over IP/],
    ['bootstrap', '/ip4/192.0.2.7/tcp/4001', /^bootstrap: .*ends without \/p2p\//],
    ['bootstrap', '/ip4/192.0.2.7/tcp/4001/p2p/zzz', /no multiaddr/],
    ['bootstrap', `/ip4/192.0.2.7/tcp/4001/ws/p2p/${id}`, /not TCP over IP/]
  ]
  for (const [option, address, fault] of faults) {
    await rejects(testNode(t, { [option]: [address] }), (error: Error) => {
      match(error.message, fault)
      return error instanceof RangeError
    })
  }
})

test('a port that is taken is named', async t => {
  const taken = (await testNode(t)).addresses()[0]?.replace(/\/p2p.*/, '') ?? ''
  await rejects(testNode(t, { listen: [taken] }), ({ message }: Error) => {
    match(message, /^listen: \/ip4\/127\.0\.0\.1\/tcp\/\d+ cannot be had: listen EADDRINUSE: [^\n]*$/)
    return true
  })
})

test('announced addresses are told instead of those it listens on', async t => {
  const node = await testNode(t, { announce: ['/dns4/host.example/tcp/4001'] })
  deepStrictEqual(node.addresses(), [`/dns4/host.example/tcp/4001/p2p/${node.peer}`])
})

test('bootstrap peers are told of, and not dialled', async t => {
  const b = await testNode(t)
  const streams: OpenStream[] = []
  b.onStream(opened => streams.push(opened))
  const a = await testNode(t, { bootstrap: b.addresses() })
  const told = await new Promise(resolve => a.onDiscovery((peer, addresses) => resolve([peer, addresses])))
  deepStrictEqual(told, [b.peer, b.addresses()])
  strictEqual(streams.length, 0)
})

test('two peers of a swarm on one network find each other, and not those of another swarm', async t => {
  if (!(await canMulticast())) return t.skip('this machine has no multicast')
  const swarm = `test ${crypto.randomUUID()}`
  const options = { swarm, mdns: true, listen: ['/ip4/0.0.0.0/tcp/0'] }
  const other = await testNode(t, { ...options, swarm: 'another' })
  const heard: string[] = []
  other.onDiscovery(peer => heard.push(peer))
  const nodes = await Promise.all([testNode(t, options), testNode(t, options)])
  const found = nodes.map(node => {
    return new Promise<[string, string[]]>(resolve => {
      node.onDiscovery((peer, addresses) => resolve([peer, addresses]))
    })
  })
  const [[foundByA, addresses], [foundByB]] = (await Promise.all(found)) as [
    [string, string[]],
    [string, string[]]
  ]
  deepStrictEqual([foundByB, foundByA], [nodes[0]?.peer, nodes[1]?.peer])
  nodes[1]?.onStream(() => {})
  strictEqual((await nodes[0]?.dial(addresses))?.peer, foundByA)
  ok(!heard.includes(foundByA) && !heard.includes(foundByB))
})

test('a peer that comes back under its identity on another port is found there', async t => {
  if (!(await canMulticast())) return t.skip('this machine has no multicast')
  const options = { swarm: `test ${crypto.randomUUID()}`, mdns: true }
  const identity = await generateKeyPair('Ed25519')
  const stays = await testNode(t, options)
  const heard: string[] = []
  stays.onDiscovery((_peer, addresses) => heard.push(...addresses))
  const before = await testNode(t, { ...options, identity })
  const [old = ''] = before.addresses()
  await until(() => heard.includes(old))
  await before.close()
  const after = await testNode(t, { ...options, identity })
  const [now = ''] = after.addresses()
  await until(() => heard.includes(now))
})

/** Whether what is sent to a group comes back to this machine. */
function canMulticast(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const end = (result: boolean) => {
      clearTimeout(timeout)
      socket.removeAllListeners().on('error', () => {})
      socket.close()
      resolve(result)
    }
    const timeout = setTimeout(end, 2000, false)
    socket.on('error', () => end(false))
    socket.on('message', () => end(true))
    socket.bind(0, () => {
      try {
        socket.addMembership('224.0.0.251')
        socket.send('?', socket.address().port, '224.0.0.251', error => error && end(false))
      } catch {
        end(false)
      }
    })
  })
}
