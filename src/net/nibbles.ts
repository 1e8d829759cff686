// Signed numbers of four bits, two to a byte, the lower first. Four at a time: one u32 of bytes is one u16 of nibbles.

/** Whether all values, a multiple of four of them, are -8 to 7. */
export function fitNibbles(values: Int8Array): boolean {
  const fours = foursOf(values)
  // Bits 3 to 7 of a byte are the same where four bits say it all.
  let differing = 0
  for (let i = 0; i < fours.length; i++) differing |= fours[i] ^ (fours[i] >>> 1)
  return (differing & 0x78787878) === 0
}

/** Values of -8 to 7, a multiple of four of them, in half their bytes. */
export function nibblesOf(values: Int8Array): Uint8Array {
  const fours = foursOf(values)
  const nibbles = new Uint16Array(fours.length)
  for (let i = 0; i < fours.length; i++) {
    const four = fours[i]
    nibbles[i] = (four & 0xf) | ((four >>> 4) & 0xf0) | ((four >>> 8) & 0xf00) | ((four >>> 12) & 0xf000)
  }
  return new Uint8Array(nibbles.buffer)
}

/** to[places[i]] = from[i], of rows of `dim` values, a multiple of four: nibbles in `from`, bytes in `to`. */
export function widenRows(from: Uint8Array, to: Uint8Array, dim: number, places: Uint32Array): void {
  const nibbles = new Uint16Array(from.buffer, from.byteOffset, from.length / 2)
  const fours = new Uint32Array(to.buffer, to.byteOffset, to.length / 4)
  const length = dim / 4
  let at = 0
  for (let i = 0; i < places.length; i++) {
    const end = places[i] * length + length
    for (let j = end - length; j < end; j++) {
      const four = nibbles[at++]
      const low = (four & 0xf) | ((four & 0xf0) << 4) | ((four & 0xf00) << 8) | ((four & 0xf000) << 12)
      const signs = low & 0x08080808
      fours[j] = low | (signs << 1) | (signs << 2) | (signs << 3) | (signs << 4)
    }
  }
}

function foursOf(values: Int8Array): Uint32Array {
  const aligned = values.byteOffset % 4 === 0 ? values : values.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}
