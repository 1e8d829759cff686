import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { CLOSE, encodeHello, encodeNumber, HELLO } from '../../src/net/channel-messages.ts'
import {
  type ChannelPeer,
  channelPeer,
  channelPeers,
  complete,
  helloOf,
  introduce,
  open,
  openAll,
  rawStream,
  recordOf
} from './channel-peers.ts'
import { testNode, until } from './nodes.ts'

test('messages come whole, in order and once, both ways at once', async t => {
  const peers = await channelPeers(t, 2)
  const [a, b] = openAll(peers, 'words')
  await until(() => complete([a, b]))
  const message = fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.nat(200_000).map(filled))
  await fc.assert(
    fc.asyncProperty(fc.array(message), fc.array(message), async (there, back) => {
      const before = [b.messages.length, a.messages.length]
      for (const bytes of there) a.send(b.peer, bytes)
      for (const bytes of back) b.send(a.peer, bytes)
      await until(
        () => b.messages.length === before[0] + there.length && a.messages.length === before[1] + back.length
      )
      for (const [to, from, sent] of [
        [b, a, there],
        [a, b, back]
      ] as const) {
        const came = to.messages.splice(0)
        ok(came.every(({ peer, bytes }) => peer === from.peer && bytes.byteOffset === 0))
        ok(came.every(({ bytes }, i) => Buffer.compare(bytes, sent[i]) === 0))
      }
    }),
    { numRuns: 25 }
  )
  deepStrictEqual([a.changes, b.changes], [[['joined', b.peer]], [['joined', a.peer]]])
})

test('three peers are a full mesh of one stream for each pair, and a channel has those that opened it', async t => {
  const peers = await channelPeers(t, 3)
  const all = openAll(peers, 'all')
  const two = openAll(peers.slice(0, 2), 'two')
  await until(() => complete(all) && complete(two))
  deepStrictEqual(all[0].members, peers.map(({ node }) => node.peer).sort())
  for (const peer of peers) strictEqual(peer.streams.length, 2)
  for (const from of all) for (const to of all) if (from !== to) from.send(to.peer, Uint8Array.of(1))
  await until(() => all.every(({ messages }) => messages.length === 2))
  for (const { offences, mismatches, streams } of peers) {
    deepStrictEqual([offences, mismatches, streams.length], [[], [], 2])
  }
  strictEqual(two[0].messages.length, 0)
})

test('of two that dial each other at once both keep the same stream', async t => {
  const [lesser, greater] = byId(await channelPeers(t, 2))
  // It takes itself for one that cannot be dialled, so it dials; the other one thinks otherwise.
  greater.members = [{ ...recordOf(greater.node), addresses: [] }, recordOf(lesser.node)]
  for (let round = 1; round <= 5; round++) {
    const channels = openAll([lesser, greater], `round ${round}`)
    await until(() => complete(channels) && lesser.streams.length === 1 && greater.streams.length === 1)
    channels[0].send(greater.node.peer, Uint8Array.of(1))
    channels[1].send(lesser.node.peer, Uint8Array.of(2))
    await until(() => channels.every(({ messages }) => messages.length > 0))
    await Promise.all(channels.map(channel => channel.close()))
    await until(() => lesser.streams.length === 0 && greater.streams.length === 0)
  }
  ok(lesser.opened > 5, 'they never crossed')
  deepStrictEqual([...lesser.offences, ...greater.offences], [])
})

test('a peer that cannot be dialled dials the others', async t => {
  const [, greater] = byId(await channelPeers(t, 2))
  const hidden = await channelPeer(t, { listen: [] })
  introduce([hidden, greater])
  const channels = openAll([hidden, greater], 'words')
  await until(() => complete(channels))
})

test('members join, leave and are lost to the others, each told once', async t => {
  const peers = await channelPeers(t, 3)
  const [a, b, c] = openAll(peers, 'words')
  await until(() => complete([a, b, c]))
  await b.close()
  b.send(a.peer, Uint8Array.of(1))
  await until(() => a.members.length === 2 && c.members.length === 2)
  await peers[2].node.close()
  await until(() => a.members.length === 1)
  const again = open(peers[1], 'words')
  await until(() => a.members.length === 2)
  const byPeer = (peer: string) => a.changes.filter(([, other]) => other === peer).map(([type]) => type)
  deepStrictEqual(byPeer(b.peer), ['joined', 'left', 'joined'])
  deepStrictEqual(byPeer(c.peer), ['joined', 'lost'])
  ok(b.changes.every(([type]) => type === 'joined'))
  deepStrictEqual(again.members, [a.peer, b.peer].sort())
  strictEqual(a.messages.length, 0)
})

