import { deepStrictEqual, ok } from 'node:assert'
import { after, before, suite, test } from 'node:test'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
// Registers the gradients of all operations.
import '@tensorflow/tfjs-layers'
import { openTensorflow } from '../../../kernels/tensorflow/open.ts'
import { convolution, doubled, gradient, greatest, product, type Values, type Window } from './float64.ts'

// |ours - wanted| <= 1e-4 · (1 + |wanted|): sums of a few hundred f32 products of numbers near 1, and a numeric
// derivative of 1e-5 steps, which is exact to about 1e-9 here.
const TOLERANCE = 1e-4

suite('gradients of TensorFlow.js on our backend', () => {
  let ours = ''
  before(async () => {
    ours = (await openTensorflow({ threads: 2 })).backend
  })
  after(() => tf.setBackend(ours))

  /** Gradients of Σ dy·f(inputs) on a backend. */
  async function gradients(
    backend: string,
    shapes: readonly (readonly number[])[],
    f: (...inputs: tf.Tensor[]) => tf.Tensor
  ): Promise<{ inputs: Values[]; dy: Float32Array; got: Float32Array[] }> {
    await tf.setBackend(backend)
    const inputs = shapes.map((shape, i) => tf.tensor(drawn(product1(shape), i + 1), [...shape]))
    const y = f(...inputs)
    const dy = tf.tensor(drawn(y.size, 99), y.shape)
    const got = tf.grads(f)(inputs, dy)
    const result = {
      inputs: inputs.map(x => ({ shape: x.shape, values: Float64Array.from(x.dataSync()) })),
      dy: dy.dataSync<'float32'>(),
      got: got.map(x => x.dataSync<'float32'>())
    }
    tf.dispose([inputs, y, dy, got])
    return result
  }

  async function check(
    shapes: readonly (readonly number[])[],
    f: (...inputs: tf.Tensor[]) => tf.Tensor,
    definition: ((inputs: Values[]) => Float64Array) | undefined
  ): Promise<void> {
    const { inputs, dy, got } = await gradients(ours, shapes, f)
    const { got: plain } = await gradients('cpu', shapes, f)
    for (const [i, values] of got.entries()) {
      close(values, plain[i], `input ${i} against the cpu backend`)
      if (definition === undefined) continue
      const wanted = gradient(inputs[i].values, dy, () => definition(inputs))
      close(values, wanted, `input ${i} against float64`)
    }
  }

  const windows = [
    { pad: 'valid', size: [5, 6], filter: [3, 3], strides: [1, 1] },
    { pad: 'same', size: [5, 6], filter: [3, 3], strides: [1, 1] },
    { pad: 'same', size: [7, 5], filter: [3, 2], strides: [2, 2] },
    { pad: 'valid', size: [7, 8], filter: [2, 3], strides: [3, 2] },
    // A stride longer than the filter: some values are in no window, and the padding of the gradient is negative.
    { pad: 'valid', size: [8, 9], filter: [1, 2], strides: [3, 3] },
    { pad: 'same', size: [6, 6], filter: [1, 1], strides: [2, 2] }
  ] as const

  for (const { pad, size, filter, strides } of windows) {
    const what = `${size} values, filter ${filter}, strides ${strides}, ${pad}`
    test(`a convolution's gradients are right: ${what}`, async () => {
      const x = [2, ...size, 3]
      const window = windowOf(pad, size, filter, strides)
      await check(
        [x, [...filter, 3, 4]],
        (image, weights) => tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, [...strides], pad),
        ([image, weights]) => convolution(image, weights, window)
      )
    })
    test(`a depthwise convolution's gradients are right: ${what}`, async () => {
      const window = windowOf(pad, size, filter, strides)
      await check(
        [
          [2, ...size, 3],
          [...filter, 3, 2]
        ],
        (image, weights) =>
          tf.depthwiseConv2d(image as tf.Tensor4D, weights as tf.Tensor4D, [...strides], pad),
        ([image, weights]) => convolution(image, weights, window, true)
      )
    })
    test(`a max pooling's gradient is right: ${what}`, async () => {
      const window = windowOf(pad, size, filter, strides)
      await check(
        [[2, ...size, 3]],
        image => tf.maxPool(image as tf.Tensor4D, [...filter], [...strides], pad),
        ([image]) => greatest(image, filter, window)
      )
    })
  }

  test('patches that do not fit at once are taken in parts, with the same sum', async () => {
    // 3 images of 150 · 150 places and 5 · 5 · 4 weights: 2.25 M values an image.
    await check(
      [
        [3, 154, 154, 4],
        [5, 5, 4, 1]
      ],
      (image, weights) => tf.mul(tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, 'valid'), 1e-3),
      undefined
    )
  })

  test('of equal values in a window the first gets the gradient, as on the cpu backend', async () => {
    await check(
      [[1, 4, 4, 2]],
      x => tf.maxPool(tf.relu(tf.sub(x, 0.7)) as tf.Tensor4D, 2, 2, 'valid'),
      undefined
    )
  })

  test('a product of matrices has the right gradients, whichever is read transposed', async () => {
    await check(
      [
        [4, 7],
        [7, 5]
      ],
      (a, b) => tf.matMul(a, b),
      ([a, b]) => product(a, b)
    )
    for (const [left, right] of [
      [false, true],
      [true, false],
      [true, true]
    ]) {
      const shapes = [left ? [2, 7, 4] : [2, 4, 7], right ? [2, 5, 7] : [2, 7, 5]]
      await check(shapes, (a, b) => tf.matMul(a, b, left, right), undefined)
    }
  })

  test('sums over any axes are those of the cpu backend', async () => {
    for (const axes of [0, [0, 1], [0, 1, 2], [1], [2], [0, 2], undefined, [-3]]) {
      for (const keepDims of [false, true]) {
        const sums = async (backend: string) => {
          await tf.setBackend(backend)
          const x = tf.tensor(drawn(60, 7), [3, 4, 5])
          const sum = tf.sum(x, axes, keepDims)
          return { shape: sum.shape, values: sum.dataSync<'float32'>() }
        }
        const got = await sums(ours)
        const wanted = await sums('cpu')
        deepStrictEqual(got.shape, wanted.shape)
        close(got.values, wanted.values, `axes ${axes}`)
      }
    }
  })

  test('rows that are gathered twice get both gradients', async () => {
    await check([[5, 3]], x => tf.gather(x, tf.tensor2d([0, 4, 4, 2, 0, 0], [2, 3], 'int32')), undefined)
  })

  test('activations, pooling by means and normalisation have the gradients of the cpu backend', async () => {
    const shape = [[2, 4, 6, 3]]
    const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      relu: tf.relu,
      relu6: x => tf.relu6(tf.mul(x, 5)),
      elu: tf.elu,
      selu: tf.selu,
      leakyRelu: x => tf.leakyRelu(x, 0.3),
      sigmoid: tf.sigmoid,
      tanh: tf.tanh,
      softplus: tf.softplus,
      softmax: x => tf.softmax(x),
      logSoftmax: x => tf.logSoftmax(x),
      avgPool: x => tf.avgPool(x as tf.Tensor4D, [2, 3], 2, 'same'),
      pad: x =>
        tf.pad(x, [
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0]
        ]),
      clip: x => tf.clipByValue(x, -0.4, 0.4)
    }
    for (const f of Object.values(functions)) await check(shape, f, undefined)
    await check(
      [[2, 4, 6, 3], [3], [3], [3]],
      (x, mean, scale, offset) =>
        tf.batchNorm(
          x,
          mean as tf.Tensor1D,
          tf.square(offset) as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
          0.1
        ),
      undefined
    )
    await check([[2, 3], [3]], (x, alpha) => tf.prelu(x, alpha), undefined)
  })

  test('an image that is made larger has the right gradient', async () => {
    const { inputs, dy, got } = await gradients(ours, [[2, 3, 2, 3]], x =>
      tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [6, 4])
    )
    // Not against the cpu backend: version 4.22 of that reads the changes of the first image for all others too.
    close(
      got[0],
      gradient(inputs[0].values, dy, () => doubled(inputs[0])),
      'against float64'
    )
  })

  test('nothing is left behind by a gradient', async () => {
    await gradients(
      ours,
      [
        [2, 5, 5, 3],
        [3, 3, 3, 4]
      ],
      convolved
    )
    const { numTensors } = tf.memory()
    await gradients(
      ours,
      [
        [2, 5, 5, 3],
        [3, 3, 3, 4]
      ],
      convolved
    )
    deepStrictEqual(tf.memory().numTensors, numTensors)
  })
})

