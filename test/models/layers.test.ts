import { deepStrictEqual, notDeepStrictEqual, ok, rejects } from 'node:assert'
import { before, suite, test } from 'node:test'
import { memory } from '@tensorflow/tfjs-core'
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { type LayersOptions, type LayersReplica, layersModel } from '../../src/models/layers.ts'
import { type Example, exampleChunk } from '../../src/models/layers-batch.ts'
import { DivergenceError } from '../../src/models/row-check.ts'
import type { Delta } from '../../src/types.ts'

const CLASSES = 3
const INPUTS = 6

suite('a network as a replica', () => {
  let tensorflow: Tensorflow
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
  })

  const replicaOf = (options: Partial<LayersOptions> = {}): Promise<LayersReplica> =>
    layersModel(tensorflow, {
      model: network(),
      loss: 'sparseCategoricalCrossentropy',
      optimizer: { kind: 'adam', rate: 0.01 },
      batch: 16,
      ...options
    })

  test('learns from a stream, whichever optimiser makes its steps', async () => {
    for (const optimizer of [
      { kind: 'sgd', rate: 0.1 },
      { kind: 'momentum', rate: 0.05 },
      { kind: 'adam', rate: 0.01 }
    ] as const) {
      const replica = await replicaOf({ optimizer })
      await replica.train(examples(1, 200))
      const early = await replica.progress()
      for (let seed = 2; seed < 8; seed++) await replica.train(examples(seed, 200))
      await replica.drain()
      const late = await replica.progress()
      deepStrictEqual(late.words, 1400)
      ok(late.loss < early.loss, `${optimizer.kind}: ${late.loss} is not below ${early.loss}`)
      const right = await accuracy(replica)
      ok(right > 0.85, `${optimizer.kind}: ${right}`)
      await replica.close()
    }
  })

  test('columns train exactly as single examples do', async () => {
    const single = await replicaOf()
    const columns = await replicaOf()
    const some = examples(1, 100)
    await single.train(some)
    const inputs = Float32Array.from(some.flatMap(({ input }) => Array.from(input)))
    await columns.train(
      exampleChunk(
        inputs,
        Int32Array.from(some, ({ label }) => Number(label)),
        100
      )
    )
    for (const replica of [single, columns]) {
      await replica.drain()
      await replica.shared.pack(1)
    }
    deepStrictEqual(await columns.shared.sharedHash(), await single.shared.sharedHash())
  })

  test('two replicas that each see half of the examples learn as well as one that sees all', async () => {
    const alone = await replicaOf()
    const pair = [await replicaOf(), await replicaOf()]
    for (let round = 0; round < 20; round++) {
      const some = examples(100 + round, 64)
      await alone.train(some)
      await pair[0].train(some.slice(0, 32))
      await pair[1].train(some.slice(32))
      // Out of step: one packs before the other's delta arrives, and the other after it.
      const first = await pair[0].shared.pack(2)
      const second = await pair[1].shared.pack(2)
      await pair[1].shared.apply(first)
      await pair[0].shared.apply(second)
    }
    const target = await accuracy(alone)
    ok(target > 0.9)
    for (const replica of pair) ok((await accuracy(replica)) > target - 0.03)
    deepStrictEqual(await pair[0].shared.sharedHash(), await pair[1].shared.sharedHash())
  })

  test('replicas that have applied the same deltas have the same shared values, whatever the order', async () => {
    const event = fc.tuple(fc.constantFrom('train', 'pack', 'apply', 'apply'), fc.nat(2), fc.nat(9))
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 6, maxLength: 24 }), async events => {
        const replicas = await Promise.all([0, 1, 2].map(() => replicaOf({ batch: 8 })))
        const waiting: Delta[][] = [[], [], []]
        for (const [i, [kind, which, choice]] of events.entries()) {
          const replica = replicas[which]
          if (kind === 'train') await replica.train(examples(i + 1, 16))
          if (kind === 'pack') {
            const delta = await replica.shared.pack(3)
            for (const other of [0, 1, 2]) if (other !== which) waiting[other].push(delta)
          }
          const [delta] = waiting[which].splice(
            choice % Math.max(1, waiting[which].length),
            kind === 'apply' ? 1 : 0
          )
          if (delta !== undefined) await replica.shared.apply(delta)
        }
        for (const [which, deltas] of waiting.entries())
          for (const delta of deltas.reverse()) await replicas[which].shared.apply(delta)
        const hashes = await Promise.all(replicas.map(replica => replica.shared.sharedHash()))
        deepStrictEqual(hashes, [hashes[0], hashes[0], hashes[0]])
        const [rows, others] = await Promise.all(replicas.map(replica => replica.shared.rowHashes()))
        deepStrictEqual(others, rows)
        for (const replica of replicas) await replica.close()
      }),
      { numRuns: 12 }
    )
  })

  test('what is not sent yet is kept where others add theirs', async () => {
    const [one, other] = [await replicaOf(), await replicaOf()]
    await other.train(examples(1, 64))
    await one.train(examples(2, 64))
    const before = await one.predict([new Float32Array(INPUTS).fill(1)])
    await one.shared.apply(await other.shared.pack(1))
    notDeepStrictEqual(await one.predict([new Float32Array(INPUTS).fill(1)]), before)
    const delta = await one.shared.pack(2)
    ok(delta[0].rows.length > 0)
  })

  test('statistics are averaged: two replicas that saw the same come to what one did, not to twice that', async () => {
    const alone = await replicaOf()
    const pair = [await replicaOf(), await replicaOf()]
    const some = examples(3, 160)
    for (const replica of [alone, ...pair]) await replica.train(some)
    await alone.shared.pack(1)
    const first = await pair[0].shared.pack(2)
    await pair[1].shared.apply(first)
    await pair[0].shared.apply(await pair[1].shared.pack(2))
    const [wanted] = await statistics(alone)
    const [got] = await statistics(pair[0])
    ok(Math.abs(got - wanted) < 0.2 * Math.abs(wanted), `${got}; ${wanted} wanted`)
  })

  test('frozen layers are not sent, and do not change', async () => {
    const model = network()
    model.layers[0].trainable = false
    const replica = await replicaOf({ model })
    const all = await replicaOf()
    ok(replica.shared.names.size < all.shared.names.size)
    const before = model.layers[0].getWeights()[0].dataSync().slice()
    await replica.train(examples(1, 64))
    await replica.shared.pack(1)
    deepStrictEqual(model.layers[0].getWeights()[0].dataSync(), before)
  })

  test('a newcomer adopts a state, keeps what it has not sent, and then agrees', async () => {
    const [old, newcomer] = [await replicaOf(), await replicaOf()]
    await old.train(examples(1, 160))
    await old.shared.pack(1)
    await newcomer.train(examples(2, 32))
    await newcomer.shared.pack(1)
    const every = Uint32Array.from({ length: old.shared.names.size }, (_, row) => row)
    const state = await old.shared.readShared(old.shared.tables.map(() => every))
    await newcomer.shared.adopt(
      state,
      old.shared.tables.map(() => new Uint32Array(0))
    )
    deepStrictEqual(await newcomer.shared.sharedHash(), await old.shared.sharedHash())
    // And back to what a new network has.
    await newcomer.shared.adopt(await old.shared.readShared([new Uint32Array(0), new Uint32Array(0)]), [
      every,
      every
    ])
    deepStrictEqual(await newcomer.shared.sharedHash(), await (await replicaOf()).shared.sharedHash())
  })

  test('the fingerprint tells networks that begin alike from others', async () => {
    deepStrictEqual((await replicaOf()).shared.fingerprint, (await replicaOf()).shared.fingerprint)
    notDeepStrictEqual(
      (await replicaOf({ model: network(9) })).shared.fingerprint,
      (await replicaOf()).shared.fingerprint
    )
  })

  test('an example that does not fit is refused in one line, and the next ones train', async () => {
    const replica = await replicaOf()
    const input = new Float32Array(INPUTS)
    await rejects(replica.train([{ input: [1], label: 0 }]), /layers: an input must have 6 values; got 1$/)
    await rejects(replica.train([{ input, label: 3 }]), /layers: a label must be a class, 0 to 2; got 3$/)
    await rejects(replica.train([{ input, label: 0.5 }]), /layers: a label must be a class, 0 to 2; got 0.5$/)
    await rejects(
      replica.train([{ input: [0, 0, Number.NaN, 0, 0, 0], label: 0 }]),
      /layers: value 2 of an input is NaN$/
    )
    await replica.train(examples(1, 32))
    deepStrictEqual((await replica.progress()).words, 32)
  })

  test('options that are wrong are refused in one line', async () => {
    await rejects(replicaOf({ batch: 0 }), /layers: batch must be a whole number, at least 1; got 0$/)
    await rejects(replicaOf({ gain: 2 }), /layers: gain must be 0 to 1; got 2$/)
    await rejects(
      replicaOf({ optimizer: { kind: 'sgd', rate: -1 } }),
      /layers: the rate must be above 0; got -1$/
    )
    const model = network()
    for (const layer of model.layers) layer.trainable = false
    await rejects(
      replicaOf({ model }),
      /layers: the network has no weights to train; all its layers are frozen$/
    )
  })

  test('training that diverges stops with a line that says what to lower, and is not shared', async () => {
    const replica = await replicaOf({
      model: sequential({
        layers: [layers.dense({ units: 1, inputShape: [INPUTS], kernelInitializer: 'ones' })]
      }),
      loss: 'meanSquaredError',
      optimizer: { kind: 'sgd', rate: 1e30 }
    })
    const some = examples(1, 320).map(({ input }) => ({ input, label: 1 }))
    await rejects(
      replica.train(some),
      error => error instanceof DivergenceError && /lower the rate \(now 1e\+30, sgd\)$/.test(error.message)
    )
    await rejects(replica.shared.pack(1), /layers: not packed, since training had failed/)
  })

  test('training, packing and applying leave no tensors behind', async () => {
    const [one, other] = [await replicaOf(), await replicaOf()]
    const round = async () => {
      await one.train(examples(1, 64))
      await other.shared.apply(await one.shared.pack(2))
      await other.train(examples(2, 64))
      await one.shared.apply(await other.shared.pack(2))
      await one.predict([new Float32Array(INPUTS)])
    }
    await round()
    const { numTensors } = memory()
    for (let i = 0; i < 3; i++) await round()
    deepStrictEqual(memory().numTensors, numTensors)
  })
})

