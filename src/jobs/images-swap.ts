import type { LabelledImage } from '../sources/images.ts'
import { SourceError } from '../sources/source-error.ts'
import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import type { ImagesData } from './images-data.ts'
import { z } from './job.ts'

/** Where labels are swapped: after so many images, or mini-batches, over all epochs. */
export type SwapPoint = { readonly images: number } | { readonly batches: number }

/** Two classes, each by its name or its number. */
export type SwapPair = readonly [string, string]

/** A drift for demonstrations. */
export interface SwapOptions {
  readonly swapAt: readonly SwapPoint[]
  readonly swap: readonly SwapPair[]
  /** Images in a mini-batch. */
  readonly batch: number
}

/** A number of images, `128000`, or of mini-batches, `1000b`. */
export function swapPoint(text: string, context: z.RefinementCtx): SwapPoint {
  const [, digits, isBatches] = /^(\d{1,12})(b?)$/.exec(text) ?? []
  if (digits !== undefined) return isBatches ? { batches: Number(digits) } : { images: Number(digits) }
  context.addIssue({
    code: 'custom',
    message: 'must be a number of images, as 128000, or of mini-batches, as 1000b'
  })
  return z.NEVER
}

/** Two classes, `cat:dog` or `3:5`. */
export function swapPair(text: string, context: z.RefinementCtx): SwapPair {
  const [, one, other] = /^([^:]+):([^:]+)$/.exec(text) ?? []
  if (one !== undefined && other !== undefined && one !== other) return [one, other]
  context.addIssue({ code: 'custom', message: 'must be two classes, as cat:dog or 3:5' })
  return z.NEVER
}

/**
 * The same images with a drift: at the first point the labels of the first pair of classes are swapped, at the second those of the
 * second, round the list, on top of what was swapped before; so one pair alone is swapped and swapped back. Images count in the
 * order in which they are read, over all passes. Those to test with have the labels that hold then.
 *
 * @throws SourceError where there is no such class.
 */
export function swapped(data: ImagesData, options: SwapOptions): ImagesData {
  if (options.swapAt.length === 0) return data
  const { classes, shape, length } = data
  const points = options.swapAt
    .map(point => ('images' in point ? point.images : point.batches * options.batch))
    .sort((a, b) => a - b)
  const pairs = options.swap.map(pair => pair.map(name => classOf(name, classes)))
  // What each label is now.
  const labels = classes.map((_, label) => label)
  let passed = 0
  const swap = (read: number) => {
    for (; points[passed] <= read; passed++) {
      const [one, other] = pairs[passed % pairs.length]
      for (const [label, now] of labels.entries()) {
        if (now === one) labels[label] = other
        else if (now === other) labels[label] = one
      }
    }
  }
  let read = 0
  swap(read)
  const relabelled = (image: LabelledImage) => ({ ...image, label: labels[image.label] })
  const learned = (image: LabelledImage) => {
    swap(read++)
    return relabelled(image)
  }
  return {
    classes,
    shape,
    length,
    training: (seed, signal) => each(data.training(seed, signal), learned),
    testing: (seed, signal) => each(data.testing(seed, signal), relabelled),
    get skipped() {
      return data.skipped
    }
  }
}

function classOf(name: string, classes: readonly string[]): number {
  const named = classes.indexOf(name)
  if (named >= 0) return named
  if (/^\d+$/.test(name) && Number(name) < classes.length) return Number(name)
  throw new SourceError(
    `images: --swap: there is no class ${JSON.stringify(name)}; there are ${classes.join(', ')}`
  )
}

function each(
  images: Stream<LabelledImage>,
  change: (image: LabelledImage) => LabelledImage
): Stream<LabelledImage> {
  return stream(async function* () {
    for await (const chunk of chunksOf(images)) yield chunkAt(Array.from(chunk, change), chunk.position)
  })
}
