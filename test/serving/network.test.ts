import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { before, test } from 'node:test'
import { memory, type Tensor } from '@tensorflow/tfjs-core'
import { input, layers, model, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { loadGraphModel } from '../../src/models/saved-graph.ts'
import { loadLayersModel } from '../../src/models/saved-model.ts'
import { servedNetwork } from '../../src/serving/network.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { expectedOf, FOLDER, numbered } from '../models/saved/expected.ts'

before(async () => {
  await openTensorflow({ threads: 1 })
})

/** The rows of a tensor. */
function rows(tensor: Tensor): Float32Array[] {
  const values = tensor.dataSync<'float32'>()
  const [count = 1] = tensor.shape
  const width = values.length / count
  return Array.from({ length: count }, (_, i) => values.slice(i * width, (i + 1) * width))
}

for (const [kind, load] of [
  ['layers', () => loadLayersModel(fileStore(`${FOLDER}/keras2`), 'convolutions.h5')],
  ['graph', () => loadGraphModel(fileStore(`${FOLDER}/tfjs/graph`))]
] as const) {
  test(`a ${kind} model predicts what Keras predicted, and keeps no memory`, async () => {
    const want = await expectedOf('keras2/convolutions')
    const [x, y] = [numbered(want, 'input')[0], numbered(want, 'prediction')[0]] as [Tensor, Tensor]
    const network = await servedNetwork(await load())
    deepStrictEqual(network.input, x.shape.slice(1))
    deepStrictEqual(network.output, y.shape.slice(1))
    const before = memory().numTensors
    const given = await network.predict(rows(x))
    for (const [i, wanted] of rows(y).entries())
      for (const [j, value] of wanted.entries()) ok(Math.abs((given[i]?.[j] ?? Number.NaN) - value) < 1e-5)
    strictEqual(memory().numTensors, before)
    network.close()
  })
}

test('a graph with control flow predicts too', async () => {
  const float = { dtype: { type: 'DT_FLOAT' } }
  const node = [
    {
      name: 'x',
      op: 'Placeholder',
      attr: { ...float, shape: { shape: { dim: [{ size: -1 }, { size: 2 }] } } }
    },
    { name: 'yes', op: 'Const', attr: { dtype: { type: 'DT_BOOL' } } },
    { name: 'switch', op: 'Switch', input: ['x', 'yes'], attr: {} },
    { name: 'negative', op: 'Neg', input: ['switch:1'], attr: {} },
    { name: 'merge', op: 'Merge', input: ['switch', 'negative'], attr: {} }
  ]
  const weights = [{ name: 'yes', shape: [], dtype: 'bool' }]
  const json = {
    format: 'graph-model',
    modelTopology: { node, versions: { producer: 1 } },
    weightsManifest: [{ paths: ['shard'], weights }]
  }
  const files = new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['shard', Uint8Array.of(1)]
  ])
  const network = await servedNetwork(await loadGraphModel(async name => files.get(name) as Uint8Array))
  deepStrictEqual(await network.predict([Float32Array.of(1, 2), Float32Array.of(3, 4)]), [
    Float32Array.of(-1, -2),
    Float32Array.of(-3, -4)
  ])
})

test('more inputs than go through at once are all predicted, in their order', async () => {
  const network = await servedNetwork(
    sequential({
      layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })]
    })
  )
  const inputs = Array.from({ length: 300 }, (_, i) => Float32Array.of(i, 1))
  deepStrictEqual(
    await network.predict(inputs),
    inputs.map((_, i) => Float32Array.of(i + 1))
  )
  await rejects(network.predict([new Float32Array(3)]), {
    name: 'RangeError',
    message: 'an input must have 2 values; got 3'
  })
})

test('a network that cannot be served is refused, saying why', async () => {
  const open = sequential({ layers: [layers.simpleRNN({ units: 2, inputShape: [null, 3] })] })
  await rejects(servedNetwork(open), { message: 'the sizes of an input must be known; got [, 3]' })
  const [a, b] = [input({ shape: [2] }), input({ shape: [2] })]
  const sum = layers.add().apply([a, b]) as typeof a
  await rejects(servedNetwork(model({ inputs: [a, b], outputs: sum })), {
    message: 'the network must have one input; got 2'
  })
  await rejects(
    servedNetwork(model({ inputs: a, outputs: [a, layers.dense({ units: 1 }).apply(a) as typeof a] })),
    {
      message: 'the network must have one output; got 2'
    }
  )
})
