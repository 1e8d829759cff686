// `adapt` at several peers of a simulated swarm.

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Adaptation, type AdaptOptions, adapt } from '../../src/dataflow/adapt.ts'
import type { Adapted } from '../../src/dataflow/adapt-learner.ts'
import { type SwarmAlarms, swarmAlarms } from '../../src/dataflow/swarm-alarms.ts'
import { convergence } from '../../src/drift/convergence.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { Chunk } from '../../src/types.ts'
import { CONVERGED, Counting, DRIFT, scriptedConvergence, scriptedDetector } from './adapting.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'

type Options = Partial<AdaptOptions<number, number, number>>

/** A peer that adapts; an item is its own loss. */
class Peer {
  readonly name: string
  readonly model = new Counting()
  readonly alarms: SwarmAlarms
  readonly adaptation: Adaptation<number, number>
  /** What its detector was given since it was reset. */
  readonly watched: number[] = []
  #given: readonly number[] = []
  readonly #results: AsyncIterator<Chunk<Adapted<number, number>>>

  constructor(channels: SimulatedChannels, name: string, options: Options) {
    this.name = name
    this.alarms = swarmAlarms(channels.peer(name), { clock: channels.clock })
    this.adaptation = adapt<number, number, number>(this.model, {
      truth: n => n,
      loss: (_, truth) => truth,
      detector: { ...scriptedDetector(this.watched), reset: () => void this.watched.splice(0) },
      convergence: scriptedConvergence(),
      alarms: this.alarms,
      ...options
    })
    const given = async function* (this: Peer) {
      for (;;) yield this.#given
    }.bind(this)
    this.#results = chunksOf(this.adaptation(stream(given)))
  }

  /** What comes of a chunk of items, of which all are predicted before one is trained on. */
  async take(...items: number[]): Promise<string[]> {
    this.#given = items
    const { value } = await this.#results.next()
    return Array.from(value as Chunk<Adapted<number, number>>, ({ phase }) => phase)
  }
}

class Swarm {
  readonly channels: SimulatedChannels
  readonly peers: Peer[] = []
  #named = 0

  constructor(seed = 1) {
    this.channels = new SimulatedChannels(randomOf(seed))
  }

  join(options: Options = {}): Peer {
    const peer = new Peer(this.channels, `p${this.#named++}`, options)
    this.peers.push(peer)
    return peer
  }

  crash(peer: Peer): void {
    this.channels.crash(peer.name)
    this.peers.splice(this.peers.indexOf(peer), 1)
  }

  /** Lets all that was told arrive. */
  async settle(): Promise<void> {
    let rounds = 0
    await this.channels.until(() => rounds++ > 60)
  }
}

test('a drift that one finds makes all train, and the first to converge ends it for all', async () => {
  const swarm = new Swarm()
  const [a, b] = [
    swarm.join({ trained: true, onDrift: { reset: true } }),
    swarm.join({ trained: true, onDrift: { reset: true } })
  ]
  await swarm.settle()
  deepStrictEqual(await a.take(1, 2), ['stable', 'stable'])
  deepStrictEqual(await b.take(1, DRIFT, 2), ['stable', 'training', 'training'])
  await swarm.settle()
  deepStrictEqual(await a.take(3), ['training'])
  deepStrictEqual(await a.take(4, CONVERGED, 5), ['training', 'training', 'stable'])
  await swarm.settle()
  deepStrictEqual(await b.take(6), ['stable'])
  for (const { model, adaptation } of [a, b]) {
    strictEqual(model.asked.filter(([act]) => act === 'reset').length, 1)
    strictEqual(adaptation.counts.trainings, 1)
  }
  deepStrictEqual([a.alarms.stage, b.alarms.stage, a.alarms.count], [2, 2, 1])
})

test('a drift found while the swarm trains is told of, and does not begin it anew', async () => {
  const swarm = new Swarm()
  const [a, b] = [swarm.join(), swarm.join()]
  await swarm.settle()
  await a.take(1)
  deepStrictEqual(await a.take(DRIFT, CONVERGED), ['training', 'training'])
  await swarm.settle()
  deepStrictEqual([a.adaptation.counts.trainings, a.adaptation.counts.alarms], [1, 1])
  deepStrictEqual([b.alarms.stage, b.alarms.count], [2, 1])
})

test('after a convergence elsewhere the model as it is counts at once for the detector', async () => {
  const swarm = new Swarm()
  const [a, b] = [swarm.join(), swarm.join()]
  await swarm.settle()
  await b.take(1, 2)
  await a.take(CONVERGED)
  await swarm.settle()
  deepStrictEqual(await b.take(3, 4), ['stable', 'stable'])
  deepStrictEqual(b.watched, [3, 4])
  deepStrictEqual(await b.take(DRIFT), ['training'])
})

test('an adaptation that came and went between two results changes nothing but that the detector begins anew', async () => {
  const swarm = new Swarm()
  const [a, b] = [swarm.join({ trained: true }), swarm.join({ trained: true })]
  await swarm.settle()
  await b.take(1, 2)
  await a.take(DRIFT)
  await a.take(CONVERGED)
  await swarm.settle()
  deepStrictEqual([await b.take(3), b.watched, b.adaptation.counts.trainings], [['stable'], [3], 0])
})

