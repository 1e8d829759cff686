import { ok } from 'node:assert'
import { after, before, suite, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type layers as Layers, layers } from '@tensorflow/tfjs-layers'
import { openTensorflow } from '../../../kernels/tensorflow/open.ts'

type Layer = Layers.Layer

// |ours - wanted| <= 2e-4 · (1 + |wanted|): f32 against f32, sums taken in another order.
const TOLERANCE = 2e-4

const image = [4, 6, 3]
const common: readonly [name: string, layer: () => Layer, ...shapes: number[][]][] = [
  ['dense', () => layers.dense({ units: 5, activation: 'relu' }), [7]],
  ['conv1d', () => layers.conv1d({ filters: 4, kernelSize: 3, strides: 2 }), [9, 3]],
  ['conv2d', () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'elu' }), image],
  ['conv2dTranspose', () => layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2 }), image],
  ['depthwiseConv2d', () => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), image],
  ['separableConv2d', () => layers.separableConv2d({ filters: 4, kernelSize: 2 }), image],
  ['maxPooling2d', () => layers.maxPooling2d({ poolSize: 2 }), image],
  ['maxPooling1d', () => layers.maxPooling1d({ poolSize: 2 }), [6, 3]],
  ['averagePooling2d', () => layers.averagePooling2d({ poolSize: 2, padding: 'same' }), image],
  ['globalAveragePooling2d', () => layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }), image],
  ['globalMaxPooling2d', () => layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }), image],
  ['batchNormalization', () => layers.batchNormalization(), image],
  ['layerNormalization', () => layers.layerNormalization(), [7]],
  ['dropout', () => layers.dropout({ rate: 0.3, seed: 5 }), [40]],
  ['flatten', () => layers.flatten(), image],
  ['reshape', () => layers.reshape({ targetShape: [12, 6] }), image],
  ['permute', () => layers.permute({ dims: [2, 1, 3] }), image],
  ['repeatVector', () => layers.repeatVector({ n: 3 }), [7]],
  ['lstm', () => layers.lstm({ units: 4, returnSequences: true }), [5, 3]],
  ['gru', () => layers.gru({ units: 4 }), [5, 3]],
  ['simpleRNN', () => layers.simpleRNN({ units: 4 }), [5, 3]],
  [
    'bidirectional',
    () => layers.bidirectional({ layer: layers.gru({ units: 3 }), mergeMode: 'concat' }),
    [5, 3]
  ],
  ['timeDistributed', () => layers.timeDistributed({ layer: layers.dense({ units: 3 }) }), [5, 3]],
  ['elu', () => layers.elu(), [7]],
  ['reLU', () => layers.reLU(), [7]],
  ['leakyReLU', () => layers.leakyReLU({ alpha: 0.2 }), [7]],
  ['prelu', () => layers.prelu(), [7]],
  ['softmax', () => layers.softmax(), [7]],
  ['activation', () => layers.activation({ activation: 'swish' }), [7]],
  ['add', () => layers.add(), [7], [7]],
  ['multiply', () => layers.multiply(), [7], [7]],
  ['average', () => layers.average(), [7], [7]],
  ['maximum', () => layers.maximum(), [7], [7]],
  ['concatenate', () => layers.concatenate(), [7], [7]],
  ['dot', () => layers.dot({ axes: 1 }), [7], [7]],
  ['zeroPadding2d', () => layers.zeroPadding2d({ padding: 2 }), image]
]

suite('layers on our backend have the values and gradients of the cpu backend', () => {
  let ours = ''
  before(async () => {
    ours = (await openTensorflow({ threads: 2 })).backend
  })
  after(() => tf.setBackend(ours))

  for (const [name, make, ...shapes] of common) {
    test(name, async () => {
      const layer = make()
      const apply = (inputs: tf.Tensor[]) =>
        layer.apply(inputs.length === 1 ? inputs[0] : inputs, { training: true }) as tf.Tensor
      const inputs = shapes.map((shape, i) => drawn([3, ...shape], i + 1))
      apply(inputs) // makes the weights
      await same(ours, layer, apply, inputs)
    })
  }

  test('embedding', async () => {
    const layer = layers.embedding({ inputDim: 6, outputDim: 4 })
    layer.build([3, 5])
    const words = tf.tensor2d([0, 1, 5, 5, 5, 2, 2, 0, 1, 1, 3, 3, 4, 0, 0], [3, 5], 'int32')
    await same(ours, layer, () => layer.apply(words) as tf.Tensor, [])
  })

  test('upSampling2d has the values of the cpu backend', async () => {
    // Its gradient is wrong on that one; kernels.test.ts holds it against float64.
    const layer = layers.upSampling2d({ size: [2, 2] })
    await same(ours, layer, () => layer.apply(drawn([3, ...image], 1)) as tf.Tensor, [])
  })
})

/** Compares values and gradients of the layer's weights and its inputs. */
async function same(
  ours: string,
  layer: Layer,
  apply: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[]
): Promise<void> {
  layer.setWeights(layer.getWeights().map((weight, i) => tf.abs(drawn(weight.shape, 20 + i))))
  const start = layer.getWeights().map(weight => weight.clone())
  const run = async (backend: string) => {
    await tf.setBackend(backend)
    layer.setWeights(start)
    const weights = layer.trainableWeights.map(weight => weight.read() as tf.Variable)
    const places = inputs.map(input => tf.variable(input))
    const y = apply(places)
    const dy = drawn(y.shape, 50)
    const all = [...weights, ...places]
    const grads =
      all.length === 0
        ? {}
        : tf.variableGrads(() => tf.sum(tf.mul(apply(places), dy)) as tf.Scalar, all).grads
    return [y, ...all.map(variable => grads[variable.name])].map(x => Array.from(x.dataSync()))
  }
  const wanted = await run('cpu')
  const got = await run(ours)
  for (const [which, values] of got.entries()) {
    for (const [i, value] of values.entries()) {
      const expected = wanted[which][i]
      ok(
        Math.abs(value - expected) <= TOLERANCE * (1 + Math.abs(expected)),
        `${which === 0 ? 'output' : `gradient ${which}`}, value ${i}: ${value}; ${expected} wanted`
      )
    }
  }
}

function drawn(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from(
    { length: size },
    (_, i) => ((Math.imul(i + 17 * seed, 1597) & 4095) - 2048) / 2048 + 1e-4
  )
  return tf.tensor(values, shape)
}
