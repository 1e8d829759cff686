/** The u32 that hold so many bits. */
export function bitWords(bits: number): number {
  return Math.ceil(bits / 32)
}

export function hasBit(bitmap: Uint32Array, bit: number): boolean {
  return (bitmap[bit >>> 5] & (1 << (bit & 31))) !== 0
}

export function setBit(bitmap: Uint32Array, bit: number): void {
  bitmap[bit >>> 5] |= 1 << (bit & 31)
}

/** Which of `all` are in `some`, both ascending. */
export function bitmapOf(some: Uint32Array, all: Uint32Array): Uint32Array {
  const bitmap = new Uint32Array(bitWords(all.length))
  for (let i = 0, place = 0; i < some.length; place++) {
    if (all[place] !== some[i]) continue
    setBit(bitmap, place)
    i++
  }
  return bitmap
}

/** How many of the first bits are set; NaN where one beyond them is. */
export function bitsIn(bitmap: Uint32Array, bits: number): number {
  let set = 0
  for (let bit = 0; bit < bitmap.length * 32; bit++) {
    if (!hasBit(bitmap, bit)) continue
    if (bit >= bits) return Number.NaN
    set++
  }
  return set
}
