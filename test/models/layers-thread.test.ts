import { deepStrictEqual, notDeepStrictEqual, ok, rejects, throws } from 'node:assert'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, before, suite, test } from 'node:test'
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { type LayersOptions, type LayersReplica, layersModel } from '../../src/models/layers.ts'
import { type Example, exampleChunk } from '../../src/models/layers-batch.ts'
import { type LayersThreadOptions, layersInThread } from '../../src/models/layers-thread.ts'
import { DivergenceError } from '../../src/models/row-check.ts'
import { loadLayersModel } from '../../src/models/saved-model.ts'
import { SavedModelError } from '../../src/models/saved-source.ts'
import { saveLayersModel } from '../../src/models/saved-write.ts'
import type { Chunk, Delta } from '../../src/types.ts'
import { INPUTS, inColumns, points, smallNetwork } from './small-network.ts'

suite('a network in a thread of its own', () => {
  let tensorflow: Tensorflow
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
  })

  const options = {
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.01 },
    batch: 16
  } as const
  const here = (more: Partial<LayersOptions> = {}): Promise<LayersReplica> =>
    layersModel(tensorflow, { ...options, model: smallNetwork(), ...more })
  const inThread = (more: Partial<LayersThreadOptions> = {}): Promise<LayersReplica> =>
    layersInThread({ ...options, model: smallNetwork(), threads: 1, ...more })

  test('trains as the same network does here, bit for bit, whatever the chunks are made of', async () => {
    const frozen = () => {
      const model = smallNetwork(3)
      model.layers[0].trainable = false
      return model
    }
    for (const [model, columns, threads] of [
      [smallNetwork, inColumns, 1],
      [frozen, (some: Example[]) => some, 2]
    ] as const) {
      const [one, other] = [await here({ model: model() }), await inThread({ model: model(), threads })]
      deepStrictEqual(other.shared.fingerprint, one.shared.fingerprint)
      deepStrictEqual(other.shared.packEvery, one.shared.packEvery)
      deepStrictEqual(other.shared.tables, one.shared.tables)
      deepStrictEqual(other.shared.names.size, one.shared.names.size)
      for (const replica of [one, other]) {
        for (let seed = 1; seed < 5; seed++) await replica.train(columns(points(seed, 50)))
        replica.rate(0.005)
        await replica.train({ ...inColumns(points(5, 50)), position: { bytes: 7 } })
        replica.resetHead()
        replica.boost(2)
        await replica.train(columns(points(6, 50)))
        await replica.drain()
      }
      deepStrictEqual(await other.progress(), await one.progress())
      const some = points(9, 300)
      deepStrictEqual(await other.predict(some), await one.predict(some))
      deepStrictEqual(await other.shared.pack(1), await one.shared.pack(1))
      deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
      deepStrictEqual(await other.shared.rowHashes(), await one.shared.rowHashes())
      await Promise.all([one.close(), other.close()])
    }
  })

  test('bytes train as the same numbers do, and the caller keeps its columns', async () => {
    const inputs = Uint8Array.from({ length: 40 * INPUTS }, (_, i) => (i * 37) % 256)
    const chunk = exampleChunk(
      inputs,
      Array.from({ length: 40 }, (_, i) => i % 3),
      40
    )
    const [one, other] = [await here(), await inThread()]
    for (const replica of [one, other]) {
      for (let pass = 0; pass < 2; pass++) await replica.train(chunk)
      await replica.drain()
      await replica.shared.pack(1)
    }
    deepStrictEqual(inputs.length, 40 * INPUTS)
    deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
    await other.close()
  })

  test('a saved network is opened in the thread, and what is wrong with it is told as it is here', async () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>()
    const store = {
      place: 'memory',
      size: async (name: string) => files.get(name)?.length,
      read: async (name: string, offset: number, length: number) =>
        (files.get(name) ?? new Uint8Array(0)).slice(offset, offset + length),
      async write(name: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
        const all = (await Array.fromAsync(parts)) as Uint8Array<ArrayBuffer>[]
        files.set(name, new Uint8Array(await new Blob(all).arrayBuffer()))
      }
    }
    await saveLayersModel(smallNetwork(4), store)
    const some = points(1, 64)
    const [one, other] = [
      await here({ model: smallNetwork(4) }),
      await inThread({ model: { source: store } })
    ]
    for (const replica of [one, other]) await replica.train(some)
    await other.drain()
    deepStrictEqual(await other.predict(some), await one.predict(some))
    await other.close()

    const errorOf = (opening: Promise<unknown>) =>
      opening.then(
        () => undefined,
        (error: Error) => error
      )
    files.set('weights.bin', new Uint8Array(8))
    const damages: (() => void)[] = [
      () => {},
      () => files.delete('weights.bin'),
      () => files.set('model.json', new TextEncoder().encode('nothing')),
      () => files.delete('model.json')
    ]
    for (const damage of damages) {
      damage()
      const wanted = await errorOf(loadLayersModel(store))
      const got = await errorOf(inThread({ model: { source: store } }))
      ok(wanted instanceof SavedModelError && got instanceof SavedModelError)
      deepStrictEqual(got.message, wanted.message)
    }
  })

  suite('whose steps take long', () => {
    let replica: LayersReplica
    before(async () => {
      replica = await inThread({ model: slowNetwork(), batch: 128 })
    })
    after(() => replica.close())
    const some = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ input: new Float32Array(1024).fill(i % 2), label: i % 2 }))

    test('the event loop stays free', async () => {
      await replica.train(some(128))
      await replica.drain()
      const delay = monitorEventLoopDelay({ resolution: 2 })
      const chunk = some(256)
      delay.enable()
      const begun = performance.now()
      await replica.train(chunk)
      await replica.drain()
      delay.disable()
      const step = (performance.now() - begun) / 2
      ok(step > 100, `a step took ${step} ms`)
      ok(delay.max / 1e6 < step / 2, `steps of ${step} ms held the event loop up for ${delay.max / 1e6} ms`)
    })

    test('a prediction goes between two steps, and does not wait for the chunks', async () => {
      const chunk = some(384)
      await replica.train(chunk)
      const second = replica.train(chunk).then(() => 'trained')
      const predicted = replica.predict([new Float32Array(1024)]).then(() => 'predicted')
      deepStrictEqual(await Promise.race([second, predicted]), 'predicted')
      await second
      await replica.drain()
    })

    test('at most two chunks are on their way', async () => {
      const before = (await replica.progress()).words
      const read: number[] = []
      const chunk = (number: number): Chunk<Example> => ({
        length: 128,
        *[Symbol.iterator]() {
          read.push(number)
          yield* some(128)
        }
      })
      const accepted = [1, 2, 3, 4].map(number => replica.train(chunk(number)))
      const seen: number[][] = []
      for (const one of accepted) {
        await one
        seen.push([...read])
      }
      // When the n-th has been accepted, no more than the next may have been read.
      for (const [i, numbers] of seen.entries()) ok(numbers.length <= i + 2, `${JSON.stringify(seen)}`)
      await replica.drain()
      deepStrictEqual((await replica.progress()).words - before, 512)
    })
  })

  test('an example that does not fit rejects the first call after its chunk, as the error it is here; the next chunks train', async () => {
    const replica = await inThread()
    await replica.train([{ input: [1], label: 0 }])
    await rejects(
      replica.drain(),
      error => error instanceof RangeError && /must have 6 values; got 1$/.test(error.message)
    )
    await replica.train([{ input: new Float32Array(INPUTS), label: 7 }])
    await rejects(replica.progress(), /layers: a label must be a class, 0 to 2; got 7$/)
    await rejects(replica.predict([[1, 2]]), /layers: an input must have 6 values; got 2$/)
    throws(() => replica.rate(-1), /layers: the rate must be above 0; got -1$/)
    await replica.train(points(1, 32))
    await replica.drain()
    deepStrictEqual((await replica.progress()).words, 32)
    await replica.close()
  })

  test('bad examples are told of and counted where someone hears', async () => {
    const heard: [string, number][] = []
    const replica = await inThread({ onBadExample: ({ message }, example) => heard.push([message, example]) })
    const [good, ...others] = points(1, 20)
    await replica.train([good, { input: [1], label: 0 }, ...others])
    const { words, skipped } = await replica.progress()
    deepStrictEqual([words, skipped], [20, 1])
    deepStrictEqual(heard, [['layers: an input must have 6 values; got 1', 1]])
    await replica.close()
    const strict = await inThread({
      onBadExample: error => {
        throw error
      }
    })
    await strict.train([{ input: [1], label: 0 }])
    await rejects(strict.drain(), RangeError)
    await strict.close()
  })

  test('training that diverges rejects as it does here, and is not shared', async () => {
    const replica = await inThread({
      model: sequential({
        layers: [layers.dense({ units: 1, inputShape: [INPUTS], kernelInitializer: 'ones' })]
      }),
      loss: 'meanSquaredError',
      optimizer: { kind: 'sgd', rate: 1e30 }
    })
    await replica.train(points(1, 320).map(({ input }) => ({ input, label: 1 })))
    await rejects(
      replica.drain(),
      error => error instanceof DivergenceError && /lower the rate \(now 1e\+30, sgd\)$/.test(error.message)
    )
    await rejects(replica.shared.pack(1), /layers: not packed, since training had failed/)
    await replica.close()
  })

  test('replicas in threads and here exchange deltas, and agree', async () => {
    const replicas = [await inThread(), await here()]
    for (let round = 0; round < 4; round++) {
      const deltas: Delta[] = []
      for (const [i, replica] of replicas.entries()) {
        await replica.train(points(10 * round + i, 64))
        await replica.drain()
        deltas.push(await replica.shared.pack(2))
      }
      await replicas[0].shared.apply(deltas[1])
      await replicas[1].shared.apply(deltas[0])
      ok(deltas[1][0].values.length > 0, 'what is applied stays with its owner')
    }
    const [one, other] = replicas
    const hash = await other.shared.sharedHash()
    deepStrictEqual(await one.shared.sharedHash(), hash)
    for (const { shared } of replicas) await shared.settle()
    deepStrictEqual(await one.predict(points(5, 9)), await other.predict(points(5, 9)))
    ok(one.shared.spent > 0 && !one.shared.hasMore && one.shared.repaired === 0)

    const every = Uint32Array.from({ length: one.shared.names.size }, (_, row) => row)
    const [all, none] = [every, new Uint32Array(0)].map(rows => one.shared.tables.map(() => rows))
    const state = await one.shared.readShared(all)
    deepStrictEqual(await other.shared.readShared(all), state)
    await one.shared.adopt(await one.shared.readShared(none), all)
    notDeepStrictEqual(await one.shared.sharedHash(), hash)
    await one.shared.adopt(state, none)
    deepStrictEqual(await one.shared.sharedHash(), hash)
    await one.close()
  })

  test('options that are wrong are refused in one line', async () => {
    await rejects(
      inThread({ batch: 0 }),
      /^RangeError: layers: batch must be a whole number, at least 1; got 0$/
    )
    await rejects(
      inThread({ threads: 99 }),
      /^RangeError: tensorflow: threads must be a whole number, 1 to 8; got 99$/
    )
  })

  test('a replica that is closed answers nothing more, and may be closed again', async () => {
    const replica = await inThread()
    const before = await replica.predict([new Float32Array(INPUTS)])
    notDeepStrictEqual(before.length, 0)
    await replica.close()
    await rejects(replica.predict([new Float32Array(INPUTS)]), /layers: the replica is closed$/)
    await rejects(replica.train(points(1, 1)), /layers: the replica is closed$/)
    await replica.close()
  })
})

/** Two million weights. */
function slowNetwork(): LayersModel {
  const dense = (units: number, more: object = {}) =>
    layers.dense({ units, kernelInitializer: initializers.glorotUniform({ seed: units }), ...more })
  return sequential({
    layers: [
      dense(1024, { inputShape: [1024], activation: 'relu' }),
      dense(1023, { activation: 'relu' }),
      dense(3, { activation: 'softmax' })
    ]
  })
}
