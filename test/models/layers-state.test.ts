import { deepStrictEqual, notDeepStrictEqual, rejects } from 'node:assert'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { memory } from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { CheckpointError } from '../../src/models/checkpoint.ts'
import { type LayersOptions, type LayersReplica, layersModel } from '../../src/models/layers.ts'
import type { LayersOptimizer } from '../../src/models/layers-optimizer.ts'
import { readState } from '../../src/models/layers-state.ts'
import { layersInThread } from '../../src/models/layers-thread.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { INPUTS, points, smallNetwork } from './small-network.ts'

suite('a checkpoint of a network', () => {
  let tensorflow: Tensorflow
  let folder: string
  before(async () => {
    tensorflow = await openTensorflow({ threads: 1 })
    folder = mkdtempSync(join(tmpdir(), 'tensair-layers-'))
  })
  after(() => rmSync(folder, { recursive: true }))
  const storeAt = (name: string) => fileStore(join(folder, name))

  const options = (optimizer: LayersOptimizer, model = smallNetwork()): LayersOptions => ({
    model,
    loss: 'sparseCategoricalCrossentropy',
    optimizer,
    batch: 16
  })

  const chunkAt = (seed: number) => {
    const some = points(seed, 53)
    return { length: 53, position: { bytes: seed }, [Symbol.iterator]: () => some[Symbol.iterator]() }
  }

  /** Some steps, with packs as in a swarm; the last batch is not full, and not all is packed. */
  const train = async (replica: LayersReplica, seed: number) => {
    for (let i = 0; i < 2; i++) {
      await replica.train(chunkAt(seed + i))
      // In a thread, its chunk may still be in training; this waits for it.
      await replica.progress()
      await replica.shared.pack(2)
    }
    await replica.train(chunkAt(seed + 2))
  }

  test('a resumed replica goes on bit for bit, here and in a thread', async () => {
    for (const [kind, resume] of [
      ['sgd', 'here'],
      ['momentum', 'here'],
      ['adam', 'in a thread']
    ] as const) {
      const one = await layersModel(tensorflow, options({ kind, rate: 0.02 }))
      await train(one, 1)
      one.rate(0.03)
      one.boost(1.5)
      one.resetHead()
      await one.save(storeAt(kind))
      const saved = { resume: storeAt(kind) }
      const other = await (resume === 'here'
        ? layersModel(tensorflow, saved)
        : layersInThread({ ...saved, threads: 1 }))
      deepStrictEqual(other.shared.fingerprint, one.shared.fingerprint)
      deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
      for (const [i, replica] of [one, other].entries()) {
        await train(replica, 10)
        replica.resetHead()
        await train(replica, 20)
        await replica.save(storeAt(`${kind} ${i}`))
      }
      const [wanted, got] = [await readState(storeAt(`${kind} 0`)), await readState(storeAt(`${kind} 1`))]
      deepStrictEqual(got, wanted)
      notDeepStrictEqual(got.network.weights, (await readState(storeAt(kind))).network.weights)
      deepStrictEqual(await other.progress(), await one.progress())
      await Promise.all([one.close(), other.close()])
    }
  })

  test('what a replica in a thread saves, one here resumes', async () => {
    const one = await layersInThread({ ...options({ kind: 'adam' }), threads: 1 })
    await train(one, 1)
    await one.save(storeAt('thread'))
    const other = await layersModel(tensorflow, { resume: storeAt('thread') })
    for (const replica of [one, other]) {
      await train(replica, 2)
      await replica.drain()
    }
    deepStrictEqual(await other.progress(), await one.progress())
    deepStrictEqual(await other.shared.pack(1), await one.shared.pack(1))
    await Promise.all([one.close(), other.close()])
  })

  test('frozen layers, inner networks and a network of its own kind of freezing come back as they were', async () => {
    const inner = sequential({ layers: [layers.dense({ units: 4, inputShape: [INPUTS], name: 'deep' })] })
    inner.trainable = false
    const outer = sequential({
      layers: [
        inner,
        layers.dense({ units: 5, name: 'mid' }),
        layers.dense({ units: 3, activation: 'softmax', name: 'head' })
      ]
    })
    outer.layers[1].trainable = false
    const one = await layersModel(tensorflow, options({ kind: 'adam' }, outer))
    await one.save(storeAt('frozen'))
    const other = await layersModel(tensorflow, { resume: storeAt('frozen') })
    deepStrictEqual(other.shared.tables, one.shared.tables)
    for (const replica of [one, other]) await train(replica, 1)
    deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
    const some = points(4, 20)
    deepStrictEqual(await other.predict(some), await one.predict(some))
  })

  test('saving, resuming and closing leave no tensors behind', async () => {
    const round = async (kind: LayersOptimizer['kind']) => {
      const one = await layersModel(tensorflow, options({ kind, rate: 0.01 }))
      await train(one, 1)
      await one.save(storeAt('memory'))
      const other = await layersModel(tensorflow, { resume: storeAt('memory') })
      await train(other, 2)
      other.resetHead()
      other.rate(0.02)
      await Promise.all([one.close(), other.close()])
    }
    const { numTensors } = memory()
    for (const kind of ['sgd', 'momentum', 'adam'] as const) {
      await round(kind)
      deepStrictEqual(memory().numTensors, numTensors, kind)
    }
  })

  test('a replica whose training failed is not saved', async () => {
    const linear: LayersModel = sequential({ layers: [layers.dense({ units: 1, inputShape: [INPUTS] })] })
    const replica = await layersModel(tensorflow, {
      model: linear,
      loss: 'meanSquaredError',
      optimizer: { kind: 'sgd', rate: 1e30 }
    })
    await rejects(replica.train(points(1, 320).map(({ input }) => ({ input, label: 1 }))), /diverged/)
    await rejects(
      replica.save(storeAt('failed')),
      /layers: not saved, since training had failed \(layers: training diverged/
    )
  })

  test('what is no sound checkpoint is refused in one line', async () => {
    const replica = await layersModel(tensorflow, options({ kind: 'sgd', rate: 0.1 }))
    await replica.save(storeAt('damaged'))
    const refused = (line: RegExp) =>
      rejects(
        layersModel(tensorflow, { resume: storeAt('damaged') }),
        error => error instanceof CheckpointError && line.test(error.message)
      )
    const manifest = join(folder, 'damaged', 'checkpoint.json')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace('"model": "layers"', '"model": "word2vec"'))
    await refused(/it is of a word2vec model; a layers model is wanted$/)
    writeFileSync(manifest, text.replace('"counts"', '"count"'))
    await refused(/damaged: counts is missing$/)
    writeFileSync(manifest, text.replaceAll('"class_name": "Dense"', '"class_name": "Dance"'))
    await refused(/layers: the checkpoint cannot be resumed: .*Dance/)
    writeFileSync(manifest, text)
    const [tensors] = readdirSync(join(folder, 'damaged')).filter(name => name.endsWith('.safetensors'))
    truncateSync(join(folder, 'damaged', tensors), 100)
    await refused(/has 100 bytes, the manifest says/)
    await rejects(layersModel(tensorflow, { resume: storeAt('nothing') }), /no checkpoint in/)
  })
})
