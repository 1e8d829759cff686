import { ConfusionMatrix } from '../dataflow/confusion-matrix.ts'
import { pipe } from '../dataflow/pipe.ts'
import { predict } from '../dataflow/predict.ts'
import { tap } from '../dataflow/tap.ts'
import { examplesOf } from '../models/image-examples.ts'
import type { Example } from '../models/layers-batch.ts'
import type { LabelledImage } from '../sources/images.ts'
import { SourceError } from '../sources/source-error.ts'
import type { Predictor } from '../types.ts'
import type { ImagesData } from './images-data.ts'
import type { ImagesOptions } from './images-options.ts'

/** How a network does on images that it has not learned from. */
export interface HeldOut {
  readonly loss: number
  readonly confusion: ConfusionMatrix
  readonly shown: readonly ShownPrediction[]
}

/** A prediction to be shown. */
export interface ShownPrediction {
  readonly image: LabelledImage
  readonly predicted: number
  readonly probability: number
}

/** Least probability that counts: what is taken to be impossible and happens would cost infinitely much. */
const LEAST = 1e-7

/**
 * Tests the network with the images held out, of which the first few, in an order drawn from the seed, are to be shown.
 *
 * @throws SourceError where there are none; not where the signal has aborted.
 */
export async function testHeldOut(
  model: Predictor<Example, Float32Array>,
  data: Pick<ImagesData, 'classes' | 'testing'>,
  { scale, samples, seed }: Pick<ImagesOptions, 'scale' | 'samples' | 'seed'>,
  signal: AbortSignal
): Promise<HeldOut> {
  const confusion = new ConfusionMatrix(data.classes)
  const images: LabelledImage[] = []
  const shown: ShownPrediction[] = []
  let cost = 0
  const predictions = pipe(
    data.testing(seed, signal),
    tap(image => images.length < samples && images.push(image)),
    examplesOf({ scale }),
    predict<Example, Float32Array>(model)
  )
  for await (const { input, prediction } of predictions) {
    const label = Number(input.label)
    const predicted = likeliest(prediction)
    cost += costOf(prediction, label)
    confusion.add(label, predicted)
    const image = images[shown.length]
    if (image !== undefined) shown.push({ image, predicted, probability: prediction[predicted] })
  }
  if (confusion.total === 0 && !signal.aborted) {
    throw new SourceError('images: wanted images to test with; none are held out; raise --hold-out')
  }
  return { loss: cost / confusion.total, confusion, shown }
}

/** The class with the greatest probability. */
export function likeliest(probabilities: Float32Array): number {
  return probabilities.indexOf(Math.max(...probabilities))
}

/** What a prediction costs: -log of the probability of the true class. */
export function costOf(probabilities: Float32Array, label: number): number {
  return -Math.log(Math.max(LEAST, probabilities[label]))
}
