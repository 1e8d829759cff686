import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflowWebGpu } from '../../../kernels/tensorflow.ts'
import { layersModel } from '../../../src/models/layers.ts'
import { seeded } from '../../../src/models/layers-seed.ts'

// A process of its own: TensorFlow.js has one backend at a time. On the software adapter, where there is no GPU.
test('a network trains on WebGPU as on the cpu backend, and what it packs another applies', async () => {
  const tensorflow = await openTensorflowWebGpu({ software: true })
  deepStrictEqual(getBackend(), 'tensair-webgpu')
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
  const [one, other] = [
    await layersModel(tensorflow, { ...options, model: await network() }),
    await layersModel(tensorflow, { ...options, model: await network() })
  ]
  const examples = Array.from({ length: 16 }, (_, i) => ({
    input: Float32Array.from({ length: 128 }, (_, d) => Math.sin(1 + i * 128 + d)),
    label: i % 3
  }))
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
