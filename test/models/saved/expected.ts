import { deepStrictEqual, ok } from 'node:assert'
import { readFileSync } from 'node:fs'
import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import { readSafetensorsHeader } from '../../../src/models/safetensors.ts'

/** Where make.py puts what it makes. */
export const FOLDER = import.meta.dirname

/** What TensorFlow.js does not have, or has in another way. */
export const REFUSED = [
  'unknown',
  'dilated',
  'channels_first',
  'open_ended',
  'causal',
  'constrained',
  'hard_sigmoid'
].map(name => `keras3/${name}`)

/** What make.py has written beside a model. */
export interface Expected {
  readonly loss: string | undefined
  readonly tensors: ReadonlyMap<string, Tensor>
}

export async function expectedOf(path: string): Promise<Expected> {
  const file = readFileSync(`${FOLDER}/${path}.safetensors`)
  const bytes = (offset: number, length: number) => Uint8Array.from(file.subarray(offset, offset + length))
  const { metadata, tensors } = await readSafetensorsHeader(file.length, async (o, l) => bytes(o, l))
  return {
    loss: metadata.loss,
    tensors: new Map(
      [...tensors].map(([name, place]) => {
        const values = new Float32Array(bytes(place.offset, place.bytes).buffer)
        return [name, tensor(values, [...place.shape])]
      })
    )
  }
}

/** The tensors NAME/0, NAME/1, …. */
export function numbered({ tensors }: Expected, name: string): Tensor[] {
  return [...tensors].filter(([key]) => key.startsWith(`${name}/`)).map(([, value]) => value)
}

/** The weights of the layers that are no models, as make.py names them: LAYER/i, MODEL/LAYER/i. */
export function weightsOf(model: LayersModel, prefix = ''): Map<string, Tensor> {
  const weights = new Map<string, Tensor>()
  for (const layer of model.layers as layers.Layer[]) {
    const own =
      'layers' in layer
        ? [...weightsOf(layer as unknown as LayersModel, `${prefix}${layer.name}/`)]
        : layer.weights.map((weight, i) => [`${prefix}${layer.name}/${i}`, weight.read()] as const)
    for (const [name, value] of own) weights.set(name, value)
  }
  return weights
}

/** Shapes are equal, and values to within `tolerance`; `what` names them. */
export function near(given: Tensor, wanted: Tensor, tolerance: number, what: string): void {
  deepStrictEqual(given.shape, wanted.shape, what)
  const [a, b] = [given.dataSync<'float32'>(), wanted.dataSync<'float32'>()]
  const worst = a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] as number))), 0)
  ok(worst <= tolerance, `${what} differs by ${worst}`)
}
