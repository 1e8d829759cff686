import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { type LayersReplica, layersModel } from '../../src/models/layers.ts'
import { PackBounds } from '../../src/models/pack-bounds.ts'
import { Strikes } from '../../src/net/strikes.ts'
import type { Delta } from '../../src/types.ts'
import { digitNetwork, digits } from '../models/digits.ts'

const PEERS = 8
const SICK = PEERS - 1
const ROUNDS = 20
const BATCH = 16
const EXAMPLES = 4 * BATCH

const tensorflow = await openTensorflow({ threads: 1 })
const examples = digits(0, 300)
const unseen = digits(300, 50)

interface Peer {
  readonly name: string
  readonly model: LayersReplica
  readonly bounds: PackBounds
  readonly strikes: Strikes
  readonly banned: Set<string>
}

async function openPeer(i: number): Promise<Peer> {
  const model = await layersModel(tensorflow, {
    model: digitNetwork(),
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'sgd', rate: 0.1 },
    batch: BATCH
  })
  const bounds = new PackBounds(model.shared)
  return { name: `peer ${i}`, model, bounds, strikes: new Strikes(() => {}), banned: new Set() }
}

/** Whether the first neighbour that has not shut the sender out lets a pack in. */
function letsIn(peers: readonly Peer[], from: Peer, delta: Delta, now: number): boolean {
  const neighbour = peers.find(other => other !== from && !other.banned.has(from.name))
  if (neighbour === undefined) return false
  const refused = neighbour.bounds.judge(from.name, delta, EXAMPLES, 1000)
  if (refused === undefined) return true
  if (neighbour.strikes.add(from.name, 'bounds', refused, now) > 0) neighbour.banned.add(from.name)
  return false
}

/**
 * Eight peers train by turns, and each pack is at all others before the next is made. Returns the mean loss of the first on
 * digits that nobody has seen, in the last third of the rounds, and how many packs were refused.
 */
async function train(last: 'healthy' | 'sick', judged = true): Promise<{ loss: number; refused: number }> {
  const peers = await Promise.all(Array.from({ length: PEERS }, (_, i) => openPeer(i)))
  const losses: number[] = []
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, peer] of peers.entries()) {
      const first = ((round * PEERS + i) * EXAMPLES) % (examples.length - EXAMPLES)
      await peer.model.train(examples.slice(first, first + EXAMPLES))
      const made = await peer.model.shared.pack(PEERS)
      peer.bounds.own(made, EXAMPLES)
      const delta = i === SICK && last === 'sick' ? backwards(made) : made
      if (judged && !letsIn(peers, peer, delta, round * 1000)) {
        refused++
        continue
      }
      for (const other of peers) if (other !== peer) await other.model.shared.apply(delta)
    }
    if (round >= ROUNDS * (2 / 3)) losses.push(await lossOf(peers[0].model))
  }
  const hashes = await Promise.all(peers.slice(0, SICK).map(({ model }) => model.shared.sharedHash()))
  strictEqual(new Set(hashes).size, 1)
  for (const { model } of peers) await model.close()
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, refused }
}

async function lossOf(model: LayersReplica): Promise<number> {
  const given = await model.predict(unseen.map(({ input }) => input))
  const sum = given.reduce((sum, of, i) => sum - Math.log(of[Number(unseen[i].label)]), 0)
  return sum / given.length
}

/** Ten times the step, the other way. */
function backwards(delta: Delta): Delta {
  return delta.map(part => ({ ...part, values: Int16Array.from(part.values, value => value * -10) }))
}

// As measured, the loss of the other seven: 0.467 where the eighth is healthy, 0.481 where it is sick and its packs are refused, the same
// where it says nothing; and 2.09 where nobody judges.
test('one peer of eight that trains a network and sends ten times its step, backwards, harms the others by less than 5 %', async () => {
  const healthy = await train('healthy')
  const sick = await train('sick')
  const unjudged = await train('sick', false)
  strictEqual(healthy.refused, 0)
  ok(sick.refused > 0.9 * ROUNDS, `${sick.refused} of ${ROUNDS} were refused`)
  ok(unjudged.loss > 1.15 * healthy.loss)
  ok(sick.loss < 1.05 * healthy.loss, `the loss was ${sick.loss}; among healthy peers it is ${healthy.loss}`)
})
