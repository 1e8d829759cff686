import { chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { type Example, exampleChunk } from './layers-batch.ts'
import { mix } from './mix.ts'

/** An image and the number of its class. */
export interface ExampleImage {
  readonly pixels: Uint8Array // [height, width, channels]
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly label: number
}

export interface ExamplesOptions {
  /** What becomes of a byte: `unit`, 0 to 1; `signed`, −1 to 1; `bytes`, itself, for networks that begin with a layer for it. Default `unit`. */
  readonly scale?: 'unit' | 'signed' | 'bytes'
  /** Whether every other image, by chance, is mirrored left to right. Default false. */
  readonly flip?: boolean
  /** Pixels by which an image is moved at most, left or right and up or down, by chance; what comes in is black. Default 0. */
  readonly shift?: number
  /** What chance draws from, 32 bits: the same seed changes image i of the stream alike. Give each pass its own. Default 0. */
  readonly seed?: number
}

/**
 * Images as examples for a network, in columns, their labels the numbers of classes; chunks and positions stay. Flips and
 * shifts are those of He et al.: Deep residual learning for image recognition, 2015, section 4.2 (shift 4 for CIFAR-10).
 *
 * @throws RangeError for options out of range; the stream throws one where an image has another size than the first of its chunk.
 */
export function examplesOf(options: ExamplesOptions = {}): Operator<ExampleImage, Example> {
  const { scale = 'unit', flip = false, shift = 0, seed = 0 } = options
  if (!Number.isInteger(shift) || shift < 0) {
    throw new RangeError(`examplesOf: shift must be a whole number of pixels, at least 0; got ${shift}`)
  }
  if (!Number.isInteger(seed)) throw new RangeError(`examplesOf: seed must be a whole number; got ${seed}`)
  const values = valuesOf(scale)
  const key = mix(seed)

  async function* examples(images: AsyncIterable<ExampleImage>): AsyncGenerator<Chunk<Example>> {
    let index = 0
    for await (const chunk of chunksOf(images)) {
      const some = [...chunk]
      const [first] = some
      if (first === undefined) {
        const rest = restOf<Example>([], chunk)
        if (rest !== undefined) yield rest
        continue
      }
      const size = first.height * first.width * first.channels
      const bytes = new Uint8Array(some.length * size)
      for (const [i, image] of some.entries()) {
        checkSize(image, first)
        const move = moveOf(mix(key + index++ * 0x9e3779b9), flip, shift)
        copyMoved(image, move, bytes.subarray(i * size, (i + 1) * size))
      }
      const inputs = values === undefined ? bytes : scaled(bytes, values)
      const labels = Float64Array.from(some, image => image.label)
      const { position, watermark } = chunk
      yield {
        ...exampleChunk(inputs, labels, some.length),
        ...(position !== undefined && { position }),
        ...(watermark !== undefined && { watermark })
      }
    }
  }
  return images => stream(() => examples(images))
}

/** What each byte becomes; undefined where it stays. */
function valuesOf(scale: ExamplesOptions['scale']): Float32Array | undefined {
  switch (scale) {
    case 'unit':
      return Float32Array.from({ length: 256 }, (_, byte) => byte / 255)
    case 'signed':
      return Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1)
    case 'bytes':
      return undefined
    default:
      throw new RangeError(`examplesOf: scale must be unit, signed or bytes; got ${scale}`)
  }
}

function scaled(bytes: Uint8Array, values: Float32Array): Float32Array {
  const inputs = new Float32Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) inputs[i] = values[bytes[i]]
  return inputs
}

interface Move {
  readonly flip: boolean
  readonly right: number
  readonly down: number
}

/** Drawn from 32 random bits: one for the flip, 15 and 16 for the shifts. */
function moveOf(bits: number, mayFlip: boolean, shift: number): Move {
  const span = 2 * shift + 1
  return {
    flip: mayFlip && (bits & 1) === 1,
    right: (((bits >>> 1) & 0x7fff) % span) - shift,
    down: ((bits >>> 16) % span) - shift
  }
}

/** Copies the image, flipped, then shifted, to where all is black. */
function copyMoved(
  { pixels, height, width, channels }: ExampleImage,
  { flip, right, down }: Move,
  to: Uint8Array
): void {
  if (!flip && right === 0 && down === 0) {
    to.set(pixels)
    return
  }
  const row = width * channels
  const [first, end] = [Math.max(0, right), Math.min(width, width + right)]
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y++) {
    const from = (y - down) * row
    if (!flip) {
      if (first < end) {
        to.set(
          pixels.subarray(from + (first - right) * channels, from + (end - right) * channels),
          y * row + first * channels
        )
      }
      continue
    }
    for (let x = first; x < end; x++) {
      const pixel = from + (width - 1 - (x - right)) * channels
      for (let c = 0; c < channels; c++) to[y * row + x * channels + c] = pixels[pixel + c]
    }
  }
}

function checkSize(image: ExampleImage, first: ExampleImage): void {
  const { height, width, channels, pixels } = image
  const same = height === first.height && width === first.width && channels === first.channels
  if (same && pixels.length === height * width * channels) return
  throw new RangeError(
    `examplesOf: wanted images of one size, ${first.height} · ${first.width} · ${first.channels}; got ${height} · ${width} · ${channels} of ${pixels.length} bytes`
  )
}
