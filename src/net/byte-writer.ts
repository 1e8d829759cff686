const encoder = new TextEncoder()

/**
 * Writes the fields of a message, little-endian, one after the other. A value that its field cannot hold is a mistake
 * of the caller: RangeError.
 */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #appended: readonly Uint8Array[] = []

  u8(what: string, value: number): void {
    check(what, value, 0xff)
    const at = this.#room(1)
    this.#view.setUint8(at, value)
  }

  u32(what: string, value: number, most = 0xffffffff): void {
    check(what, value, most)
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }

  /** A whole number up to 2^53 - 1, as two u32: low, high. */
  u53(what: string, value: number): void {
    check(what, value, Number.MAX_SAFE_INTEGER)
    const at = this.#room(8)
    this.#view.setUint32(at, value % 2 ** 32, true)
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
  }

  /** A time that may have a fraction, from 0 to 2^53 - 1. */
  f64(what: string, value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER))
      throw new RangeError(`codec: ${what} must be from 0 to 2^53 - 1; got ${value}`)
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
  }

  boolean(value: boolean): void {
    this.u8('a boolean', value ? 1 : 0)
  }

  /** Text of at most `longest` bytes of UTF-8 (below 2^16), behind its length as u16. */
  string(what: string, value: string, longest: number): void {
    const bytes = encoder.encode(value)
    if (bytes.length > longest)
      throw new RangeError(`codec: ${what} must be at most ${longest} bytes; got ${bytes.length}`)
    const at = this.#room(2 + bytes.length)
    this.#view.setUint16(at, bytes.length, true)
    this.#bytes.set(bytes, at + 2)
  }

  /** The same, but what is longer loses its end, at a whole character. */
  shortened(what: string, value: string, longest: number): void {
    const { read } = encoder.encodeInto(value, new Uint8Array(longest))
    this.string(what, value.slice(0, read), longest)
  }

  /** Numbers as they lie in memory. */
  u32s(values: Uint32Array): void {
    const at = this.#room(values.byteLength)
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
  }

  /** Zeros up to a multiple of 4 bytes. */
  align(): void {
    this.#room(-this.#length & 3)
  }

  /** Parts that follow what was written as they are; nothing can be written after them. */
  append(parts: readonly Uint8Array[]): void {
    this.#appended = parts
  }

  /** All of it; the writer must not be used after it. */
  finish(): Uint8Array[] {
    return [this.#bytes.subarray(0, this.#length), ...this.#appended]
  }

  /** Where the next bytes go. It may replace the arrays, so it comes before they are named. */
  #room(bytes: number): number {
    const at = this.#length
    this.#length += bytes
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

function check(what: string, value: number, most: number): void {
  if (!(Number.isSafeInteger(value) && value >= 0 && value <= most))
    throw new RangeError(`codec: ${what} must be a whole number from 0 to ${most}; got ${value}`)
}
