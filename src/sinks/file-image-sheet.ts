import { basename, dirname } from 'node:path'
import { encode } from 'fast-png'
import { fileStore } from './file-store.ts'
import { drawSheet, enlargement, type PredictedImage } from './image-sheet.ts'
import { SinkError } from './sink-error.ts'

export interface ImageSheetOptions {
  /** Images in a row, 1 to 256. Default 8. */
  readonly columns?: number
  /** Images at most, 1 to 256; after them the stream is closed. Default 64. */
  readonly limit?: number
}

/** Most pixels of all images of a sheet, as they are drawn: they are held in memory, and compressed in one go. */
const MOST_PIXELS = 2 ** 24

/**
 * Writes images with what was predicted for them to a PNG file: a grid, each image in a frame that is green where the prediction is right and
 * red where it is not, above the name of its class and, where that is another, of the class predicted. Gives the number of images; of none there is
 * no file. The file is there whole or not at all.
 *
 * @throws RangeError for options out of range; the sink rejects with SinkError, in one line, where the images differ in size, are too large,
 * or the file cannot be written.
 */
export function imageSheet(
  path: string,
  options: ImageSheetOptions = {}
): (images: AsyncIterable<PredictedImage>) => Promise<number> {
  const { columns = 8, limit = 64 } = options
  for (const [name, value] of Object.entries({ columns, limit })) {
    if (Number.isInteger(value) && value >= 1 && value <= 256) continue
    throw new RangeError(`imageSheet: ${name} must be a whole number, 1 to 256; got ${value}`)
  }
  return async images => {
    const taken: PredictedImage[] = []
    for await (const image of images) {
      checkImage(image, taken[0] ?? image, limit)
      taken.push(image)
      if (taken.length === limit) break
    }
    if (taken.length === 0) return 0
    const { width, height, data } = drawSheet(taken, columns)
    const png = encode({ width, height, data, channels: 3, depth: 8 })
    try {
      await fileStore(dirname(path)).write(basename(path), [png])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new SinkError(`imageSheet: ${reason}`, { cause: error })
    }
    return taken.length
  }
}

function checkImage(image: PredictedImage, first: PredictedImage, limit: number): void {
  const [wanted, got] = [first, image].map(
    ({ height, width, channels }) => `${height} · ${width} · ${channels}`
  )
  const { height, width, channels, pixels } = image
  if (wanted !== got || height * width * channels !== pixels.length || (channels !== 1 && channels !== 3)) {
    throw new SinkError(
      `imageSheet: wanted images of one size, ${wanted}, grey (1) or coloured (3); got ${got} of ${pixels.length} bytes`
    )
  }
  const drawn = height * width * enlargement(image) ** 2
  if (drawn * limit <= MOST_PIXELS) return
  throw new SinkError(
    `imageSheet: wanted ${MOST_PIXELS} pixels in ${limit} images at most; got ${drawn} in one; lower limit`
  )
}
