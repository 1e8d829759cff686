import { match, ok, strictEqual } from 'node:assert'
import { before, suite, test } from 'node:test'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { type LayersReplica, layersModel } from '../../src/models/layers.ts'
import type { Example } from '../../src/models/layers-batch.ts'
import type { LayersOptimizer } from '../../src/models/layers-optimizer.ts'
import { PackBounds } from '../../src/models/pack-bounds.ts'
import type { Delta, TableShape } from '../../src/types.ts'
import { digitNetwork, digits } from './digits.ts'

const BATCH = 32
const FINGERPRINT = '0'.repeat(32)
const TABLES: readonly TableShape[] = [
  { name: 'weights', dim: 256, unit: 2 ** -20, capacity: 40 },
  { name: 'statistics', dim: 256, unit: 2 ** -10, capacity: 40 }
]
const WORDS = 500

interface Peer {
  readonly name: string
  readonly model: LayersReplica
  readonly bounds: PackBounds
  packs: number
  trained: number
}

/** Ten times the step, the other way. */
function backwards(delta: Delta): Delta {
  return delta.map(part => ({ ...part, values: Int16Array.from(part.values, value => value * -10) }))
}

/** A pack in which each of the weights changes by ±`step`, and each statistic by ±`statistic`. */
function pack(step: number, statistic = 4): Delta {
  return [step, statistic].map((size, table) => {
    const { dim, unit } = TABLES[table]
    const rows = table === 0 ? 40 : 2
    const shift = Math.max(0, Math.ceil(Math.log2(size / unit / 127)))
    const value = Math.round(size / unit / 2 ** shift)
    return {
      dim,
      rows: Uint32Array.from({ length: rows }, (_, row) => row),
      shifts: new Uint8Array(rows).fill(shift),
      values: new Int8Array(rows * dim).map((_, i) => (i % 2 === 0 ? value : -value)),
      accumulators: new Int32Array(rows),
      counts: new Uint32Array(rows).fill(1)
    }
  })
}

// A power of two, so that a pack of whole numbers holds it, and ten of it.
const STEP = 2 ** -7

/** A peer that has made such packs. */
function bounds(steps: readonly number[] = [STEP, STEP, STEP]): PackBounds {
  const made = new PackBounds({ tables: TABLES, fingerprint: FINGERPRINT })
  for (const step of steps) made.own(pack(step), WORDS)
  return made
}

suite('bounds of packs of a network', () => {
  let tensorflow: Tensorflow
  let examples: Example[]
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
    examples = digits(0, 300)
  })

  async function openPeer(i: number, optimizer: LayersOptimizer, normalized: boolean): Promise<Peer> {
    const model = await layersModel(tensorflow, {
      model: digitNetwork(1, normalized),
      loss: 'sparseCategoricalCrossentropy',
      optimizer,
      batch: BATCH
    })
    return { name: `peer ${i}`, model, bounds: new PackBounds(model.shared), packs: 0, trained: 0 }
  }

  const settings: readonly (readonly [number, number, LayersOptimizer, boolean])[] = [
    [2, 1, { kind: 'sgd', rate: 0.1 }, false],
    [2, 8, { kind: 'adam', rate: 0.001 }, true],
    [3, 4, { kind: 'momentum', rate: 0.02 }, true],
    [4, 8, { kind: 'sgd', rate: 0.1 }, false],
    [4, 2, { kind: 'adam', rate: 0.001 }, false]
  ]
  for (const [replicas, steps, optimizer, normalized] of settings) {
    const name = `${replicas} replicas by ${optimizer.kind}, ${steps} steps a pack${normalized ? ', normalised' : ''}`
    test(`${name}: all take each other’s packs, the last one’s too, which comes late, but not tenfold and backwards`, async () => {
      const peers = await Promise.all(
        Array.from({ length: replicas }, (_, i) => openPeer(i, optimizer, normalized))
      )
      let [judged, sick, caught] = [0, 0, 0]
      for (let turn = 0; turn < 16 * replicas; turn++) {
        const [peer, count] = [peers[turn % replicas], steps * BATCH]
        if (turn % replicas === replicas - 1 && turn < 6 * replicas) continue
        const at = ((turn % replicas) * 700 + peer.trained) % (examples.length - count)
        await peer.model.train(examples.slice(at, at + count))
        peer.trained += count
        const delta = await peer.model.shared.pack(replicas)
        for (const other of peers.filter(other => other !== peer)) {
          if (other.packs >= 1) {
            sick++
            const reason = other.bounds.judge(`sick ${peer.name}`, backwards(delta), count, 1000)
            if (reason !== undefined) caught++
          }
          judged++
          strictEqual(other.bounds.judge(peer.name, delta, count, 1000), undefined, `turn ${turn}`)
          await other.model.shared.apply(delta)
        }
        peer.bounds.own(delta, count)
        peer.packs++
      }
      ok(judged >= 20 && sick >= 15 && caught >= 0.85 * sick, `${caught} of ${sick} of ${judged} were caught`)
      for (const { model } of peers) await model.close()
    })
  }

  test('a pack of more examples may be longer by as much, one of fewer need not be shorter', () => {
    strictEqual(bounds().judge('a', pack(3.5 * STEP), WORDS, 1000), undefined)
    match(
      bounds().judge('a', pack(10 * STEP), WORDS, 1000) ?? '',
      /^its steps in table weights are \d+\.\d times as long as usual; 4 is the most$/
    )
    strictEqual(bounds().judge('a', pack(10 * STEP), 5 * WORDS, 1000), undefined)
    for (const words of [0, 1, WORDS / 10]) {
      strictEqual(bounds().judge('a', pack(2 * STEP), words, 1000), undefined)
      match(bounds().judge('a', pack(10 * STEP), words, 1000) ?? '', /times as long as usual/)
    }
  })

  test('packs of no examples are the rest of the one before, for as long as they do not come to too much', () => {
    const made = bounds()
    strictEqual(made.judge('a', pack(STEP), WORDS, 1000), undefined)
    let taken = 0
    while (taken < 100 && made.judge('a', pack(STEP), 0, 1000) === undefined) taken++
    ok(taken > 3 && taken < 30, `${taken} were taken`)
  })

  test('steps may be as long as the longest that were usual, so that what has changed can be learned', () => {
    const shrunk = bounds([8, 8, 8, 4, 2, 1, 1, 1, 1, 1].map(times => times * STEP))
    strictEqual(shrunk.judge('a', pack(7 * STEP), WORDS, 1000), undefined)
    match(shrunk.judge('a', pack(16 * STEP), WORDS, 1000) ?? '', /times as long as usual/)
  })

  test('statistics have steps of their own, of whatever size', () => {
    const made = bounds()
    strictEqual(made.judge('a', pack(STEP, 12), WORDS, 1000), undefined)
    match(made.judge('a', pack(STEP, 80), WORDS, 1000) ?? '', /^its steps in table statistics are/)
    const unknown = bounds([])
    strictEqual(unknown.judge('a', pack(STEP, 5000), WORDS, 1000), undefined)
    match(unknown.judge('a', pack(10), WORDS, 1000) ?? '', /^a row of table weights changes by 10\.\d; 8 is/)
  })

  test('where nothing was to be changed, what rounding makes is not too long', () => {
    const still = bounds([0, 0, 0])
    strictEqual(still.judge('a', pack(2 * TABLES[0].unit), WORDS, 1000), undefined)
    match(still.judge('a', pack(STEP), WORDS, 1000) ?? '', /times as long as usual/)
  })
})
