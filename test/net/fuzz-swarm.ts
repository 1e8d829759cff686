// A process with two peers that train a model together, while others send one of them what chance makes of messages.
// Takes the seed and how many messages; prints a FuzzResult. Wants --expose-gc.

import { generateKeyPair } from '@libp2p/crypto/keys'
import { openWasm } from '../../kernels/wasm/device.ts'
import { PackBounds } from '../../src/models/pack-bounds.ts'
import { type Word2Vec, word2vec } from '../../src/models/word2vec.ts'
import { numberOf } from '../../src/net/message-types.ts'
import { openNode, type PeerNode } from '../../src/net/node.ts'
import { joinSwarm } from '../../src/net/swarm.ts'
import type { Swarm } from '../../src/types.ts'
import { smallLanguage } from '../models/small-language.ts'
import { SOUND } from './attacks.ts'
import { framed, type HostileLink, HostilePeer, JOB, packs } from './hostile-peer.ts'
import { Dice, mutated } from './mutate.ts'

/** What came of it. */
export interface FuzzResult {
  readonly sent: number
  readonly links: number
  /** MiB after a collection: when a fifth was sent, and when all was. */
  readonly heap: readonly [number, number]
  readonly rss: readonly [number, number]
  readonly rejected: Readonly<Record<string, number>>
  /** Of the honest peer and of the victim. */
  readonly hashes: readonly string[]
  readonly words: readonly number[]
  readonly repaired: readonly number[]
  /** Mean loss of the victim's first words and of its last. */
  readonly loss: readonly [number, number]
  readonly warnings: readonly string[]
  readonly lost: string | undefined
}

const ATTACKERS = 6
const STEPS = ['dial', 'meet', 'meet', 'attach', 'open', 'open', 'open', 'open'] as const

const seed = Number(process.argv[2])
const total = Number(process.argv[3])
const collect = globalThis.gc ?? (() => {})
const lines = smallLanguage(20_000)
const warnings: string[] = []
const nodes: PeerNode[] = []
let sent = 0
let links = 0
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
  const bounds = new PackBounds(model.shared.tables)
  const swarm = await joinSwarm({
    swarm: 'test',
    node: own,
    replica: model.shared,
    job: JOB,
    maxChildren: 64,
    warn: message => {
      warnings.push(message)
      if (process.env.SHOW && /usual|most|usual|grows|counts/.test(message)) console.error(own.peer.slice(-4), message)
    },
    judge: (peer, { delta, words }, elapsed, many) => bounds.judge(peer, delta, words, elapsed, many),
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
  for (let turn = 0; !over || turn < 4; turn++) {
    const from = (first + turn * 200) % lines.length
    await model.train(lines.slice(from, from + 200))
    swarm.report({ words: model.counts.words, position: 0 })
    await swarm.exchange()
    await new Promise(resolve => setTimeout(resolve, 50))
    if (turn % 4 === 3) losses.push((await model.progress()).loss)
  }
  await model.drain()
  await swarm.exchange()
  swarm.report({ words: model.counts.words, position: 0, finished: true })
  return [losses[0], losses.slice(-3).reduce((sum, loss) => sum + loss / Math.min(3, losses.length), 0)]
}

/** A message of chance: mostly a changed one, else noise. */
function message(dice: Dice, link: HostileLink, attacker: HostilePeer, sequence: number): Uint8Array {
  if (dice.below(20) === 0) return dice.bytes(dice.below(200))
  const frame = link.frame(packs(attacker.origin, 1 + dice.below(sequence)), dice.pick(lines))
  const base = dice.pick([...Object.values(SOUND), frame, frame, frame, frame, frame])
  const bytes = link.bytes(base)
  // Either what is said changes, or how it is framed.
  if (dice.below(4) > 0) return framed(numberOf(base.type), mutated(bytes, dice), dice.pick([0, 4, 4, 4]))
  return mutated(framed(numberOf(base.type), bytes, 4), dice)
}

async function attack(attacker: HostilePeer, to: { readonly node: PeerNode }, own: number): Promise<void> {
  for (let turn = 0; sent < total && lost === undefined; turn++) {
    const dice = new Dice(seed + own * 1_000_003 + turn)
    const link = await attacker[dice.pick(STEPS)](to).catch(() => undefined)
    links++
    for (let count = 0; link !== undefined && !link.isOver && count < 50 && sent < total; count++) {
      link.raw(message(dice, link, attacker, turn + count + 1))
      sent++
      await new Promise(resolve => setImmediate(resolve))
    }
    link?.abort()
  }
}

function memory(): { heap: number; rss: number } {
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 }
}

const device = await openWasm({ threads: 1 })
const options = { dim: 16, capacity: 20_000, window: 3, subsample: 0, minCount: 2, shared: true }
const models = [await word2vec(device, options), await word2vec(device, { ...options, seed: 2 })]
const victimNode = await node()
const victim = await join(victimNode, models[0])
const honest = await join(await node(victimNode.addresses()), models[1])
const training = Promise.all([train(models[0], victim, 0), train(models[1], honest, 10_000)])
const attackers = await Promise.all(
  Array.from({ length: ATTACKERS }, async () => new HostilePeer(await node()))
)
const attacking = Promise.all(attackers.map((attacker, i) => attack(attacker, { node: victimNode }, i)))
while (sent < total / 5 && lost === undefined) await new Promise(resolve => setTimeout(resolve, 20))
if (process.env.SHOW) setInterval(() => console.error(sent, links, lost, over, JSON.stringify(victim.status().rejected), models.map(m => m.counts.words), over ? [victim, honest].map(s => JSON.stringify([s.status().links, s.status().rejected, Object.keys(s.held.vector).length])) : "", over ? Object.entries(victim.held.vector).filter(([o, l]) => honest.held.vector[o] !== l).map(([o, l]) => [o, l, honest.held.vector[o]]).slice(0, 5): "", over ? Object.entries(honest.held.vector).filter(([o, l]) => victim.held.vector[o] !== l).slice(0, 5) : ""), 3000)
const before = memory()
await attacking
const after = memory()
over = true
const [loss] = await training
const held = (swarm: Swarm) => JSON.stringify(Object.entries(swarm.held.vector).sort())
while (lost === undefined && held(victim) !== held(honest))
  await new Promise(resolve => setTimeout(resolve, 20))

const result: FuzzResult = {
  sent,
  links,
  heap: [before.heap, after.heap],
  rss: [before.rss, after.rss],
  rejected: victim.status().rejected,
  hashes: await Promise.all(models.map(model => model.shared.sharedHash())),
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
