import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { before, describe, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import { memory, ones, setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import { newNetwork } from '../../src/models/networks.ts'
import { networkNames } from '../../src/models/networks-names.ts'
import { checkNetwork, freezeLayers } from '../../src/models/networks-tuning.ts'

const DIGITS = { height: 28, width: 28, channels: 1 }
const COLOUR = { height: 32, width: 32, channels: 3 }

before(() => setBackend('cpu'))

test('networks have the numbers of weights that they are known by', () => {
  const counts = networkNames.map(name => {
    const shape = name === 'tutorial' || name === 'normalized' ? COLOUR : DIGITS
    const network = newNetwork(name, shape, 10, 1)
    const count = network.countParams()
    network.dispose()
    return [name, count]
  })
  deepStrictEqual(counts, [
    ['tutorial', 122_570],
    ['small', 56_714],
    ['normalized', 95_210],
    ['mlp', 101_770]
  ])
})

describe('each network', () => {
  for (const name of networkNames) {
    test(`${name} gives probabilities, and what is seeded alike is alike`, () => {
      const shape = { height: 20, width: 18, channels: 3 }
      const [one, same, other] = [1, 1, 2].map(seed => newNetwork(name, shape, 4, seed))
      const image = ones([1, 20, 18, 3])
      const given = [one, same, other].map(network =>
        Array.from((network.predict(image) as Tensor).dataSync())
      )
      strictEqual(given[0].length, 4)
      ok(Math.abs(given[0].reduce((sum, value) => sum + value) - 1) < 1e-6)
      deepStrictEqual(given[1], given[0])
      notDeepStrictEqual(given[2], given[0])
      strictEqual(new Set(one.layers.map(layer => layer.name)).size, one.layers.length)
      checkNetwork(one, shape, 4)
      for (const network of [one, same, other]) network.dispose()
    })
  }
})

test('a network whose pools would leave nothing of the images is refused, and its memory given back', () => {
  const before = memory().numTensors
  throws(
    () => newNetwork('tutorial', { height: 6, width: 40, channels: 3 }, 10, 1),
    /^RangeError: networks: tutorial wants larger images; got 6 · 40 · 3$/
  )
  strictEqual(memory().numTensors, before)
})

describe('freezing', () => {
  const trained = (frozen: readonly string[]) => {
    const network = newNetwork('small', DIGITS, 10, 1)
    freezeLayers(network, frozen)
    const names = network.layers.filter(layer => layer.trainableWeights.length > 0).map(layer => layer.name)
    network.dispose()
    return names
  }

  test('a number freezes the first layers that have weights, a name that layer', () => {
    deepStrictEqual(trained([]), ['conv1', 'conv2', 'dense1', 'classes'])
    deepStrictEqual(trained(['2']), ['dense1', 'classes'])
    deepStrictEqual(trained(['1', 'dense1']), ['conv2', 'classes'])
  })

  test('frees what was frozen before and is not named again', () => {
    const network = newNetwork('small', DIGITS, 10, 1)
    freezeLayers(network, ['2'])
    freezeLayers(network, [])
    strictEqual(network.trainableWeights.length, 4)
    freezeLayers(network, ['conv1'])
    strictEqual(network.trainableWeights.length, 6)
    freezeLayers(network, ['0'])
    strictEqual(network.trainableWeights.length, 8)
    network.dispose()
  })

  test('all leaves the last layer that has weights to train', () => {
    deepStrictEqual(trained(['all']), ['classes'])
  })

  test('refuses a layer that is not there, and leaves one to train', () => {
    throws(() => trained(['conv9']), /small has no layer "conv9" to freeze; it has image, conv1, pool1,/)
    throws(() => trained(['4']), /4 layers have weights, and all are frozen; .*freeze 3 at most$/)
  })
})

describe('a network of a file', () => {
  const network = (...made: layers.Layer[]) => sequential({ name: 'mine', layers: made })

  test('must take such images', () => {
    throws(
      () => checkNetwork(newNetwork('small', DIGITS, 10, 1), COLOUR, 10),
      /small must take images of 32 · 32 · 3, as these are; it takes 28 · 28 · 1$/
    )
  })

  test('must give as many values as there are classes', () => {
    throws(
      () => checkNetwork(newNetwork('small', DIGITS, 10, 1), DIGITS, 7),
      /small must give as many values as there are classes, 7; it gives 10; put a dense layer of 7 with softmax/
    )
  })

  test('must end in softmax, by itself or as the last activation', () => {
    const flatten = () => layers.flatten({ inputShape: [28, 28, 1] })
    checkNetwork(network(flatten(), layers.dense({ units: 3, activation: 'softmax' })), DIGITS, 3)
    checkNetwork(network(flatten(), layers.dense({ units: 3 }), layers.softmax()), DIGITS, 3)
    throws(
      () => checkNetwork(network(flatten(), layers.dense({ units: 3, name: 'logits' })), DIGITS, 3),
      /mine must end in softmax, .*its last layer logits has linear/
    )
  })
})
