import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert'
import { type TestContext, test } from 'node:test'
import type { Content } from '../../src/net/content.ts'
import { MORE } from '../../src/net/frame.ts'
import type { Message } from '../../src/net/messages.ts'
import { attacks, member } from './attacks.ts'
import { agreedHash, type HostileLink, hostilePeer, type LivePeer, livePeer, packs } from './hostile-peer.ts'
import { until } from './nodes.ts'
import { SmallReplica } from './small-replica.ts'

const MOST = Number.MAX_SAFE_INTEGER

/** A live peer with an honest child; both have exchanged a word. */
async function pair(
  t: TestContext,
  options: Parameters<typeof livePeer>[2] & { readonly capacity?: number } = {}
): Promise<{ victim: LivePeer; honest: LivePeer }> {
  const victim = await livePeer(t, new SmallReplica(options), options)
  const honest = await livePeer(t, new SmallReplica(), { to: victim })
  await until(() => isLinked(honest, victim))
  await exchange([victim, honest])
  return { victim, honest }
}

function isLinked(a: LivePeer, b: LivePeer): boolean {
  return a.swarm.status().links.some(link => link.peer === b.node.peer)
}

/** Each trains a word; then all hold the same. */
async function exchange(peers: readonly LivePeer[]): Promise<void> {
  for (const { replica, swarm } of peers) {
    replica.train(['the', swarm.peer.slice(-4)])
    await swarm.exchange()
  }
  await agreedHash(peers)
}

const rejected = ({ swarm }: LivePeer, offence: string): number => swarm.status().rejected[offence] ?? 0

function assertWarnings({ warnings }: LivePeer): void {
  for (const warning of warnings) {
    match(warning, /^swarm: [^\p{Cc}]+$/u)
    ok(warning.length < 500, warning)
  }
  deepStrictEqual([...new Set(warnings)], warnings)
}

/** Says this, frames among it, and waits until all has been processed. */
async function processed(link: HostileLink, ...messages: readonly Message<Content>[]): Promise<void> {
  const before = link.came.length
  link.say(...messages)
  const frames = messages.filter(({ type }) => type === 'frame').length
  await until(
    () => link.isOver || link.came.slice(before).filter(({ type }) => type === 'ack').length >= frames
  )
  ok(!link.isOver, 'the link was cut')
}

test('whoever breaks the rules is counted, and cut off; the others go on and agree', async t => {
  const { victim, honest } = await pair(t)
  for (const { name, offence, begin } of attacks) {
    const before = rejected(victim, offence)
    const link = await begin(await hostilePeer(t), victim)
    await link.over
    await until(() => rejected(victim, offence) > before)
    deepStrictEqual([name, rejected(victim, offence)], [name, before + 1])
    await exchange([victim, honest])
  }
  strictEqual(victim.swarm.status().links.length, 1)
  assertWarnings(victim)
  deepStrictEqual(honest.warnings, [])
  // A newcomer is told all that the attackers left behind.
  await exchange([victim, honest, await livePeer(t, new SmallReplica(), { to: victim })])
})

test('whoever breaks the rules three times is shut out, and the user hears of it once', async t => {
  const { victim, honest } = await pair(t)
  const attacker = await hostilePeer(t)
  for (let time = 0; time < 3; time++) {
    const link = await attacker.open(victim)
    link.send('vector', new Uint8Array(3))
    await link.over
    await until(() => rejected(victim, 'malformed') > time)
  }
  await rejects(attacker.open(victim))
  strictEqual(rejected(victim, 'malformed'), 3)
  strictEqual(victim.warnings.length, 2)
  match(victim.warnings[1], /broke the rules 3 times and is shut out for 10 minutes$/)
  await exchange([victim, honest])
})

test('what this version does not know is skipped, and what came before is not applied twice', async t => {
  const { victim, honest } = await pair(t)
  const attacker = await hostilePeer(t)
  const link = await attacker.open(victim)
  link.send(99, new Uint8Array(1 << 20))
  link.send(9, new Uint8Array(100), 0)
  link.send(200, new Uint8Array(100), MORE)
  link.send(200, new Uint8Array(100), 0)
  const frame = link.frame(packs(attacker.origin, 1), ['the'], 5)
  await processed(link, frame)
  const once = victim.swarm.status().framesApplied
  for (let again = 0; again < 3; again++) await processed(link, frame)
  const [own] = Object.keys(victim.swarm.held.vector).filter(origin => origin.startsWith(victim.node.peer))
  await processed(link, link.frame(packs(own, 1), ['the'], 9))
  strictEqual(victim.swarm.status().framesApplied, once)
  await exchange([victim, honest])
  deepStrictEqual(victim.swarm.status().rejected, {})
})