test('the rule of convergence gets the losses of all, those of others as means of a hundred', async () => {
  const swarm = new Swarm()
  const rule = { epoch: 150, epochs: 2, tolerance: 0.1 }
  const peers = [
    swarm.join({ convergence: convergence(rule) }),
    swarm.join({ convergence: convergence(rule) }),
    swarm.join({ convergence: convergence(rule) })
  ]
  await swarm.settle()
  let items = 0
  while (peers.some(({ alarms }) => alarms.stage === 1)) {
    for (const peer of peers) await peer.take(...Array(10).fill(5))
    await swarm.settle()
    items += 30
  }
  // Two epochs of the swarm's items, and what waits for a hundred at each peer.
  ok(items >= 300 && items <= 330, `${items}`)
})

test('losses that came before a peer has noticed the new stage count for its rule too', async () => {
  const swarm = new Swarm()
  const judged: number[] = []
  const a = swarm.join({ trained: true })
  const b = swarm.join({ trained: true, convergence: scriptedConvergence(judged) })
  await swarm.settle()
  await a.take(DRIFT)
  for (let i = 0; i < 10; i++) await a.take(...Array(10).fill(5))
  await swarm.settle()
  deepStrictEqual(await b.take(4, 3), ['training', 'training'])
  deepStrictEqual(judged, Array(100).fill(5))
  await b.take(2)
  strictEqual(judged.at(-1), 2)
})

test('one that is lost in the middle of an adaptation holds nobody up', async () => {
  const swarm = new Swarm()
  const peers = [swarm.join(), swarm.join(), swarm.join()] as const
  await swarm.settle()
  await peers[0].take(CONVERGED)
  await swarm.settle()
  for (const peer of peers) await peer.take(1)
  const [a, b, c] = peers
  await b.take(DRIFT)
  await swarm.settle()
  swarm.crash(b)
  await swarm.settle()
  deepStrictEqual([await a.take(1), await c.take(1)], [['training'], ['training']])
  await c.take(CONVERGED)
  await swarm.settle()
  deepStrictEqual([await a.take(1), await c.take(1)], [['stable'], ['stable']])
})

test('one that joins follows the stage it finds, trained or not', async () => {
  const swarm = new Swarm()
  const a = swarm.join()
  await a.take(CONVERGED)
  const late = swarm.join()
  strictEqual(late.adaptation.phase, 'training')
  await swarm.settle()
  deepStrictEqual(await late.take(1, 2), ['stable', 'stable'])
  await a.take(1)
  await a.take(DRIFT)
  const later = swarm.join({ trained: true })
  await swarm.settle()
  deepStrictEqual(await later.take(1), ['training'])
})

test('one that is asked to retrain makes all train, those that only watch excepted', async () => {
  const swarm = new Swarm()
  const [a, b, watching] = [
    swarm.join({ trained: true }),
    swarm.join({ mode: 'always', trained: true }),
    swarm.join({ mode: 'never' })
  ]
  await swarm.settle()
  // The first training of the one that always trains.
  deepStrictEqual([a.alarms.stage, await b.take(CONVERGED)], [1, ['training']])
  await swarm.settle()
  a.adaptation.retrain()
  await swarm.settle()
  deepStrictEqual(await a.take(1), ['training'])
  deepStrictEqual(await b.take(1), ['training'])
  deepStrictEqual(await watching.take(1), ['stable'])
  strictEqual(b.adaptation.counts.trainings, 2)
  // Its detector is heard all the same, once the others are stable.
  await b.take(1)
  await b.take(CONVERGED)
  await swarm.settle()
  await watching.take(DRIFT)
  await swarm.settle()
  deepStrictEqual([await a.take(1), await watching.take(1)], [['training'], ['stable']])
})

const value = fc.oneof(fc.constant(DRIFT), fc.constant(CONVERGED), fc.integer({ min: 1, max: 7 }))
const acts = fc.array(
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.tuple(
        fc.constant('take' as const),
        fc.nat(9),
        fc.array(value, { minLength: 1, maxLength: 5 })
      )
    },
    { weight: 3, arbitrary: fc.tuple(fc.constant('wait' as const), fc.nat(9), fc.constant([])) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), fc.nat(9), fc.constant([])) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('join' as const), fc.nat(9), fc.constant([])) }
  ),
  { maxLength: 40 }
)

test('all that stay are in one phase once they have heard of one another, and none goes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), acts, async (seed, acts) => {
      const swarm = new Swarm(seed)
      for (let i = 0; i < 3; i++) swarm.join()
      const stages = new Map<Peer, number>()
      for (const [act, at, items] of acts) {
        const peer = swarm.peers[at % swarm.peers.length]
        if (peer === undefined) return
        if (act === 'take') {
          const before = peer.alarms.stage
          const phases = await peer.take(...items)
          // Every item is trained on, or not, as its peer's stage at that moment says.
          if (peer.alarms.stage === before) deepStrictEqual(new Set(phases), new Set([phaseOf(before)]))
        }
        if (act === 'crash' && swarm.peers.length > 1) swarm.crash(peer)
        if (act === 'join' && swarm.peers.length < 5) swarm.join()
        if (act === 'wait') {
          let rounds = 0
          await swarm.channels.until(() => rounds++ > at)
        }
        for (const one of swarm.peers) {
          ok(one.alarms.stage >= (stages.get(one) ?? 0))
          stages.set(one, one.alarms.stage)
        }
      }
      await swarm.settle()
      const [first] = swarm.peers
      for (const peer of swarm.peers) {
        await peer.take(1)
        strictEqual(peer.alarms.stage, first?.alarms.stage)
        strictEqual(peer.adaptation.phase, phaseOf(peer.alarms.stage))
      }
    }),
    { numRuns: 100 }
  )
})

function phaseOf(stage: number): string {
  return stage % 2 === 1 ? 'training' : 'stable'
}
