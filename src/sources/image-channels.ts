/**
 * Pixels as grey (1) or red, green, blue (3), of what has 1 channel (grey), 2 (grey, alpha), 3 or 4 (red, green, blue, alpha).
 * Alpha is left out; grey is the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, rounded.
 */
export function withChannels(data: ArrayLike<number>, from: number, to: 1 | 3): Uint8Array<ArrayBuffer> {
  const count = Math.floor(data.length / from)
  const pixels = new Uint8Array(count * to)
  const coloured = from >= 3
  for (let i = 0; i < count; i++) {
    const at = i * from
    if (to === 1) {
      pixels[i] = coloured ? luma(data[at], data[at + 1], data[at + 2]) : data[at]
    } else {
      pixels[i * 3] = data[at]
      pixels[i * 3 + 1] = coloured ? data[at + 1] : data[at]
      pixels[i * 3 + 2] = coloured ? data[at + 2] : data[at]
    }
  }
  return pixels
}

function luma(red: number, green: number, blue: number): number {
  return Math.round((299 * red + 587 * green + 114 * blue) / 1000)
}
