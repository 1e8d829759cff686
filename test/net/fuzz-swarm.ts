// A process with two peers that train a model together, while others send one of them what chance makes of messages.
// Takes the seed, how many messages there are to be in all and how many of them over TCP, the others over streams in
// memory, which are much faster; prints a FuzzResult. Wants --expose-gc.

import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Stream } from '@libp2p/interface'
import { openWasm } from '../../kernels/wasm/device.ts'
import { PackBounds } from '../../src/models/pack-bounds.ts'
import { type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import type { Content } from '../../src/net/content.ts'
import { numberOf } from '../../src/net/message-types.ts'
import type { Message } from '../../src/net/messages.ts'
import { type OpenStream, openNode, type PeerNode } from '../../src/net/node.ts'
import { joinSwarm } from '../../src/net/swarm.ts'
import type { Delta, Swarm } from '../../src/types.ts'
import { smallLanguage } from '../models/small-language.ts'
import { member } from './attacks.ts'
import { FakeStream } from './fake-stream.ts'
import { agreedHash, framed, type HostileLink, HostilePeer, JOB, packs } from './hostile-peer.ts'
import { Dice, mutated } from './mutate.ts'
import { deltaOf, SmallReplica } from './small-replica.ts'

/** What came of it. */
export interface FuzzResult {
  readonly sent: number
  readonly links: number
  /** MiB after a collection: when a fifth was sent, and when all was. */
  readonly heap: readonly [number, number]
  readonly rss: readonly [number, number]
  readonly rejected: Readonly<Record<string, number>>
  readonly framesApplied: number
  /** Of the victim and of the honest peer, as what follows. */
  readonly words: readonly number[]
  readonly repaired: readonly number[]
  /** Mean loss of the victim's first words and of its last. */
  readonly loss: readonly [number, number]
  readonly warnings: readonly string[]
  readonly lost: string | undefined
}

const ATTACKERS = 8
const LINES = 32
const DIM = 16
// An accumulator has room for 2^31. What fills it at once is within the bounds, since they must do for any text.
const MOST_GROWTH = 2 ** 26
const STEPS = ['dial', 'meet', 'attach', 'open', 'open', 'open', 'open', 'open', 'open'] as const

const seed = Number(process.argv[2])
const total = Number(process.argv[3])
const overTcp = Number(process.argv[4])
const collect = globalThis.gc ?? (() => {})
// Eight languages: the fewer words there are, the sooner the accumulators of their rows are full.
const lines = smallLanguage(20_000).map((line, i) => line.map(word => `${word}.${i % 8}`))
const warnings: string[] = []
const nodes: PeerNode[] = []
const sent = { tcp: 0, memory: 0 }
let links = 0
/** Of each attacker, some packs that do no harm. */
const deltas = new Map<SmallReplica, Delta[]>()
let lost: string | undefined
let over = false

async function node(bootstrap: readonly string[] = []): Promise<PeerNode> {
  const identity = await generateKeyPair('Ed25519')
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const opened = await openNode({ swarm: 'test', identity, listen, mdns: false, bootstrap })
  nodes.push(opened)
  // Bans would end it soon.
  return { ...opened, ban: () => {} }
}

async function join(own: PeerNode, model: Word2Vec): Promise<Swarm> {
  const bounds = new PackBounds(model.shared)
  const swarm = await joinSwarm({
    swarm: 'test',
    node: own,
    replica: model.shared,
    job: JOB,
    maxChildren: 64,
    warn: message => warnings.push(message),
    judge: (peer, { delta, words }, elapsed, about) =>
      bounds.judge(peer, delta, words, elapsed, about) ??
      (delta.some(({ accumulators }) => accumulators.some(growth => growth > MOST_GROWTH))
        ? 'its accumulators grow too much'
        : undefined),
    packed: ({ delta, words }) => bounds.own(delta, words)
  })
  void swarm.lost.then(error => {
    lost = error.message
  })
  return swarm
}

/** Trains until the attack is over; returns the mean loss of the first words and of the last. */
async function train(model: Word2Vec, swarm: Swarm, first: number): Promise<[number, number]> {
  const losses: number[] = []
  for (let turn = 0; !over || turn < 120; turn++) {
    const from = (first + turn * LINES) % lines.length
    await model.train(lines.slice(from, from + LINES))
    swarm.report({ words: model.counts.words, position: 0 })
    await swarm.exchange()
    await new Promise(resolve => setTimeout(resolve, 100))
    if (turn % 60 === 59) losses.push((await model.progress()).loss)
  }
  await model.drain()
  await swarm.exchange()
  swarm.report({ words: model.counts.words, position: 0, finished: true })
  return [losses[0], losses.slice(-3).reduce((sum, loss) => sum + loss / Math.min(3, losses.length), 0)]
}

/** A message of chance: mostly one that may come, changed in what it says or in how it is framed; else noise. */
function message(dice: Dice, link: HostileLink, attacker: HostilePeer): Uint8Array {
  const sound = refusable(link)
  if (sound !== undefined && dice.below(10) === 0)
    return framed(numberOf('refused'), link.bytes({ type: 'refused', ranges: sound.ranges }))
  if (dice.below(20) === 0) return dice.bytes(dice.below(200))
  const base = dice.below(2) > 0 ? soundFrame(dice, attacker) : soundMessage(dice, link, attacker)
  const bytes = link.bytes(base)
  if (dice.below(8) > 0) return framed(numberOf(base.type), mutated(bytes, dice), dice.pick([0, 4, 4, 4]))
  return mutated(framed(numberOf(base.type), bytes, 4), dice)
}

/** The attacker's next pack. */
function soundFrame(dice: Dice, { origin, replica }: HostilePeer): Message<Content> {
  const next = (victim.held.vector[origin] ?? 0) + 1
  const delta = dice.pick(deltas.get(replica) ?? [])
  return { type: 'frame', ranges: packs(origin, next), content: { words: 2000, delta }, waited: 0 }
}

function soundMessage(
  dice: Dice,
  link: HostileLink,
  { age, origin, replica }: HostilePeer
): Message<Content> {
  const { vector } = victim.held
  const next = (vector[origin] ?? 0) + 1
  const keys = Uint32Array.from({ length: 8 }, () => dice.below(2 ** 32))
  const content = { words: 0, delta: dice.pick(deltas.get(replica) ?? []) }
  const members = [member({ age, version: dice.below(1000), source: 'x'.repeat(dice.below(100)) })]
  return dice.pick<Message<Content>>([
    { type: 'members', members },
    { type: 'members', members },
    { type: 'redirect', members },
    { type: 'attach' },
    { type: 'ack', frames: 1 },
    { type: 'vector', round: 2, vector: new Map(Object.entries(vector)) },
    { type: 'want-state', hashes: { keys, tables: [keys, keys] } },
    { type: 'adopted', adoption: 1 },
    { type: 'refused', ranges: refusable(link)?.ranges ?? packs(origin, 1) },
    { type: 'recall', packs: packs(origin, 1, next - 1), by: packs(origin, next) },
    { type: 'state', adoption: 1, vector: new Map(), state: content, unknown: keys, last: false }
  ])
}

/** A frame that the victim sent, and is yet to hear of. */
function refusable({ came }: HostileLink): Extract<Message<Content>, { type: 'frame' }> | undefined {
  for (const message of came) if (message.type === 'frame') return message
  return undefined
}

async function attack(attacker: HostilePeer, way: 'tcp' | 'memory', most: number): Promise<void> {
  for (let turn = 0; sent[way] < most && lost === undefined; turn++) {
    const dice = new Dice(seed + turn * 1_000_003 + attackers.indexOf(attacker))
    const link = await attacker[dice.pick(STEPS)]({ node: victimNode }).catch(() => undefined)
    links++
    for (let count = 0; link !== undefined && !link.isOver && count < 50 && sent[way] < most; count++) {
      link.raw(message(dice, link, attacker))
      sent[way]++
      await new Promise(resolve => setImmediate(resolve))
    }
    link?.abort()
    // A dial over a connection that is closing fails at once; it must get on with that.
    if (link === undefined) await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** What an attacker sees of a node: dials end at the victim, over a stream in memory. */
function nodeInMemory(peer: string): HostilePeer['node'] {
  return {
    peer,
    async dial() {
      const [near, far] = FakeStream.pair(1 << 20)
      const streams = [near, far] as unknown as Stream[] // all of them that links use
      let messages = 0
      near.addEventListener('message', () => messages++)
      far.addEventListener('message', () => messages++)
      const received = () => messages
      toVictim({ peer, stream: streams[1], received })
      void deliver(near, far)
      return { peer: victimNode.peer, stream: streams[0], received }
    }
  }
}

async function deliver(near: FakeStream, far: FakeStream): Promise<void> {
  while (near.status === 'open') {
    near.deliver()
    far.deliver()
    await new Promise(resolve => setImmediate(resolve))
  }
}

function memory(): { heap: number; rss: number } {
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 }
}

const device = await openWasm({ threads: 1 })
const options = { dim: DIM, capacity: 20_000, window: 3, subsample: 0, minCount: 2, shared: true }
const models = [await word2vec(device, options), await word2vec(device, { ...options, seed: 2 })]
let toVictim: (opened: OpenStream) => void = () => {}
const victimNode = await node()
const onStream: PeerNode['onStream'] = (handler, protocol = 'link') => {
  if (protocol === 'link') toVictim = handler
  victimNode.onStream(handler, protocol)
}
const victim = await join({ ...victimNode, onStream }, models[0])
const honest = await join(await node(victimNode.addresses()), models[1])
const training = Promise.all([train(models[0], victim, 0), train(models[1], honest, 10_000)])
const attackers = await Promise.all(
  Array.from({ length: ATTACKERS }, async (_, i) => {
    const own = i % 2 === 0 ? await node() : nodeInMemory(`attacker ${i}`)
    const replica = new SmallReplica({ dim: DIM })
    const texts = Array.from({ length: 20 }, (_, j) => lines.slice(j * 4, j * 4 + 4).flat())
    deltas.set(
      replica,
      texts.map(words => deltaOf(replica, words, 1))
    )
    return new HostilePeer(own, replica)
  })
)
const attacking = Promise.all(
  attackers.map((attacker, i) =>
    i % 2 === 0 ? attack(attacker, 'tcp', overTcp) : attack(attacker, 'memory', total - overTcp)
  )
)
while (sent.tcp + sent.memory < total / 5 && lost === undefined)
  await new Promise(resolve => setTimeout(resolve, 20))
const before = memory()
await attacking
const after = memory()
over = true
const [loss] = await training
const swarms = [victim, honest]
const peers = models.map((model, i) => ({ replica: model.shared, swarm: swarms[i] }))
if (lost === undefined) await agreedHash(peers)

const result: FuzzResult = {
  sent: sent.tcp + sent.memory,
  links,
  heap: [before.heap, after.heap],
  rss: [before.rss, after.rss],
  rejected: victim.status().rejected,
  framesApplied: victim.status().framesApplied,
  words: models.map(model => model.counts.words),
  repaired: models.map(model => model.counts.repaired),
  loss,
  warnings,
  lost
}
await Promise.all([victim.leave(), honest.leave()])
await Promise.all(nodes.map(opened => opened.close()))
for (const model of models) await model.close()
await device.close()
process.stdout.write(JSON.stringify(result))
