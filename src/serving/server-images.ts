import { decodeImage } from '../sources/file-image-decode.ts'
import type { DecodeImage } from './server-inputs.ts'

/** What becomes of a byte of an image: 0 to 1, −1 to 1, or itself. */
export type PixelScale = 'unit' | 'signed' | 'bytes'

/**
 * Makes inputs of JPEG and PNG images for a network that takes [height, width, channels] with 1 channel (grey) or 3; undefined for one
 * that takes something else. An image must have the network's height and width; colours are made grey, or grey coloured, as it wants.
 */
export function imageInputs(input: readonly number[], scale: PixelScale = 'unit'): DecodeImage | undefined {
  const [height = 0, width = 0, channels, ...more] = input
  if (more.length > 0 || (channels !== 1 && channels !== 3)) return undefined
  const form = { height, width, channels, as: 'the network' } as const
  const values = Float32Array.from({ length: 256 }, (_, byte) => scaled(byte, scale))
  return async bytes => {
    const pixels = await decodeImage(bytes, 'the body', form)
    return Float32Array.from(pixels, byte => values[byte] as number)
  }
}

function scaled(byte: number, scale: PixelScale): number {
  switch (scale) {
    case 'unit':
      return byte / 255
    case 'signed':
      return byte / 127.5 - 1
    case 'bytes':
      return byte
  }
}
