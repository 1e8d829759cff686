import type { ImagesData } from '../src/jobs/images-data.ts'
import { type SwapPair, swapped } from '../src/jobs/images-swap.ts'
import { mix } from '../src/models/mix.ts'
import type { LabelledImage } from '../src/sources/images.ts'
import { chunkAt, stream } from '../src/stream.ts'
import { shuffled } from './images-digits.ts'
import type { DriftImages } from './images-drift-data.ts'

/** How long a course is: segments between swaps, epochs of each, mini-batches of these. */
export interface CourseLength {
  readonly segments: number
  readonly epochs: number
  readonly batches: number
}

/** A course as it is drawn from the seed. */
export interface DrawnCourse extends CourseLength {
  readonly seed: number
  /** Images of those for testing that are predicted after each epoch. */
  readonly tested: number
  /** The pairs of labels that are swapped, one after each segment. Default: drawn from the seed. */
  readonly swap?: readonly SwapPair[]
}

export const CLASSES = 10
/** Images in a mini-batch. */
export const BATCH = 128

/** Images in a new order each time all have been read, so many for an epoch; two labels are swapped after each segment. */
export function courseData(images: DriftImages, course: DrawnCourse): ImagesData {
  const { segments, epochs, batches, seed, tested } = course
  const drawn = Array.from({ length: segments - 1 }, (_, i) => pairOf(mix(mix(seed) + i)))
  const swapAt = drawn.map((_, i) => ({ batches: (i + 1) * epochs * batches }))
  const next = endless(images.train, seed)
  // They may be stored class by class.
  const test = shuffled(images.test.length, seed).slice(0, tested)
  const chunk = () => chunkAt(Array.from({ length: BATCH }, next), undefined)
  const whole: ImagesData = {
    classes: Array.from({ length: CLASSES }, (_, label) => String(label)),
    shape: images.shape,
    length: batches * BATCH,
    skipped: 0,
    training: () =>
      stream(async function* () {
        for (let i = 0; i < batches; i++) yield chunk()
      }),
    testing: () =>
      stream(async function* () {
        yield test.map(i => images.test[i])
      })
  }
  return swapped(whole, { swap: course.swap ?? drawn, swapAt, batch: BATCH })
}

function pairOf(random: number): SwapPair {
  const one = random % CLASSES
  const other = (one + 1 + (Math.floor(random / CLASSES) % (CLASSES - 1))) % CLASSES
  return [String(one), String(other)]
}

function endless(images: readonly LabelledImage[], seed: number): () => LabelledImage {
  let order: number[] = []
  let passes = 0
  return () => {
    if (order.length === 0) order = shuffled(images.length, mix(mix(seed) + passes++))
    return images[order.pop() ?? 0]
  }
}
