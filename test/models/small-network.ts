import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import type { LayersReplica } from '../../src/models/layers.ts'
import { type Example, type ExampleChunk, exampleChunk } from '../../src/models/layers-batch.ts'

export const CLASSES = 3
export const INPUTS = 6

/** Two dense layers with batch normalisation between. */
export function smallNetwork(seed = 1): LayersModel {
  const initializer = (of: number) => initializers.glorotUniform({ seed: seed + of })
  return sequential({
    layers: [
      layers.dense({
        units: 48,
        activation: 'relu',
        inputShape: [INPUTS],
        kernelInitializer: initializer(1)
      }),
      layers.batchNormalization({ momentum: 0.9 }),
      layers.dense({ units: CLASSES, activation: 'softmax', kernelInitializer: initializer(2) })
    ]
  })
}

/** Points in a cube, by which of their first three coordinates is the greatest. */
export function points(seed: number, count: number): Example[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 2 - 1
  }
  return Array.from({ length: count }, () => {
    const input = Float32Array.from({ length: INPUTS }, next)
    const first = input.subarray(0, CLASSES)
    return { input, label: first.indexOf(Math.max(...first)) }
  })
}

/** The same examples in columns. */
export function inColumns(examples: readonly Example[]): ExampleChunk {
  return exampleChunk(
    Float32Array.from(examples.flatMap(({ input }) => Array.from(input))),
    Uint8Array.from(examples, ({ label }) => Number(label)),
    examples.length
  )
}

/** Share of unseen points whose class the network has right. */
export async function accuracyOf(replica: LayersReplica): Promise<number> {
  const some = points(77777, 400)
  const given = await replica.predict(some)
  const right = given.filter((scores, i) => scores.indexOf(Math.max(...scores)) === some[i].label)
  return right.length / some.length
}
