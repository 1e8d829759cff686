import { deepStrictEqual, notDeepStrictEqual, ok } from 'node:assert'
import { before, suite, test } from 'node:test'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow } from '../../kernels/tensorflow.ts'
import { seeded } from '../../src/models/layers-seed.ts'

const network = () =>
  sequential({
    layers: [
      layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1] }),
      layers.reshape({ targetShape: [36, 4] }),
      layers.lstm({ units: 3 }),
      layers.dense({ units: 3 }),
      layers.dense({ units: 3 })
    ]
  })

const values = (model: LayersModel) => model.getWeights().map(weight => Array.from(weight.dataSync()))

suite('a network with a seed', () => {
  before(() => openTensorflow({ threads: 1 }))

  test('begins with the same weights each time, and with others for another seed', async () => {
    const one = values(await seeded(network(), 7))
    deepStrictEqual(values(await seeded(network(), 7)), one)
    notDeepStrictEqual(values(await seeded(network(), 8)), one)
  })

  test('draws each weight for itself', async () => {
    const all = values(await seeded(network(), 7))
    // The two dense layers of 3 · 3, of which the last has its kernel before its bias.
    notDeepStrictEqual(all.at(-4), all.at(-2))
    ok(all.flat().every(Number.isFinite))
  })

  test('is otherwise the same network', async () => {
    const model = await seeded(network(), 7)
    deepStrictEqual(
      model.layers.map(layer => layer.outputShape),
      network().layers.map(layer => layer.outputShape)
    )
  })
})