test('what was on its way to a closed channel does not reach the next of its name', async t => {
  const [a, b] = await channelPeers(t, 2)
  const from = open(a, 'words')
  let to = open(b, 'words')
  await until(() => complete([from, to]))
  for (let round = 0; round < 20; round++) {
    from.send(to.peer, Uint8Array.of(round))
    void to.close()
    from.send(to.peer, Uint8Array.of(round))
    to = open(b, 'words')
    const joined = 2 * round + 3
    await until(() => from.changes.length >= joined && to.members.length === 2)
    from.send(to.peer, Uint8Array.of(100 + round))
    await until(() => to.messages.length > 0)
    deepStrictEqual(
      to.messages.map(({ bytes }) => [...bytes]),
      [[100 + round]]
    )
  }
})

test('a connection that breaks is made again, and what was on its way is gone', async t => {
  const peers = await channelPeers(t, 2)
  const [a, b] = openAll(peers, 'words')
  await until(() => complete([a, b]))
  for (let round = 1; round <= 3; round++) {
    peers[1].streams[0]?.abort(new Error('broken'))
    await until(() => a.changes.length === 2 * round + 1 && b.changes.length === 2 * round + 1)
    a.send(b.peer, Uint8Array.of(round))
    await until(() => b.messages.length === round)
  }
  deepStrictEqual(
    a.changes.map(([type]) => type),
    ['joined', 'lost', 'joined', 'lost', 'joined', 'lost', 'joined']
  )
})

test('a peer that is gone without a word and comes again elsewhere joins again', async t => {
  const identity = await generateKeyPair('Ed25519')
  const stays = await channelPeer(t)
  const before = await channelPeer(t, { identity })
  introduce([stays, before])
  const [a, b] = openAll([stays, before], 'words')
  await until(() => complete([a, b]))
  before.node.ban(stays.node.peer, 60_000) // ends the connection at once, as the death of a process does
  await until(() => a.members.length === 1)
  await before.node.close()
  const after = await channelPeer(t, { identity, hello: { age: { start: 2, peer: before.node.peer } } })
  const again = open(after, 'words')
  const members = [recordOf(stays.node), recordOf(after.node, 2)]
  for (const peer of [stays, after]) peer.members = members
  await until(() => a.members.length === 2 && again.members.length === 2)
  deepStrictEqual(
    a.changes.map(([type]) => type),
    ['joined', 'lost', 'joined']
  )
  a.send(again.peer, Uint8Array.of(7))
  await until(() => again.messages.length === 1)
})

test('a peer that says nothing is lost after a minute; after 8 s where the tree does not know it to live', async t => {
  for (const [known, least, most] of [
    [true, 60_000, 70_000],
    [false, 8_000, 18_000]
  ] as const) {
    const peers = await channelPeers(t, 2)
    const [a, b] = openAll(peers, 'words')
    await until(() => complete([a, b]))
    const before = peers[0].now
    peers[1].silent = true
    if (!known) peers[0].members = [recordOf(peers[0].node)]
    await until(() => a.members.length === 1)
    // The last sign of life may have been 5 s before.
    const took = peers[0].now - before
    ok(took > least - 5_000 && took < most, `${took} ms`)
    deepStrictEqual([a.changes.at(-1), peers[0].offences], [['lost', b.peer], []])
  }
})

test('a peer that has nothing to say is not lost, whether the tree knows it or not', async t => {
  const peers = await channelPeers(t, 2)
  const channels = openAll(peers, 'words')
  await until(() => complete(channels))
  for (const known of [true, false]) {
    if (!known) for (const peer of peers) peer.members = [recordOf(peer.node)]
    const until70 = peers[0].now + 70_000
    await until(() => peers[0].now > until70)
  }
  ok(channels.every(({ changes }) => changes.length === 1))
})

test('streams are there only while a channel is open', async t => {
  const peers = await channelPeers(t, 2)
  for (let round = 0; round < 3; round++) {
    const channels = openAll(peers, 'words')
    await until(() => complete(channels))
    await Promise.all(channels.map(channel => channel.close()))
    await until(() => peers.every(({ streams }) => streams.length === 0))
  }
})

test('a flood in one channel does not keep another one waiting', async t => {
  const peers = await channelPeers(t, 2)
  const [flood, few] = [openAll(peers, 'flood'), openAll(peers, 'few')]
  await until(() => complete(flood) && complete(few))
  const [a, b] = [flood[0], few[0]]
  const to = peers[1].node.peer
  const message = filled(1 << 16)
  for (let i = 0; i < 512; i++) a.send(to, message)
  for (let i = 0; i < 8; i++) b.send(to, message)
  await until(() => few[1].messages.length === 8)
  const came = flood[1].messages.length
  // Eight turns of each, and what the link and the stream had taken before.
  ok(came < 64, `${came} of the flood came before`)
  await until(() => flood[1].messages.length === 512)
})

