import { deepStrictEqual, notDeepStrictEqual, ok, rejects, throws } from 'node:assert'
import { before, suite, test } from 'node:test'
import { memory } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { type LayersOptions, type LayersReplica, layersModel } from '../../src/models/layers.ts'
import { DivergenceError } from '../../src/models/row-check.ts'
import type { Delta } from '../../src/types.ts'
import { accuracyOf, INPUTS, inColumns, points, smallNetwork } from './small-network.ts'

suite('a network as a replica', () => {
  let tensorflow: Tensorflow
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
  })

  const replicaOf = (options: Partial<LayersOptions> = {}): Promise<LayersReplica> =>
    layersModel(tensorflow, {
      model: smallNetwork(),
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
      await replica.train(points(1, 200))
      const early = await replica.progress()
      for (let seed = 2; seed < 8; seed++) await replica.train(points(seed, 200))
      await replica.drain()
      const late = await replica.progress()
      deepStrictEqual(late.words, 1400)
      ok(late.loss < early.loss, `${optimizer.kind}: ${late.loss} is not below ${early.loss}`)
      const right = await accuracyOf(replica)
      ok(right > 0.85, `${optimizer.kind}: ${right}`)
      await replica.close()
    }
  })

  test('columns train exactly as single examples do', async () => {
    const single = await replicaOf()
    const columns = await replicaOf()
    const some = points(1, 100)
    await single.train(some)
    await columns.train(inColumns(some))
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
      const some = points(100 + round, 64)
      await alone.train(some)
      await pair[0].train(some.slice(0, 32))
      await pair[1].train(some.slice(32))
      // Out of step: one packs before the other's delta arrives, and the other after it.
      const first = await pair[0].shared.pack(2)
      const second = await pair[1].shared.pack(2)
      await pair[1].shared.apply(first)
      await pair[0].shared.apply(second)
    }
    const target = await accuracyOf(alone)
    ok(target > 0.9)
    for (const replica of pair) ok((await accuracyOf(replica)) > target - 0.03)
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
          if (kind === 'train') await replica.train(points(i + 1, 16))
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

  test('replicas that agree settle on the same bits; one that has learned something since keeps it', async () => {
    const replicas = [await replicaOf(), await replicaOf(), await replicaOf()]
    for (const [i, replica] of replicas.entries()) await replica.train(points(i + 1, 160))
    const deltas: Delta[] = []
    for (const { shared } of replicas) deltas.push(await shared.pack(3))
    for (const [i, { shared }] of replicas.entries())
      for (const delta of deltas.toSpliced(i, 1)) await shared.apply(delta)
    const inputs = points(9, 20)
    const predicted = () => Promise.all(replicas.map(replica => replica.predict(inputs)))
    const before = await predicted()
    notDeepStrictEqual(before[0], before[1])
    await replicas[2].train(points(4, 16))
    const [, , learned] = await predicted()
    for (const { shared } of replicas) await shared.settle()
    const [one, other, third] = await predicted()
    deepStrictEqual(one, other)
    deepStrictEqual(third, learned)
    deepStrictEqual((await replicas[0].shared.pack(3))[0].rows.length, 0)
  })

  test('what is not sent yet is kept where others add theirs', async () => {
    const [one, other] = [await replicaOf(), await replicaOf()]
    await other.train(points(1, 64))
    await one.train(points(2, 64))
    const before = await one.predict([new Float32Array(INPUTS).fill(1)])
    await one.shared.apply(await other.shared.pack(1))
    notDeepStrictEqual(await one.predict([new Float32Array(INPUTS).fill(1)]), before)
    const delta = await one.shared.pack(2)
    ok(delta[0].rows.length > 0)
  })

  test('statistics are averaged: two replicas that saw the same come to what one did, not to twice that', async () => {
    const alone = await replicaOf()
    const pair = [await replicaOf(), await replicaOf()]
    const some = points(3, 160)
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
    const model = smallNetwork()
    model.layers[0].trainable = false
    const replica = await replicaOf({ model })
    const all = await replicaOf()
    ok(replica.shared.names.size < all.shared.names.size)
    const before = model.layers[0].getWeights()[0].dataSync().slice()
    await replica.train(points(1, 64))
    await replica.shared.pack(1)
    deepStrictEqual(model.layers[0].getWeights()[0].dataSync(), before)
  })

  test('a newcomer adopts a state, keeps what it has not sent, and then agrees', async () => {
    const [old, newcomer] = [await replicaOf(), await replicaOf()]
    await old.train(points(1, 160))
    await old.shared.pack(1)
    await newcomer.train(points(2, 32))
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

  test('a pack after each step is what it wants', async () => {
    deepStrictEqual((await replicaOf({ batch: 7 })).shared.packEvery, 7)
    deepStrictEqual((await replicaOf({ batch: undefined })).shared.packEvery, 32)
  })

  test('the fingerprint tells networks that begin alike from others', async () => {
    deepStrictEqual((await replicaOf()).shared.fingerprint, (await replicaOf()).shared.fingerprint)
    notDeepStrictEqual(
      (await replicaOf({ model: smallNetwork(9) })).shared.fingerprint,
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
    await replica.train(points(1, 32))
    deepStrictEqual((await replica.progress()).words, 32)
  })

  test('bad examples are left out and counted where someone hears of them, and the others train as if they had not been', async () => {
    const heard: [string, number][] = []
    const replica = await replicaOf({
      onBadExample: ({ message }, example) => heard.push([message, example])
    })
    const plain = await replicaOf()
    const some = points(1, 40)
    await plain.train(some)
    const [first, ...others] = some
    await replica.train([first, { input: [1], label: 0 }, ...others.slice(0, 9), { ...first, label: -1 }])
    await replica.train(others.slice(9))
    deepStrictEqual(heard, [
      ['layers: an input must have 6 values; got 1', 1],
      ['layers: a label must be a class, 0 to 2; got -1', 11]
    ])
    const { words, skipped } = await replica.progress()
    deepStrictEqual([words, skipped], [40, 2])
    for (const one of [plain, replica]) {
      await one.drain()
      await one.shared.pack(1)
    }
    deepStrictEqual(await replica.shared.sharedHash(), await plain.shared.sharedHash())
  })

  test('what cannot be told in 32 bits is not finite', async () => {
    const replica = await replicaOf()
    await rejects(
      replica.train([{ input: [0, 1e300, 0, 0, 0, 0], label: 0 }]),
      /value 1 of an input is Infinity$/
    )
  })

  test('progress tells the accuracy of the examples trained since the last, before they were learned from', async () => {
    const replica = await replicaOf()
    const some = points(5, 16)
    const given = await replica.predict(some)
    await replica.train(some)
    const right = given.filter((scores, i) => scores.indexOf(Math.max(...scores)) === some[i].label)
    // Batch normalisation predicts by other statistics than it trains by, at first nearly the same.
    const { accuracy } = await replica.progress()
    ok(Math.abs(accuracy - right.length / 16) < 0.2, `${accuracy}; ${right.length} of 16 were right`)
    deepStrictEqual((await replica.progress()).accuracy, Number.NaN)
    for (let seed = 1; seed < 10; seed++) await replica.train(points(seed, 160))
    ok((await replica.progress()).accuracy > 0.6)
    const values = await replicaOf({ loss: 'meanSquaredError' })
    await values.train([{ input: new Float32Array(INPUTS), label: [1, 0, 0] }])
    await values.drain()
    deepStrictEqual((await values.progress()).accuracy, Number.NaN)
  })

  test('the rate changes from the next step on, and what the optimiser remembers stays', async () => {
    for (const kind of ['sgd', 'momentum', 'adam'] as const) {
      const hashAfter = async (first: number, change: (replica: LayersReplica) => void) => {
        const replica = await replicaOf({ optimizer: { kind, rate: first } })
        await replica.train(points(1, 64))
        change(replica)
        await replica.train(points(2, 64))
        await replica.shared.pack(1)
        const hash = await replica.shared.sharedHash()
        await replica.close()
        return hash
      }
      const constant = await hashAfter(0.02, () => {})
      deepStrictEqual(await hashAfter(0.02, replica => replica.rate(0.02)), constant)
      const faster = await hashAfter(0.02, replica => replica.rate(0.04))
      notDeepStrictEqual(faster, constant)
      // A boost is a change of the rate, and goes with any.
      deepStrictEqual(await hashAfter(0.02, replica => replica.boost(2)), faster)
      deepStrictEqual(
        await hashAfter(0.02, replica => {
          replica.boost(0.5)
          replica.rate(0.08)
        }),
        faster
      )
    }
  })

  test('a rate or a boost that is none is refused at once', async () => {
    const replica = await replicaOf()
    throws(() => replica.rate(0), /layers: the rate must be above 0; got 0$/)
    throws(() => replica.boost(Number.NaN), /layers: boost must be a number above 0; got NaN$/)
  })

  test('a head that is reset is another each time, the same in every replica, and travels in the next packs', async () => {
    const [one, other, twice] = [await replicaOf(), await replicaOf(), await replicaOf()]
    const before = await one.predict([new Float32Array(INPUTS).fill(0.5)])
    for (const replica of [one, twice]) replica.resetHead()
    twice.resetHead()
    const send = async (from: LayersReplica, to: LayersReplica) => {
      // Rows are sent with four bits for a value; what rounding leaves goes with the next packs.
      for (let pack = 0; pack < 12; pack++) await to.shared.apply(await from.shared.pack(1))
    }
    await one.drain()
    const input = [new Float32Array(INPUTS).fill(0.5)]
    const reset = await one.predict(input)
    notDeepStrictEqual(reset, before)
    notDeepStrictEqual(await twice.predict(input), reset)
    await send(one, other)
    const [got] = await other.predict(input)
    for (const [i, value] of reset[0].entries()) ok(Math.abs(got[i] - value) < 1e-4, `${got}; ${reset[0]}`)
    deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
  })

  test('options that are wrong are refused in one line', async () => {
    await rejects(replicaOf({ batch: 0 }), /layers: batch must be a whole number, at least 1; got 0$/)
    await rejects(replicaOf({ gain: 2 }), /layers: gain must be 0 to 1; got 2$/)
    await rejects(
      replicaOf({ optimizer: { kind: 'sgd', rate: -1 } }),
      /layers: the rate must be above 0; got -1$/
    )
    const model = smallNetwork()
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
    const some = points(1, 320).map(({ input }) => ({ input, label: 1 }))
    await rejects(
      replica.train(some),
      error => error instanceof DivergenceError && /lower the rate \(now 1e\+30, sgd\)$/.test(error.message)
    )
    await rejects(replica.shared.pack(1), /layers: not packed, since training had failed/)
  })

  test('training, packing and applying leave no tensors behind', async () => {
    const [one, other] = [await replicaOf(), await replicaOf()]
    const round = async () => {
      await one.train(points(1, 64))
      await other.shared.apply(await one.shared.pack(2))
      await other.train(points(2, 64))
      await one.shared.apply(await other.shared.pack(2))
      await one.predict([new Float32Array(INPUTS)])
    }
    await round()
    const { numTensors } = memory()
    for (let i = 0; i < 3; i++) await round()
    deepStrictEqual(memory().numTensors, numTensors)
  })
})

/** How far the first moving mean has moved from where it began, in its unit, as agreed on. */
async function statistics(replica: LayersReplica): Promise<number[]> {
  const none = new Uint32Array(0)
  const [, changes] = await replica.shared.readShared([none, Uint32Array.of(0)])
  return [changes.values[0]]
}
