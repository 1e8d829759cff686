// Images with their classes, whatever they are kept in.

import { chunkAt, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { shuffled } from './image-order.ts'
import { SourceError } from './source-error.ts'

/** An image and its class. It may be handed out again in another pass: do not write to it. */
export interface LabelledImage {
  readonly pixels: Uint8Array // [height, width, channels]
  readonly height: number
  readonly width: number
  /** 1: grey; 3: red, green, blue. */
  readonly channels: number
  /** The place of its class in the set's `classes`. */
  readonly label: number
  /** Its file or record, for messages. */
  readonly name?: string
}

/** An image that cannot be used, and why: the error's message is one line that names it. */
export interface ImageProblem {
  readonly name: string
  readonly error: SourceError
}

/** A set has no images of the part asked for: none to test with, say. What is damaged is no such error. */
export class MissingPartError extends SourceError {
  override name = 'MissingPartError'
}

export interface ImagesOptions {
  /** Ends the stream before the next chunk; nothing is thrown. */
  readonly signal?: AbortSignal
  /** A whole number of 32 bits: shuffles the images, in the same order for the same seed. Default: as they are stored. */
  readonly seed?: number
  /** Is told of each image that cannot be used, which is left out. Default: the first one's error ends the stream. */
  readonly onBad?: (problem: ImageProblem) => void
}

/** Images of one size, to be read as often as wanted. */
export interface ImageSet {
  /** Names of the classes; labels count them from 0. */
  readonly classes: readonly string[]
  readonly height: number
  readonly width: number
  /** 1: grey; 3: red, green, blue. */
  readonly channels: number
  /** Images in all, those that cannot be used included; undefined where that is not known. */
  readonly length: number | undefined
  /**
   * One pass over the images. Positions count images, those left out included.
   *
   * @throws RangeError for a seed out of range; the stream throws SourceError where images cannot be read, or one cannot be
   * used and there is no `onBad`.
   */
  images(options?: ImagesOptions): Stream<LabelledImage>
}

/** An image that messages can name. */
export type NamedImage = LabelledImage & { readonly name: string }

/** Images that can be read at any place. */
export interface StoredImages extends Omit<ImageSet, 'images'> {
  readonly length: number
  /** The images at these places, in their order; for one that cannot be used, why. Labels that no class has are found by who reads. */
  read(places: Uint32Array): Promise<readonly (NamedImage | ImageProblem)[]>
}

/** Most images in a chunk, and most bytes of pixels, if there is more than one image. */
const CHUNK_IMAGES = 256
const CHUNK_BYTES = 1024 * 1024
/** Longest time in ms that images from memory keep the event loop to themselves and their reader. */
const TURN_MS = 10

/** Makes passes over images that are kept somewhere. */
export function imageSet(stored: StoredImages): ImageSet {
  const { classes, height, width, channels, length } = stored
  return {
    classes,
    height,
    width,
    channels,
    length,
    images(options = {}) {
      const { seed } = options
      if (seed !== undefined && !(Number.isInteger(seed) && seed >= -(2 ** 31) && seed < 2 ** 32)) {
        throw new RangeError(`images: seed must be a whole number of 32 bits; got ${seed}`)
      }
      return stream(() => onePass(stored, options))
    }
  }
}

async function* onePass(
  stored: StoredImages,
  { signal, seed, onBad }: ImagesOptions
): AsyncGenerator<Chunk<LabelledImage>> {
  const { classes, height, width, channels, length } = stored
  const size = Math.max(1, Math.min(CHUNK_IMAGES, Math.floor(CHUNK_BYTES / (height * width * channels))))
  const order = seed === undefined ? undefined : shuffled(length, seed)
  let turn = performance.now()
  for (let first = 0; first < length && !signal?.aborted; first += size) {
    const end = Math.min(length, first + size)
    const places =
      order?.subarray(first, end) ?? Uint32Array.from({ length: end - first }, (_, i) => first + i)
    const good: LabelledImage[] = []
    for (const image of await stored.read(places)) {
      const found = labelled(image, classes.length)
      if (!('error' in found)) good.push(found)
      else if (onBad !== undefined) onBad(found)
      else {
        if (good.length > 0) yield good
        throw found.error
      }
    }
    yield chunkAt(good, { bytes: end, totalBytes: length, share: end / length })
    // What is read from memory waits for nothing, and signals and timers need their turn.
    if (performance.now() < turn + TURN_MS) continue
    await new Promise(resolve => setTimeout(resolve))
    turn = performance.now()
  }
}

/** The same, unless its label is that of no class. */
function labelled(image: NamedImage | ImageProblem, classes: number): LabelledImage | ImageProblem {
  if ('error' in image || image.label < classes) return image
  const { name, label } = image
  const message = `images: ${name}: wanted a label from 0 to ${classes - 1}; got ${label}; repair the labels, or name all classes`
  return { name, error: new SourceError(message) }
}
