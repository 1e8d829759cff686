// Signed numbers of four bits, two to a byte, the lower first. Four at a time: one u32 of bytes is one u16 of nibbles.
//
// The loops are short, and functions of their own: one long loop is compiled while it runs, left for the interpreter at its
// end, and compiled anew at the next call (15 times in a run of a minute, by the compiler that takes longest).

const PIECE = 4096

/** Values, a multiple of four of them, in half their bytes; undefined where they are not all -8 to 7. */
export function nibblesOf(values: Int8Array): Uint8Array | undefined {
  const aligned = values.byteOffset % 4 === 0 ? values : values.slice()
  const fours = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
  const nibbles = new Uint16Array(fours.length)
  for (let first = 0; first < fours.length; first += PIECE) {
    const differing = narrow(fours, nibbles, first, Math.min(first + PIECE, fours.length))
    if ((differing & 0x78787878) !== 0) return undefined
  }
  return new Uint8Array(nibbles.buffer)
}

/** Bits 3 to 7 of a byte of the result are 0 where they were the same in all bytes of that place, so that four bits say it all. */
function narrow(fours: Uint32Array, nibbles: Uint16Array, first: number, end: number): number {
  let differing = 0
  for (let i = first; i < end; i++) {
    const four = fours[i]
    differing |= four ^ (four >>> 1)
    nibbles[i] = (four & 0xf) | ((four >>> 4) & 0xf0) | ((four >>> 8) & 0xf00) | ((four >>> 12) & 0xf000)
  }
  return differing
}

/** to[places[i]] = from[i], of rows of `dim` values, a multiple of four: nibbles in `from`, bytes in `to`. */
export function widenRows(from: Uint8Array, to: Uint8Array, dim: number, places: Uint32Array): void {
  const nibbles = new Uint16Array(from.buffer, from.byteOffset, from.length / 2)
  const fours = new Uint32Array(to.buffer, to.byteOffset, to.length / 4)
  const length = dim / 4
  for (let i = 0; i < places.length; i++) widen(nibbles, i * length, fours, places[i] * length, length)
}

function widen(nibbles: Uint16Array, from: number, fours: Uint32Array, to: number, length: number): void {
  for (let i = 0; i < length; i++) {
    const four = nibbles[from + i]
    const low = (four & 0xf) | ((four & 0xf0) << 4) | ((four & 0xf00) << 8) | ((four & 0xf000) << 12)
    const signs = low & 0x08080808
    fours[to + i] = low | (signs << 1) | (signs << 2) | (signs << 3) | (signs << 4)
  }
}