test('claims beyond all measure do no harm where they are passed on', async t => {
  const { victim, honest } = await pair(t)
  const attacker = await hostilePeer(t)
  const link = await attacker.open(victim)
  const slow = await (await hostilePeer(t)).open(victim)
  const { content, ...frame } = link.frame(packs(attacker.origin, 1))
  for (let sequence = 1; sequence <= 7; sequence++) {
    const ranges = packs(attacker.origin, 2 ** 50 * (sequence - 1) + 1, 2 ** 50 * sequence)
    const delta = content.delta.map(part => ({ ...part, counts: part.counts.map(() => 2 ** 24) }))
    await processed(link, { ...frame, ranges, waited: MOST, content: { words: MOST, delta } })
  }
  // The last three are summed for whoever has not acknowledged the others.
  await until(() => slow.came.filter(({ type }) => type === 'frame').length === 4)
  slow.say({ type: 'ack', frames: 4 })
  await slow.heard('frame', slow.came.length)
  // Records as long as they may be, more than one message takes.
  const source = 'x'.repeat(4096)
  const addresses = Array.from({ length: 8 }, (_, i) => `/ip4/1.2.3.4/tcp/${i}`.padEnd(255, '0'))
  for (let first = 0; first < 100; first += 20) {
    const members = Array.from({ length: 20 }, (_, i) => {
      const age = { start: MOST - first - i, peer: `nobody ${first + i}` }
      return member({ age, addresses, source, version: MOST, words: MOST, packs: MOST, position: MOST })
    })
    link.say({ type: 'members', members })
  }
  link.say({
    type: 'members',
    members: [member({ age: { ...attacker.age, peer: victim.node.peer }, left: true })]
  })
  // More words than anybody says.
  const words = Array.from({ length: 1000 }, (_, i) => `made-up ${i}`)
  await processed(link, link.frame(packs(attacker.origin, 7 * 2 ** 50 + 1), words))
  await until(() => honest.swarm.status().members.length > 50)
  await exchange([victim, honest])
  await exchange([victim, honest, await livePeer(t, new SmallReplica(), { to: victim })])
  deepStrictEqual(victim.swarm.status().rejected, {})
  deepStrictEqual(honest.swarm.status().rejected, {})
})

test('words for which there is no room stay with whoever made them up', async t => {
  const { victim, honest } = await pair(t, { capacity: 100 })
  for (const name of ['first', 'second']) {
    const attacker = await hostilePeer(t)
    const link = await attacker.open(victim)
    const words = Array.from({ length: 99 }, (_, i) => `${name} ${i}`)
    link.say(link.frame(packs(attacker.origin, 1), words))
    await link.over
  }
  strictEqual(rejected(victim, 'room'), 2)
  match(victim.warnings[0], /words of another peer must find room \(raise the capacity, now 100\)/)
  await exchange([victim, honest])
})

test('a peer that never acknowledges is sent four frames, then cut off; the others get everything at once', async t => {
  const { victim, honest } = await pair(t, { patience: { answer: 1000 } })
  const attacker = await hostilePeer(t)
  const link = await attacker.open(victim)
  for (let pack = 0; pack < 50; pack++) {
    await exchange([victim, honest])
    ok(link.came.filter(({ type }) => type === 'frame').length <= 4)
  }
  // Four frames are on their way at most; what waits is one sum.
  await link.over
  strictEqual(rejected(victim, 'silent'), 1)
  match(victim.warnings[0], /it owed its acknowledgement for more than 1000 ms/)
  await exchange([victim, honest])
})

