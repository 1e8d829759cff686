import { deepStrictEqual, notDeepStrictEqual, ok } from 'node:assert'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow, openTensorflowWebGpu } from '../../../kernels/tensorflow.ts'
import { type LayersReplica, layersModel } from '../../../src/models/layers.ts'
import { seeded } from '../../../src/models/layers-seed.ts'
import { fileStore } from '../../../src/sinks/file-store.ts'

const network = () =>
  seeded(
    sequential({
      layers: [
        layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 2] }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.batchNormalization(),
        layers.flatten(),
        layers.dense({ units: 3, activation: 'softmax' })
      ]
    }),
    5
  )

const options = {
  loss: 'sparseCategoricalCrossentropy',
  optimizer: { kind: 'sgd', rate: 0.1 },
  batch: 8
} as const

const examples = Array.from({ length: 16 }, (_, i) => ({
  input: Float32Array.from({ length: 128 }, (_, d) => Math.sin(1 + i * 128 + d)),
  label: i % 3
}))

// A process of its own: TensorFlow.js has one backend at a time. On the software adapter, where there is no GPU.
test('a network trains on WebGPU as on the cpu backend, and what it packs another applies', async () => {
  const tensorflow = await openTensorflowWebGpu({ software: true })
  deepStrictEqual(getBackend(), 'tensair-webgpu')
  const [one, other] = [
    await layersModel(tensorflow, { ...options, model: await network() }),
    await layersModel(tensorflow, { ...options, model: await network() })
  ]
  await one.train(examples)
  const { loss } = await one.progress()

  await setBackend('cpu')
  const plain = await network()
  const wanted = await layersModel(tensorflow, { ...options, model: plain })
  await wanted.train(examples)
  ok(Math.abs(loss - (await wanted.progress()).loss) < 1e-4)
  await setBackend(tensorflow.backend)

  await other.shared.apply(await one.shared.pack(1))
  deepStrictEqual(await other.shared.sharedHash(), await one.shared.sharedHash())
  const inputs = examples.map(({ input }) => input)
  const [given, adopted] = [await one.predict(inputs), await other.predict(inputs)]
  for (const [i, scores] of given.entries())
    for (const [j, score] of scores.entries()) ok(Math.abs(score - adopted[i][j]) < 0.1)
})

test('a peer on WebGPU and one on WASM agree bit for bit on what both have packed', async () => {
  const opened = [await openTensorflow({ threads: 1 }), await openTensorflowWebGpu({ software: true })]
  const peers: { backend: string; replica: LayersReplica }[] = []
  for (const tensorflow of opened) {
    await setBackend(tensorflow.backend)
    const replica = await layersModel(tensorflow, { ...options, model: await network() })
    peers.push({ backend: tensorflow.backend, replica })
  }
  deepStrictEqual(peers[0].replica.shared.fingerprint, peers[1].replica.shared.fingerprint)
  const hashes = () => Promise.all(peers.map(({ replica }) => replica.shared.sharedHash()))
  const initial = await hashes()
  for (let round = 0; round < 4; round++) {
    for (const [i, { backend, replica }] of peers.entries()) {
      await setBackend(backend)
      await replica.train(examples.slice(8 * i, 8 * i + 8))
      const delta = await replica.shared.pack(2)
      ok(delta.every(({ rows }) => rows.length > 0))
      await setBackend(peers[1 - i].backend)
      await peers[1 - i].replica.shared.apply(delta)
    }
    const [one, other] = await hashes()
    deepStrictEqual(one, other)
    notDeepStrictEqual(one, initial[0])
  }
  // And a third takes over from either what they agree on.
  const [wasm, webgpu] = peers
  const rows = webgpu.replica.shared.tables.map(({ capacity }) =>
    Uint32Array.from({ length: capacity }, (_, i) => i)
  )
  const none = rows.map(() => new Uint32Array(0))
  await setBackend(wasm.backend)
  const late = await layersModel(opened[0], { ...options, model: await network() })
  await late.shared.adopt(await webgpu.replica.shared.readShared(rows), none)
  deepStrictEqual(await late.shared.sharedHash(), await webgpu.replica.shared.sharedHash())
  deepStrictEqual(await late.shared.rowHashes(), await webgpu.replica.shared.rowHashes())
  for (const { backend, replica } of [...peers, { backend: wasm.backend, replica: late }]) {
    await setBackend(backend)
    await replica.close()
  }
})

test('a replica on WebGPU goes on where it was saved', async () => {
  const tensorflow = await openTensorflowWebGpu({ software: true })
  const folder = await mkdtemp(join(tmpdir(), 'tensair-'))
  const store = fileStore(folder)
  const one = await layersModel(tensorflow, { ...options, model: await network() })
  await one.train(examples)
  await one.shared.pack(2)
  await one.train(examples)
  await one.save(store)
  const resumed = await layersModel(tensorflow, { resume: store })
  deepStrictEqual(await resumed.shared.sharedHash(), await one.shared.sharedHash())
  deepStrictEqual(await resumed.shared.pack(2), await one.shared.pack(2))
  await one.close()
  await resumed.close()
  await rm(folder, { recursive: true })
})
