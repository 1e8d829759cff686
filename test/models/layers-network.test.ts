import { deepStrictEqual, ok, rejects } from 'node:assert'
import { before, test } from 'node:test'
import { tensor } from '@tensorflow/tfjs-core'
import {
  input,
  type LayersModel,
  layers,
  model,
  type SymbolicTensor,
  sequential
} from '@tensorflow/tfjs-layers'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { networkFrom, networkState } from '../../src/models/layers-network.ts'

before(async () => {
  await openTensorflow({ threads: 1 })
})

/** Two branches that share a layer. */
function branches(): LayersModel {
  const inputs = input({ shape: [6] })
  const shared = layers.dense({ units: 4, activation: 'tanh' })
  const left = shared.apply(inputs)
  const right = shared.apply(layers.dense({ units: 6, useBias: false }).apply(inputs))
  const joined = layers.concatenate().apply([left, right] as SymbolicTensor[])
  return model({ inputs, outputs: layers.dense({ units: 2 }).apply(joined) as SymbolicTensor })
}

const inner = () =>
  sequential({
    layers: [layers.dense({ units: 3, inputShape: [6], activation: 'elu' }), layers.layerNormalization()]
  })

const networks: Record<string, () => LayersModel> = {
  images: () =>
    sequential({
      layers: [
        layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [5, 4, 2], kernelConstraint: 'maxNorm' }),
        layers.batchNormalization(),
        layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
        layers.globalAveragePooling2d({}),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 2, kernelRegularizer: 'l1l2' })
      ]
    }),
  sequences: () =>
    sequential({
      layers: [
        layers.bidirectional({ layer: layers.lstm({ units: 3, returnSequences: true }), inputShape: [4, 2] }),
        layers.timeDistributed({ layer: layers.dense({ units: 3 }) }),
        layers.gru({ units: 2 })
      ]
    }),
  branches,
  'a network in a network': () => sequential({ layers: [inner(), layers.dense({ units: 2 })] })
}

for (const [name, make] of Object.entries(networks)) {
  test(`${name}: the copy has the same weights, trains the same ones and predicts the same`, async () => {
    const network = make()
    network.layers[1].trainable = false
    const copy = networkFrom(structuredClone(await networkState(network)))
    const told = (of: LayersModel) =>
      [of.trainableWeights, of.nonTrainableWeights].map(weights =>
        weights.map(weight => [weight.originalName, weight.shape, Array.from(weight.read().dataSync())])
      )
    deepStrictEqual(told(copy), told(network))
    ok(network.nonTrainableWeights.length > 0)
    const sizes = network.inputs[0].shape.slice(1) as number[]
    const count = sizes.reduce((all, size) => all * size, 3)
    const x = tensor(
      Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
      [3, ...sizes]
    )
    const predicted = (of: LayersModel) => of.predictOnBatch(x)
    const [wanted, got] = [predicted(network), predicted(copy)].flat()
    deepStrictEqual(got.dataSync(), wanted.dataSync())
  })
}

test('a network that is frozen as a whole, and one of whose inner networks is, come back frozen', async () => {
  const frozen = inner()
  frozen.trainable = false
  const outer = sequential({ layers: [frozen, layers.dense({ units: 2, name: 'out' })] })
  const copy = networkFrom(await networkState(outer))
  deepStrictEqual(
    copy.trainableWeights.map(({ originalName }) => originalName),
    ['out/kernel', 'out/bias']
  )
  outer.trainable = false
  deepStrictEqual(networkFrom(await networkState(outer)).trainableWeights, [])
})

test('two weights of one name cannot be told apart', async () => {
  const twice = sequential({
    layers: [layers.dense({ units: 2, inputShape: [2], name: 'a' }), layers.dense({ units: 2, name: 'b' })]
  })
  Object.assign(twice.layers[1].weights[0], { originalName: twice.layers[0].weights[0].originalName })
  await rejects(networkState(twice), /two weights are named a\/kernel; give the layers names of their own$/)
})
