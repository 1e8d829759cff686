import { hashBytes, viewOf } from '../dataflow/line-hash.ts'
import type { ImageShape } from '../models/networks.ts'
import { type ImageProblem, type ImageSet, type LabelledImage, MissingPartError } from '../sources/images.ts'
import { SourceError } from '../sources/source-error.ts'
import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import type { ImagesOptions } from './images-options.ts'

/** What the job learns from, and what it is tested with. */
export interface ImagesData {
  readonly classes: readonly string[]
  readonly shape: ImageShape
  /** Images of an epoch; not exact where a share is held out. */
  readonly length: number
  /** One pass over the images for training, in an order drawn from `seed`. */
  training(seed: number, signal: AbortSignal): Stream<LabelledImage>
  /** One pass over those to test with. */
  testing(seed: number, signal: AbortSignal): Stream<LabelledImage>
  /** Images that cannot be used, as far as has been read. */
  readonly skipped: number
}

/** Held out of the training images, where a set has no others to test with. */
const HELD_OUT = 0.1

/**
 * Opens the images. `warn` hears of the first that cannot be used.
 *
 * @throws SourceError where there are none, their number is not known, or what is there to test with is damaged.
 */
export async function openData(
  { data, holdOut }: Pick<ImagesOptions, 'data' | 'holdOut'>,
  warn: (message: string) => void
): Promise<ImagesData> {
  // Not at the top: what reads folders needs Node.
  const { openImages } = await import('../sources/file-images.ts')
  const train = await openImages(data)
  const test = holdOut === undefined ? await openTest(data) : undefined
  const share = test === undefined ? (holdOut ?? HELD_OUT) : 0
  if (train.length === undefined) throw new SourceError(`images: ${data}: it is not known how many there are`)
  const skipped = new Set<string>()
  const onBad = ({ name, error }: ImageProblem) => {
    if (skipped.size === 0) warn(`skipped: ${error.message}`)
    skipped.add(name)
  }
  const { classes, height, width, channels } = train
  const images = (seed: number, signal: AbortSignal) => train.images({ seed, signal, onBad })
  // By the pixels: an image is on the same side whatever it is called and in whatever run, and its copies are too.
  const isHeldOut = (image: LabelledImage) => pixelHash(image) < share * 2 ** 32
  return {
    classes,
    shape: { height, width, channels },
    length: Math.ceil(train.length * (1 - share)),
    training: (seed, signal) =>
      test === undefined ? kept(images(seed, signal), image => !isHeldOut(image)) : images(seed, signal),
    testing: (seed, signal) =>
      test === undefined ? kept(images(seed, signal), isHeldOut) : test.images({ seed, signal, onBad }),
    get skipped() {
      return skipped.size
    }
  }

  /** Undefined where the set has no images of its own to test with. */
  async function openTest(path: string): Promise<ImageSet | undefined> {
    try {
      return await openImages(path, { part: 'test' })
    } catch (error) {
      if (!(error instanceof MissingPartError)) throw error
      warn(`${error.message}; ${HELD_OUT * 100} % of the training images are held out instead`)
      return undefined
    }
  }
}

/** 32 bits of an image's pixels. */
export function pixelHash({ pixels }: LabelledImage): number {
  return hashBytes(pixels, viewOf(pixels), 0, pixels.length)
}

function kept(
  images: Stream<LabelledImage>,
  keeps: (image: LabelledImage) => boolean
): Stream<LabelledImage> {
  return stream(async function* () {
    for await (const chunk of chunksOf(images)) yield chunkAt(Array.from(chunk).filter(keeps), chunk.position)
  })
}
