import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'

/** Pixels of 8 bits, and how many channels they have. */
export interface Samples {
  readonly data: ArrayLike<number>
  /** 1: grey; 2: grey and alpha; 3: red, green, blue; 4: those and alpha. */
  readonly channels: number
}

/**
 * The pixels of a PNG file, of any kind that PNG has.
 *
 * @throws Error, with the reason, where the file is corrupt or ends early.
 */
export function decodePng(bytes: Uint8Array): Samples {
  const png = decode(bytes, { checkCrc: true })
  if (png.palette !== undefined) return unfolded(png, png.palette)
  // Of 16 bits the upper 8 are kept.
  if (png.depth === 16)
    return { data: Uint8Array.from(png.data, value => value >> 8), channels: png.channels }
  if (png.depth === 8) return { data: png.data, channels: png.channels }
  const most = 2 ** png.depth - 1
  return unfolded(
    png,
    Array.from({ length: most + 1 }, (_, level) => Array(3).fill((255 * level) / most))
  )
}

function unfolded(png: DecodedPng, palette: number[][]): Samples {
  return { data: convertIndexedToRgb({ ...png, palette }), channels: palette[0]?.length ?? 3 }
}