test('links on which nothing gets on are cut', async t => {
  const { victim, honest } = await pair(t, { patience: { hello: 500, message: 300, answer: 500 } })
  const [mute, trickling, hanging, owing] = await Promise.all([0, 1, 2, 3].map(() => hostilePeer(t)))

  await (await mute.dial(victim)).over
  strictEqual(rejected(victim, 'silent'), 1)
  await (await owing.attach(victim)).over
  strictEqual(rejected(victim, 'silent'), 2)

  const trickle = await trickling.open(victim)
  const bytes = trickle.bytes(trickle.frame(packs('a/1', 1)))
  for (let at = 0; !trickle.isOver; at++) {
    trickle.raw(at === 0 ? Uint8Array.of(32, 4, 0, 0, 0, 0, 1, 0) : bytes.subarray(at % 50, (at % 50) + 1))
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  // A message that hangs, though others come.
  const hang = await hanging.open(victim)
  hang.send('frame', Uint8Array.of(1), MORE | 4)
  while (!hang.isOver) {
    hang.say({ type: 'members', members: [member({ source: 'x'.repeat(1000) })] })
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  await until(() => rejected(victim, 'slow') === 2)
  await exchange([victim, honest])
})

test('whoever refuses sound packs has three of them taken back, and no more', async t => {
  const { victim, honest } = await pair(t)
  const attacker = await hostilePeer(t)
  const { peer } = victim.node
  for (let time = 1; time <= 5; time++) {
    const link = await attacker.attach(victim)
    const { vector } = await link.heard('vector')
    link.say({ type: 'vector', round: 1, vector })
    const { packs } = victim.swarm.status()
    await exchange([victim, honest])
    const own = () =>
      link.came.find(
        message => message.type === 'frame' && [...message.ranges.keys()].some(name => name.startsWith(peer))
      )
    await until(() => own() !== undefined)
    const frame = own()
    if (frame?.type === 'frame') link.say({ type: 'refused', ranges: frame.ranges })
    await link.over
    await exchange([victim, honest])
    strictEqual(victim.swarm.status().packs - packs, time <= 3 ? 3 : 2)
  }
  strictEqual(victim.warnings.length, 3)
  deepStrictEqual(victim.swarm.status().rejected, {})
})

test('a flood of connections shuts out who makes it, and no one else', async t => {
  const { victim, honest } = await pair(t)
  const attackers = await Promise.all(Array.from({ length: 12 }, () => hostilePeer(t)))
  const links = (
    await Promise.all(attackers.flatMap(it => [it.dial(victim), it.dial(victim), it.dial(victim)]))
  ).flat()
  ok(links.some(({ isOver }) => !isOver))
  const newcomer = await livePeer(t, new SmallReplica(), { to: victim })
  await until(() => isLinked(newcomer, victim))
  await exchange([victim, honest, newcomer])
  deepStrictEqual(victim.swarm.status().rejected, {})
})

test('a parent cannot hold its child up, nor fill its memory', async t => {
  const { victim, honest } = await pair(t, { patience: { answer: 500 } })
  const silent = await (await hostilePeer(t)).adopt(victim)
  silent.say({ type: 'vector', round: 1, vector: new Map() }, { type: 'must-adopt', adoption: 1 })
  await silent.heard('want-state')
  await silent.over
  strictEqual(rejected(victim, 'silent'), 1)
  await exchange([victim, honest])

  const words = Array.from({ length: 2000 }, (_, i) => `word ${i}`)
  for (const endless of [words, []]) {
    const link = await (await hostilePeer(t)).adopt(victim)
    const before = rejected(victim, 'protocol')
    link.say({ type: 'vector', round: 1, vector: new Map() }, { type: 'must-adopt', adoption: 1 })
    await link.heard('want-state')
    const state = link.content(endless)
    const part = {
      type: 'state',
      adoption: 1,
      vector: new Map(),
      state,
      unknown: new Uint32Array(0)
    } as const
    while (!link.isOver) {
      link.say({ ...part, last: false })
      await new Promise(resolve => setImmediate(resolve))
    }
    strictEqual(rejected(victim, 'protocol'), before + 1)
    await exchange([victim, honest])
  }

  const unasked = await (await hostilePeer(t)).adopt(victim)
  unasked.say({ type: 'vector', round: 1, vector: new Map(Object.entries(victim.swarm.held.vector)) })
  const state = unasked.content(['evil'])
  unasked.say({
    type: 'state',
    adoption: 1,
    vector: new Map(),
    state,
    unknown: new Uint32Array(0),
    last: true
  })
  await unasked.over
  await exchange([victim, honest])
})