function network(seed = 1): LayersModel {
  const initializer = (of: number) => initializers.glorotUniform({ seed: seed + of })
  return sequential({
    layers: [
      layers.dense({
        units: 48,
        activation: 'relu',
        inputShape: [INPUTS],
        kernelInitializer: initializer(1)
      }),
      layers.batchNormalization({ momentum: 0.9 }),
      layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer: initializer(2) })
    ]
  })
}

/** Points in a cube, by which of their first three coordinates is the greatest. */
function examples(seed: number, count: number): Example[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 2 - 1
  }
  return Array.from({ length: count }, () => {
    const input = Float32Array.from({ length: INPUTS }, next)
    const first = input.subarray(0, CLASSES)
    return { input, label: first.indexOf(Math.max(...first)) }
  })
}

async function accuracy(replica: LayersReplica): Promise<number> {
  const some = examples(77777, 400)
  const given = await replica.predict(some.map(({ input }) => input))
  const right = given.filter((scores, i) => scores.indexOf(Math.max(...scores)) === some[i].label)
  return right.length / some.length
}

/** How far the first moving mean has moved from where it began, in its unit, as agreed on. */
async function statistics(replica: LayersReplica): Promise<number[]> {
  const none = new Uint32Array(0)
  const [, changes] = await replica.shared.readShared([none, Uint32Array.of(0)])
  return [changes.values[0]]
}