test('what goes and comes is counted, by stream and over all that have been', async t => {
  const peers = await channelPeers(t, 2)
  const [sender, receiver] = peers.map(({ channels }) => channels)
  const nothing: unknown = sender.status
  deepStrictEqual(nothing, { channels: [], channelBytesIn: 0, channelBytesOut: 0 })
  const channels = [...openAll(peers, 'words'), ...openAll(peers, 'lines')]
  open(peers[0], 'mine')
  await until(() => complete(channels.slice(0, 2)) && complete(channels.slice(2)))
  const bytes = 32 << 16
  for (let i = 0; i < 32; i++) channels[0].send(channels[1].peer, filled(1 << 16))
  const [begun] = sender.status.channels
  deepStrictEqual([begun.peer, begun.names], [channels[1].peer, ['lines', 'words']])
  ok(begun.waitingBytes > 1 << 20, `${begun.waitingBytes} bytes wait`)
  await until(() => channels[1].messages.length === 32)
  // What comes is all of what went, and hardly more than the messages.
  await until(() => receiver.status.channelBytesIn === sender.status.channelBytesOut)
  await until(() => sender.status.channels[0]?.bytesOutPerSecond > 0)
  const [sent] = sender.status.channels
  ok(sent.bytesOut > bytes && sent.bytesOut < 1.01 * bytes + 4096, `${sent.bytesOut}`)
  deepStrictEqual([sent.waitingBytes, receiver.status.channels[0].bytesIn], [0, sent.bytesOut])

  await sender.leave()
  await until(() => peers.every(({ streams }) => streams.length === 0))
  for (const { status } of [sender, receiver]) strictEqual(status.channels.length, 0)
  ok(sender.status.channelBytesOut >= sent.bytesOut && receiver.status.channelBytesIn >= sent.bytesOut)
})

test('what waits for a member that leaves is not sent', async t => {
  const [peer] = await channelPeers(t, 1)
  const raw = await rawStream(await testNode(t), peer)
  const words = { number: 1, name: 'words' }
  raw.link.send(HELLO, encodeHello({ ...helloOf(''), start: 1, channels: [words] }), 'bulk')
  const channel = open(peer, 'words')
  await until(() => channel.members.length === 2)
  const [to] = channel.members.filter(other => other !== channel.peer)
  for (let i = 0; i < 512; i++) channel.send(to, filled(1 << 16))
  await until(() => raw.link.bytesIn > 0)
  raw.link.send(CLOSE, [encodeNumber(1)], 'bulk')
  await until(() => channel.members.length === 1)
  await channel.close()
  await until(() => raw.came.some(([type]) => type === CLOSE))
  ok(raw.link.bytesIn < 16 << 20, `${raw.link.bytesIn} bytes came`)
})

test('leaving closes the channels politely: what was sent before comes', async t => {
  const peers = await channelPeers(t, 2)
  const channels = [openAll(peers, 'one'), openAll(peers, 'two')]
  await until(() => channels.every(complete))
  for (const [a, b] of channels) for (let i = 0; i < 100; i++) a.send(b.peer, filled(1 << 16))
  await peers[0].channels.leave()
  await peers[0].node.close()
  for (const [, b] of channels) {
    strictEqual(b.messages.length, 100)
    deepStrictEqual(
      b.changes.map(([type]) => type),
      ['joined', 'left']
    )
  }
  throws(() => peers[0].channels.channel('three', () => {}), /channel three: this peer has left the swarm/)
  // Nobody is let in any more, and nobody breaks the rules by trying.
  await until(() => peers[1].streams.length === 0)
  deepStrictEqual(peers[1].offences, [])
})

test('what cannot be is refused', async t => {
  const [peer] = await channelPeers(t, 1)
  const { channels } = peer
  const names = ['', 'x'.repeat(65), '\ud800']
  for (const name of names)
    throws(() => channels.channel(name, () => {}), /RangeError: channel: name must have 1 to 64/)
  const first = channels.channel('x'.repeat(64), () => {})
  deepStrictEqual(first.members, [peer.node.peer])
  throws(() => channels.channel('x'.repeat(64), () => {}), /it is open already/)
  throws(() => first.send('nobody', new Uint8Array((1 << 20) + 1)), /at most 1048576 bytes; got 1048577/)
  first.send('nobody', new Uint8Array(1 << 20))
  first.send(peer.node.peer, Uint8Array.of(1))
  for (let i = 1; i < 64; i++) channels.channel(`${i}`, () => {})
  throws(() => channels.channel('64', () => {}), /at most 64 may be open/)
  await first.close()
  await first.close()
  channels.channel('64', () => {})
})

test('a handler that fails over who comes and goes ends nothing but itself, and is told', async t => {
  const peers = await channelPeers(t, 2)
  const mistake = new Error('a mistake')
  peers[0].channels.channel('words', () => {
    throw mistake
  })
  peers[0].channels.channel('more', async () => {
    throw mistake
  })
  openAll([peers[1]], 'words')
  openAll([peers[1]], 'more')
  await until(() => peers[0].failures.length === 2)
  deepStrictEqual(peers[0].failures, [mistake, mistake])
  strictEqual(peers[0].streams.length, 1)
})

/** Bytes that tell their places apart. */
function filled(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i * 7 + (i >> 8) + length)
}

/** The lesser id first. */
function byId(peers: readonly ChannelPeer[]): ChannelPeer[] {
  return peers.toSorted((a, b) => (a.node.peer < b.node.peer ? -1 : 1))
}
