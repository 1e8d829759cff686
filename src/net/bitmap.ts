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
  for (let i = 0; i < bitmap.length; i++) set += bitsOf(bitmap[i])
  const beyond = bits % 32 === 0 ? 0 : bitmap[bitmap.length - 1] >>> (bits % 32)
  return beyond === 0 ? set : Number.NaN
}

/** How many bits are set. */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
