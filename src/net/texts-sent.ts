import { bitWords, hasBit, setBit } from './bitmap.ts'

/** The rows whose text the other side of a link has: one bit for each row, growing. */
export class TextsSent {
  #bits = new Uint32Array(64)

  has(row: number): boolean {
    return hasBit(this.#bits, row)
  }

  add(row: number): void {
    const words = bitWords(row + 1)
    if (words > this.#bits.length) {
      const larger = new Uint32Array(Math.max(this.#bits.length * 2, words))
      larger.set(this.#bits)
      this.#bits = larger
    }
    setBit(this.#bits, row)
  }
}
