import { ok } from 'node:assert'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { layers as Layers } from '@tensorflow/tfjs-layers'
import { gradient, type Values } from './float64.ts'
import type { LayerCase } from './layer-cases.ts'
import type { Definition } from './layer-definitions.ts'

// |ours - wanted| <= 2e-4 · (1 + |wanted|): f32 against f32 with sums taken in another order, or against float64.
const TOLERANCE = 2e-4
/** Examples in a batch. */
const BATCH = 3

/** What a layer gave on a backend: its values, then the gradients of its weights and its inputs. */
type Found = readonly ArrayLike<number>[]

/** Holds a layer's values and its gradients on a backend against the `cpu` backend and against float64. */
export async function checkLayer(
  backend: string,
  { make, shapes, definition, plainGradient = true }: LayerCase
): Promise<void> {
  const layer = make()
  const inputs = shapes.map((shape, i) => drawn([BATCH, ...shape], i + 1))
  const apply = (some: tf.Tensor[]) =>
    layer.apply(some.length === 1 ? some[0] : some, { training: true }) as tf.Tensor
  apply(inputs) // makes the weights
  await check(backend, layer, apply, inputs, definition, plainGradient)
}

/** As `checkLayer`, for inputs that have no gradient: words by their numbers. */
export async function checkEmbedding(
  backend: string,
  layer: Layers.Layer,
  words: tf.Tensor2D
): Promise<void> {
  layer.build(words.shape)
  const numbers = Array.from(await words.data())
  const lookUp: Definition = (_, [table]) => {
    const width = table.shape[1]
    return Float64Array.from(
      numbers.flatMap(word => Array.from(table.values.subarray(word * width, (word + 1) * width)))
    )
  }
  await check(backend, layer, () => layer.apply(words) as tf.Tensor, [], lookUp, true)
}

async function check(
  backend: string,
  layer: Layers.Layer,
  apply: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  definition: Definition | undefined,
  plainGradient: boolean
): Promise<void> {
  layer.setWeights(layer.getWeights().map((weight, i) => tf.abs(drawn(weight.shape, 20 + i))))
  const start = layer.getWeights().map(weight => weight.clone())
  const weights = await Promise.all(layer.trainableWeights.map(weight => valuesOf(weight.read())))
  const places = await Promise.all(inputs.map(valuesOf))
  const cpu = await run('cpu', layer, apply, inputs, start)
  const got = await run(backend, layer, apply, inputs, start)
  close(got, plainGradient ? cpu : cpu.slice(0, 1), 'the cpu backend')
  if (definition === undefined) return
  const f = () => definition(places, weights)
  const dy = await drawn([got[0].length], 50).data()
  const gradients = [...weights, ...places].map(({ values }) => gradient(values, dy, f))
  close(got, [f(), ...gradients], 'float64')
}

async function run(
  backend: string,
  layer: Layers.Layer,
  apply: (inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  start: tf.Tensor[]
): Promise<Found> {
  await tf.setBackend(backend)
  layer.setWeights(start)
  const weights = layer.trainableWeights.map(weight => weight.read() as tf.Variable)
  const places = inputs.map(input => tf.variable(input))
  const y = apply(places)
  const dy = tf.reshape(drawn([y.size], 50), y.shape)
  const all = [...weights, ...places]
  const { grads } = tf.variableGrads(() => tf.sum(tf.mul(apply(places), dy)) as tf.Scalar, all)
  const found = [y, ...all.map(variable => grads[variable.name])]
  return Promise.all(found.map(tensor => tensor.data()))
}

function close(got: Found, wanted: Found, whose: string): void {
  for (const [which, values] of wanted.entries()) {
    const what = which === 0 ? 'output' : `gradient ${which}`
    ok(
      got[which].length === values.length,
      `${what} of ${whose}: ${got[which].length} values; ${values.length} wanted`
    )
    for (let i = 0; i < values.length; i++) {
      const [value, expected] = [got[which][i], values[i]]
      ok(
        Math.abs(value - expected) <= TOLERANCE * (1 + Math.abs(expected)),
        `${what}, value ${i}: ${value}; ${whose} has ${expected}`
      )
    }
  }
}

async function valuesOf(tensor: tf.Tensor): Promise<Values> {
  return { shape: tensor.shape, values: Float64Array.from(await tensor.data()) }
}

/** Distinct numbers from -1 to 1, never near 0, where activations have a kink. */
function drawn(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1)
  const values = Float32Array.from(
    { length: size },
    (_, i) => ((Math.imul(i + 17 * seed, 1597) & 4095) - 2048) / 2048 + 1e-4
  )
  return tf.tensor(values, shape)
}