const convolved = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same')

function windowOf(
  pad: 'valid' | 'same',
  size: readonly [number, number],
  filter: readonly [number, number],
  strides: readonly [number, number]
): Window {
  const out = size.map((length, axis) =>
    pad === 'same'
      ? Math.ceil(length / strides[axis])
      : Math.floor((length - filter[axis]) / strides[axis]) + 1
  )
  const missing = out.map((length, axis) =>
    Math.max(0, (length - 1) * strides[axis] + filter[axis] - size[axis])
  )
  const before = missing.map(length => (pad === 'same' ? Math.floor(length / 2) : 0))
  return { strides, before: [before[0], before[1]], out: [out[0], out[1]] }
}

/** Numbers in (-1, 1) that differ by 1 / 2048 at least, as far as there are so many, so that no maximum is at a tie. */
function drawn(length: number, seed: number): Float32Array {
  return Float32Array.from(
    { length },
    (_, i) => ((Math.imul(i + 17 * seed, 1597) & 4095) - 2048) / 2048 + seed * 1e-4
  )
}

function product1(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}

function close(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  deepStrictEqual(got.length, wanted.length, what)
  for (let i = 0; i < got.length; i++) {
    ok(
      Math.abs(got[i] - wanted[i]) <= TOLERANCE * (1 + Math.abs(wanted[i])),
      `${what}: value ${i} is ${got[i]}; ${wanted[i]} wanted`
    )
  }
}
