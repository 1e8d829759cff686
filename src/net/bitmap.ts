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
