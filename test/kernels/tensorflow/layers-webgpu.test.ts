import { after, before, suite, test } from 'node:test'
import { setBackend, tensor2d } from '@tensorflow/tfjs-core'
import { layers } from '@tensorflow/tfjs-layers'
import { openTensorflowWebGpu } from '../../../kernels/tensorflow.ts'
import { layerCases } from './layer-cases.ts'
import { checkEmbedding, checkLayer } from './layer-check.ts'
import { checkLoss, lossCases } from './loss-cases.ts'

// On the software adapter, where there is no GPU.
suite('on WebGPU, values and gradients are those of float64 and of the cpu backend', () => {
  let ours = ''
  before(async () => {
    ours = (await openTensorflowWebGpu({ software: true })).backend
  })
  after(() => setBackend(ours))

  for (const layer of layerCases) test(layer.name, () => checkLayer(ours, layer))

  test('embedding', () => {
    const words = tensor2d([0, 1, 5, 5, 5, 2, 2, 0, 1, 1, 3, 3, 4, 0, 0], [3, 5], 'int32')
    return checkEmbedding(ours, layers.embedding({ inputDim: 6, outputDim: 4 }), words)
  })

  for (const loss of lossCases) test(loss.name, () => checkLoss(ours, loss))
})
