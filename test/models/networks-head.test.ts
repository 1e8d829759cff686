import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { before, test } from 'node:test'
import { ones } from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { openTensorflow, type Tensorflow } from '../../kernels/tensorflow.ts'
import { layersModel } from '../../src/models/layers.ts'
import { networkFrom, networkState } from '../../src/models/layers-network.ts'
import { withNewHead } from '../../src/models/networks-head.ts'
import { openNetwork } from '../../src/models/networks-open.ts'
import { fileStore } from '../../src/sinks/file-store.ts'
import { FOLDER, weightsOf } from './saved/expected.ts'

const PICTURES = { height: 8, width: 8, channels: 3 }

let tensorflow: Tensorflow
before(async () => {
  tensorflow = await openTensorflow({ threads: 1 })
})

/** A network for three classes that Keras has saved, opened for two. */
function opened(newHead: number, frozen: readonly string[] = []): Promise<LayersModel> {
  const choice = { saved: fileStore(`${FOLDER}/keras3`), file: 'convolutions.keras', frozen, newHead }
  return openNetwork(choice, PICTURES, 2)
}

/** The values of the layers that are kept, and of the new one. */
function valuesOf(model: LayersModel): { kept: number[][]; head: number[][] } {
  const all = [...weightsOf(model).values()].map(weight => Array.from(weight.dataSync()))
  return { kept: all.slice(0, -2), head: all.slice(-2) }
}

test('a network of Keras gets a new last layer, drawn from the seed, and is otherwise as it was', async () => {
  const [one, same, other] = [await opened(1), await opened(1), await opened(2)]
  deepStrictEqual(one.outputs[0].shape, [null, 2])
  deepStrictEqual(valuesOf(one), valuesOf(same))
  deepStrictEqual(valuesOf(one).kept, valuesOf(other).kept)
  notDeepStrictEqual(valuesOf(one).head, valuesOf(other).head)
  const copy = networkFrom(await networkState(one))
  const image = ones([1, 8, 8, 3])
  const given = [one, copy].map(network => Array.from([network.predict(image)].flat()[0].dataSync()))
  deepStrictEqual(given[0], given[1])
  ok(Math.abs(given[0][0] + given[0][1] - 1) < 1e-6)
})

test('with all else frozen, training changes the new layer alone, which learns other classes', async () => {
  const model = await opened(1, ['all'])
  const before = valuesOf(model)
  const replica = await layersModel(tensorflow, {
    model,
    loss: 'sparseCategoricalCrossentropy',
    optimizer: { kind: 'adam', rate: 0.05 },
    batch: 4
  })
  // Bright pictures, and dark ones.
  const pictures = Array.from({ length: 40 }, (_, i) => ({
    input: new Float32Array(192).fill((i % 2) + (i % 7) / 20),
    label: i % 2
  }))
  for (let pass = 0; pass < 10; pass++) await replica.train(pictures)
  const given = await replica.predict(pictures)
  const right = given.filter((values, i) => Number(values[1] > values[0]) === i % 2)
  ok(right.length >= 36, `${right.length} of 40`)
  const after = valuesOf(model)
  deepStrictEqual(after.kept, before.kept)
  notDeepStrictEqual(after.head, before.head)
  await replica.close()
})

test('a network without a top gets the means of its features and a layer behind them; another end is refused', () => {
  const convolution = () =>
    layers.conv2d({ filters: 5, kernelSize: 3, inputShape: [8, 8, 3], name: 'classes' })
  const open = withNewHead(sequential({ layers: [convolution()] }), 4, 1)
  deepStrictEqual(open.outputs[0].shape, [null, 4])
  strictEqual(open.layers.at(-1)?.name, 'new_classes')
  const ended = sequential({
    name: 'mine',
    layers: [convolution(), layers.flatten(), layers.batchNormalization({ name: 'norm' })]
  })
  throws(
    () => withNewHead(ended, 4, 1),
    /^RangeError: networks: mine must end in a dense layer, which a new one replaces, or in pictures of features; its last layer norm is a BatchNormalization$/
  )
})
