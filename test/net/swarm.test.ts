import { deepStrictEqual, match, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { encodeNumber, MESSAGE } from '../../src/net/channel-messages.ts'
import type { Channel, ChannelEvent } from '../../src/types.ts'
import { rawStream } from './channel-peers.ts'
import { agreedHash, type LivePeer, livePeer } from './hostile-peer.ts'
import { testNode, until } from './nodes.ts'
import { SmallReplica } from './small-replica.ts'

/** A channel of a peer, and what was heard there. */
function open({ swarm }: LivePeer, name: string): { channel: Channel; heard: ChannelEvent[] } {
  const heard: ChannelEvent[] = []
  return { channel: swarm.channel(name, event => void heard.push(event)), heard }
}

const typesOf = (heard: readonly ChannelEvent[]) => heard.map(({ type }) => type)

test('peers of a swarm share channels and train together, and who leaves does so politely', async t => {
  const first = await livePeer(t, new SmallReplica())
  const peers = [first]
  for (let i = 0; i < 2; i++) peers.push(await livePeer(t, new SmallReplica(), { to: first }))
  const opened = peers.map(peer => open(peer, 'words'))
  await until(() => opened.every(({ channel }) => channel.members.length === 3))
  for (const { channel } of opened) {
    for (const to of channel.members) channel.send(to, new TextEncoder().encode(`${channel.peer} to ${to}`))
  }
  for (const [i, { replica, swarm }] of peers.entries()) {
    replica.train(['the', `word ${i}`])
    await swarm.exchange()
  }
  await agreedHash(peers)
  await until(() => opened.every(({ heard }) => heard.length === 4))
  for (const { channel, heard } of opened) {
    const messages = heard.filter(event => event.type === 'message')
    const texts = messages.map(({ peer, bytes }) => [peer, new TextDecoder().decode(bytes)])
    const others = channel.members.filter(peer => peer !== channel.peer)
    deepStrictEqual(
      texts.sort(),
      others.map(peer => [peer, `${peer} to ${channel.peer}`])
    )
  }
  throws(() => first.swarm.channel('words', () => {}), /channel words: it is open already/)

  const [, , last] = peers
  opened[2].channel.send(first.node.peer, Uint8Array.of(1))
  await last.swarm.leave()
  await last.node.close()
  await until(() => opened.slice(0, 2).every(({ channel }) => channel.members.length === 2))
  deepStrictEqual(typesOf(opened[0].heard.slice(-2)), ['message', 'left'])
  strictEqual(opened[1].heard.at(-1)?.type, 'left')
  throws(() => last.swarm.channel('more', () => {}), /channel more: this peer has left the swarm/)
  for (const { swarm, warnings } of peers) deepStrictEqual([swarm.status().rejected, warnings], [{}, []])
})

test('a peer that dies is lost, and joins again when it has started again', async t => {
  const identity = await generateKeyPair('Ed25519')
  const stays = await livePeer(t, new SmallReplica())
  const dies = await livePeer(t, new SmallReplica(), { to: stays, identity })
  const [a, b] = [open(stays, 'words'), open(dies, 'words')]
  await until(() => a.channel.members.length === 2 && b.channel.members.length === 2)
  await dies.node.close()
  await until(() => a.channel.members.length === 1)
  const again = open(await livePeer(t, new SmallReplica(), { to: stays, identity }), 'words')
  await until(() => a.channel.members.length === 2 && again.channel.members.length === 2)
  again.channel.send(stays.node.peer, Uint8Array.of(1))
  await until(() => a.heard.length === 4)
  deepStrictEqual(typesOf(a.heard), ['joined', 'lost', 'joined', 'message'])
})

test('whoever breaks the rules of channels is counted with the others, and shut out the third time', async t => {
  const victim = await livePeer(t, new SmallReplica())
  const attacker = await testNode(t)
  for (let time = 1; time <= 3; time++) {
    const { link, over } = await rawStream(attacker, victim)
    link.send(MESSAGE, [encodeNumber(1)], 'bulk')
    await over
    await until(() => victim.swarm.status().rejected.protocol === time)
  }
  await rejects(rawStream(attacker, victim))
  strictEqual(victim.warnings.length, 2)
  match(victim.warnings[0], /^swarm: peer \w+: the first message is hello; got message; its link was cut$/)
  match(victim.warnings[1], /broke the rules 3 times and is shut out for 10 minutes$/)
})

test('the swarm is lost where the handler of a channel fails over who comes, and can still be left', async t => {
  const first = await livePeer(t, new SmallReplica())
  const second = await livePeer(t, new SmallReplica(), { to: first })
  first.swarm.channel('words', () => {
    throw new Error('a mistake')
  })
  open(second, 'words')
  strictEqual((await first.swarm.lost).message, 'a mistake')
  await first.swarm.leave()
})
