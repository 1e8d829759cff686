import { deepStrictEqual, ok } from 'node:assert'
import { before, suite, test } from 'node:test'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import {
  add,
  findBackend,
  memory,
  mul,
  type Scalar,
  scalar,
  sum,
  type Tensor,
  tensor,
  tidy,
  train,
  type Variable
} from '@tensorflow/tfjs-core'
import { constraints, LayerVariable } from '@tensorflow/tfjs-layers'
import { ROW_VALUES } from '../../../kernels/dense.ts'
import { openTensorflowWebGpu, type Tensorflow } from '../../../kernels/tensorflow.ts'
import { type DenseCase, denseCase, dispose, rest, UNIT } from '../dense-case.ts'

const HALF = { first: 0, limit: 100, top: undefined, shares: new Float64Array(5).fill(0.5) }

suite('weights of TensorFlow.js, changed in their buffers', () => {
  let tensorflow: Tensorflow
  before(async () => {
    tensorflow = await openTensorflowWebGpu({ software: true })
  })

  const opened = () => denseCase(tensorflow, [new Float32Array(1000).fill(1), new Float32Array(7).fill(2)])

  const valuesOf = async (x: Tensor) => Array.from(await x.data<'float32'>())

  /** Adds 1 to every value of a weight, on the device, as an optimiser does. */
  function step({ weights }: DenseCase): void {
    tidy(() => {
      for (const weight of weights) (weight.read() as Variable).assign(add(weight.read(), scalar(1)))
    })
  }

  /** Weights on the device that were changed there and are not packed; TensorFlow.js has submitted all that. */
  async function trained(): Promise<DenseCase> {
    const one = await opened()
    await one.rows.pack(HALF, rest)
    step(one)
    await valuesOf(one.weights[0].read())
    return one
  }

  test('what TensorFlow.js has not submitted yet comes first', async () => {
    const one = await opened()
    step(one)
    const { rows, shifts, values } = await one.rows.pack(HALF, rest)
    // A half of 2^20 units.
    deepStrictEqual([...rows], [0, 1, 2, 3, 4])
    deepStrictEqual([shifts[0], values[0]], [17, 4])
    deepStrictEqual((await valuesOf(one.weights[0].read())).at(-1), 1.5)
    // And what comes after sees what was packed.
    step(one)
    deepStrictEqual((await valuesOf(one.weights[1].read())).at(-1), 3.5)
    dispose(one)
  })

  test('values that were downloaded before are not taken for those after', async () => {
    const one = await opened()
    step(one)
    const [weight] = one.weights
    deepStrictEqual((await valuesOf(weight.read()))[0], 2)
    await one.rows.pack(HALF, rest)
    deepStrictEqual((await valuesOf(weight.read()))[0], 1.5)
    const values = new Int8Array(ROW_VALUES).fill(1)
    await one.rows.apply({ rows: Uint32Array.of(0), shifts: Uint8Array.of(18), values }, rest)
    deepStrictEqual((await valuesOf(weight.read()))[0], 1.75)
    dispose(one)
  })

  test('another tensor of the same values keeps them', async () => {
    const one = await opened()
    const [weight] = one.weights
    const kept = tensor(new Float32Array(1000).fill(3), [1000])
    weight.write(kept)
    await one.rows.pack(HALF, rest)
    deepStrictEqual((await valuesOf(weight.read()))[0], 2)
    deepStrictEqual((await valuesOf(kept))[0], 3)
    kept.dispose()
    dispose(one)
  })

  test('a constraint holds after rows were applied', async () => {
    const x = tensor([1, 1], [2])
    const weight = new LayerVariable(x, 'float32', 'weight', true, constraints.nonNeg())
    x.dispose()
    const rows = tensorflow.rows([weight], UNIT)
    await rows.begin()
    const values = new Int8Array(ROW_VALUES)
    values.set([-2, 1])
    await rows.apply({ rows: Uint32Array.of(0), shifts: Uint8Array.of(20), values }, rest)
    deepStrictEqual(await valuesOf(weight.read()), [0, 2])
    deepStrictEqual([...(await rows.read()).subarray(0, 2)], [-(2 ** 20), 2 ** 21])
    dispose({ rows, weights: [weight] })
  })

  test('a pack is one submission, and nothing but it is read back', async () => {
    const one = await trained()
    const traffic = watched(tensorflow)
    const { rows } = await one.rows.pack(HALF, rest)
    deepStrictEqual(rows.length, 5)
    // A word for each row, and four bits for each value.
    deepStrictEqual(traffic.stop(), { submissions: 1, readBack: 5 * (4 + ROW_VALUES / 2) })
    dispose(one)
  })

  test('of top rows only those are read back', async () => {
    const one = await trained()
    const traffic = watched(tensorflow)
    await one.rows.pack({ ...HALF, top: 2 }, rest)
    deepStrictEqual(traffic.stop(), { submissions: 1, readBack: 5 * 4 + 2 * (ROW_VALUES / 2) })
    dispose(one)
  })

  test('applying is one submission, and nothing is read back', async () => {
    const one = await trained()
    const rows = Uint32Array.of(0, 3, 4)
    const values = new Int8Array(3 * ROW_VALUES).fill(3)
    const traffic = watched(tensorflow)
    await one.rows.apply({ rows, shifts: new Uint8Array(3), values }, rest)
    deepStrictEqual(traffic.stop(), { submissions: 1, readBack: 0 })
    await one.rows.apply({ rows: Uint32Array.of(9), shifts: new Uint8Array(1), values }, rest)
    dispose(one)
  })

  test('steps, packs and applied rows leave no tensors and no memory behind', async () => {
    const one = await opened()
    const optimizer = train.sgd(0.1)
    const round = async () => {
      const variables = one.weights.map(weight => weight.read() as Variable)
      optimizer.minimize(() => mul<Scalar>(sum(variables[0]), sum(variables[1])), false, variables)
      const pack = await one.rows.pack(HALF, rest)
      await one.rows.apply(pack, rest)
      await valuesOf(one.weights[0].read())
    }
    await round()
    const before = memory()
    for (let i = 0; i < 5; i++) await round()
    const after = memory()
    ok(before.numTensors > 0)
    deepStrictEqual(
      [after.numTensors, after.numDataBuffers, after.numBytes],
      [before.numTensors, before.numDataBuffers, before.numBytes]
    )
    optimizer.dispose()
    dispose(one)
  })
})

/** Counts what the device is given and what is read back from it. */
function watched({ backend }: Tensorflow): { stop(): { submissions: number; readBack: number } } {
  const { queue } = findBackend(backend) as WebGPUBackend
  const { submit } = queue
  const { mapAsync } = GPUBuffer.prototype
  const counts = { submissions: 0, readBack: 0 }
  queue.submit = function (buffers) {
    counts.submissions++
    return submit.call(this, buffers)
  }
  GPUBuffer.prototype.mapAsync = function (...range) {
    counts.readBack += this.size
    return mapAsync.apply(this, range)
  }
  return {
    stop() {
      Reflect.deleteProperty(queue, 'submit')
      GPUBuffer.prototype.mapAsync = mapAsync
      return counts
    }
  }
}
