import { decodeJpeg } from './file-image-jpeg.ts'
import { withChannels } from './image-channels.ts'
import { type ImageHeader, imageHeader } from './image-header.ts'
import { decodePng } from './image-png.ts'
import { reasonOf, SourceError } from './source-error.ts'

/** Size of the images of a set, and where that is from. */
export interface ImageForm {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** The file that has it. */
  readonly as: string
}

/** Most pixels of an image: what its header claims is allocated. */
const MOST_PIXELS = 2 ** 26

/**
 * The header of an image file.
 *
 * @throws SourceError where it is no JPEG and no PNG, or above 64 Mi pixels.
 */
export function headerOf(bytes: Uint8Array, name: string): ImageHeader {
  const header = imageHeader(bytes)
  if (header === undefined || header.width * header.height === 0) {
    throw new SourceError(
      `images: ${name}: wanted a JPEG or PNG image; its ${bytes.length} bytes have no header of one; replace or remove it`
    )
  }
  if (header.width * header.height > MOST_PIXELS) {
    throw new SourceError(
      `images: ${name}: wanted ${MOST_PIXELS} pixels at most; got ${sizeText(header)}; make it smaller or remove it`
    )
  }
  return header
}

/**
 * The pixels of an image file, [height, width, channels].
 *
 * @throws SourceError where it is no image, cannot be decoded, or has another size.
 */
export async function decodeImage(bytes: Uint8Array, name: string, form: ImageForm): Promise<Uint8Array> {
  const header = headerOf(bytes, name)
  if (header.width !== form.width || header.height !== form.height) {
    throw new SourceError(
      `images: ${name}: wanted ${sizeText(form)} pixels, as ${form.as} has; got ${sizeText(header)}; resize or remove it`
    )
  }
  try {
    const { data, channels } =
      header.format === 'png' ? decodePng(bytes) : { data: await decodeJpeg(bytes), channels: 4 }
    const count = data.length / channels
    if (count !== form.width * form.height)
      throw new Error(`${count} pixels where the header has ${sizeText(header)}`)
    return withChannels(data, channels, form.channels)
  } catch (error) {
    throw new SourceError(
      `images: ${name} cannot be decoded as ${header.format.toUpperCase()} (${reasonOf(error)}); replace or remove it`,
      { cause: error }
    )
  }
}

function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${width} · ${height}`
}
