import type { GraphModel } from '@tensorflow/tfjs-converter'
import { cast, dispose, type NamedTensorMap, Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Predictor } from '../types.ts'

/** A network of TensorFlow.js: one of layers, or a graph. */
export type Network = LayersModel | GraphModel

/** A network that only predicts. */
export interface ServedNetwork extends Predictor<Float32Array, Float32Array> {
  /** Sizes of one input, such as [28, 28, 1]. */
  readonly input: readonly number[]
  /** Sizes of one output. */
  readonly output: readonly number[]
  /** Gives the memory back. */
  close(): void
}

/** Inputs that go through the network at once. */
const AT_ONCE = 128

/**
 * Makes a predictor of a network; it is tried with zeros, so that the first request does not wait.
 * @throws RangeError where it has not one input of known sizes, and one output of numbers for each.
 */
export async function servedNetwork(model: Network): Promise<ServedNetwork> {
  const input = inputSizes(model)
  const size = input.reduce((product, size) => product * size, 1)
  const dtype = model.inputs[0]?.dtype ?? 'float32'
  const batch = (values: Float32Array, count: number) =>
    tidy(() => cast(tensor(values, [count, ...input]), dtype))
  const zeros = batch(new Float32Array(size), 1)
  const compute = await computing(model, zeros)
  const tried = await oneOutput(compute(zeros))
  dispose([zeros, tried])
  const [rows, ...output] = tried.shape
  if (rows !== 1) throw new RangeError(`the network gives [${tried.shape}] for one input`)
  const predictSome = async (inputs: readonly Float32Array[]) => {
    const values = new Float32Array(inputs.length * size)
    for (const [i, one] of inputs.entries()) {
      if (one.length !== size) throw new RangeError(`an input must have ${size} values; got ${one.length}`)
      values.set(one, i * size)
    }
    const x = batch(values, inputs.length)
    const y = await oneOutput(compute(x))
    const given = Float32Array.from(await y.data())
    dispose([x, y])
    const width = given.length / inputs.length
    return inputs.map((_, i) => given.slice(i * width, (i + 1) * width))
  }
  return {
    input,
    output,
    async predict(inputs) {
      const outputs: Float32Array[] = []
      for (let first = 0; first < inputs.length; first += AT_ONCE)
        outputs.push(...(await predictSome(inputs.slice(first, first + AT_ONCE))))
      return outputs
    },
    close: () => model.dispose()
  }
}

function inputSizes({ inputs }: Network): number[] {
  const [input, ...others] = inputs
  if (input?.shape === undefined || others.length > 0)
    throw new RangeError(`the network must have one input; got ${inputs.length}`)
  const { shape } = input
  // The first is the number of inputs: null in layers models, -1 in graph models.
  return shape.slice(1).map(size => {
    if (size === null || size < 0)
      throw new RangeError(`the sizes of an input must be known; got [${shape.slice(1).join(', ')}]`)
    return size
  })
}

type Given = Tensor | Tensor[] | NamedTensorMap
type Compute = (x: Tensor) => Given | Promise<Given>

/** How the network computes. TensorFlow.js warns where a graph without control flow is asked for a promise, and fails where one with is not. */
async function computing(model: Network, x: Tensor): Promise<Compute> {
  if (!('predictAsync' in model)) return x => model.predictOnBatch(x)
  try {
    dispose(model.predict(x))
    return x => model.predict(x)
  } catch (error) {
    if (!/executeAsync/.test(String(error))) throw error
    return x => model.predictAsync(x)
  }
}

/** @throws RangeError where there is not one output. */
async function oneOutput(given: Given | Promise<Given>): Promise<Tensor> {
  const outputs = tensorsOf(await given)
  const [output] = outputs
  if (output !== undefined && outputs.length === 1) return output
  dispose(outputs)
  throw new RangeError(`the network must have one output; got ${outputs.length}`)
}

function tensorsOf(given: Given): Tensor[] {
  return given instanceof Tensor ? [given] : Object.values(given)
}
