import { deepStrictEqual, notDeepStrictEqual } from 'node:assert'
import { before, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, tensor2d, train } from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { keepTrainingRules } from '../../../src/models/saved-training.ts'

before(() => setBackend('cpu'))

/** A network with a normalisation in a model of its own, and the statistics of that after a step of training. */
async function step(options: { scale?: boolean; center?: boolean }, prepare: (base: LayersModel) => void) {
  const base = sequential({ layers: [layers.batchNormalization({ inputShape: [2], ...options })] })
  const model = sequential({
    layers: [layers.inputLayer({ inputShape: [2] }), base, layers.dense({ units: 1 })]
  })
  keepTrainingRules(model)
  prepare(base)
  model.compile({ loss: 'meanSquaredError', optimizer: train.sgd(0.1) })
  await model.trainOnBatch(
    tensor2d([
      [1, 2],
      [3, 7]
    ]),
    tensor2d([[1], [2]])
  )
  return base.layers[0]
    ?.getWeights()
    .slice(-2)
    .map(weight => [...weight.dataSync()])
}

const UNTOUCHED = [
  [0, 0],
  [1, 1]
]

test('batch normalisation keeps its statistics while its layer is frozen, or the model it is in', async () => {
  deepStrictEqual(
    await step({}, base => {
      for (const layer of base.layers) layer.trainable = false
    }),
    UNTOUCHED
  )
  deepStrictEqual(
    await step({}, base => {
      base.trainable = false
    }),
    UNTOUCHED
  )
})

test('batch normalisation that is not frozen follows the batches, with or without factor and offset', async () => {
  for (const scale of [true, false]) {
    for (const center of [true, false]) {
      notDeepStrictEqual(await step({ scale, center }, () => {}), UNTOUCHED)
    }
  }
})
