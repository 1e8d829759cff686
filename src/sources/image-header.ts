/** What an image file says of itself before its pixels. */
export interface ImageHeader {
  readonly format: 'jpeg' | 'png'
  readonly width: number
  readonly height: number
  readonly grey: boolean
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** Reads the header of a JPEG or PNG file; undefined where the bytes begin like neither, or end before their size. */
export function imageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return pngHeader(view)
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegHeader(view) : undefined
}

/** The chunk IHDR comes first: width and height, u32 big-endian, at 16; the colour type at 25. */
function pngHeader(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 26) return undefined
  const colour = view.getUint8(25)
  return {
    format: 'png',
    width: view.getUint32(16),
    height: view.getUint32(20),
    grey: colour === 0 || colour === 4
  }
}

/** Segments are FF, a marker, a length of two bytes; the one that starts the frame has precision, height, width, components. */
function jpegHeader(view: DataView): ImageHeader | undefined {
  let at = 2
  while (at + 10 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    // Any number of FF may stand before a marker.
    if (marker === 0xff) at++
    else if (startsFrame(marker)) {
      const height = view.getUint16(at + 5)
      return { format: 'jpeg', width: view.getUint16(at + 7), height, grey: view.getUint8(at + 9) === 1 }
    } else at += 2 + view.getUint16(at + 2)
  }
  return undefined
}

/** C0 … CF, but for the tables of Huffman (C4) and arithmetic coding (CC) and what is reserved (C8). */
function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}
