import { CodecError } from './codec-error.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads the fields of a message as ByteWriter writes them, each checked; whatever is not as it must be is a CodecError
 * that names the message and the field. Nothing is allocated for a length before that many bytes are known to be there.
 */
export class ByteReader {
  readonly #type: string
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(type: string, bytes: Uint8Array) {
    this.#type = type
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  fail(wanted: string, got: string | number): never {
    throw new CodecError(this.#type, wanted, got)
  }

  u8(what: string, most = 0xff): number {
    const value = this.#view.getUint8(this.#take(what, 1))
    return value <= most ? value : this.fail(`${what} must be at most ${most}`, value)
  }

  u32(what: string, most = 0xffffffff): number {
    const value = this.#view.getUint32(this.#take(what, 4), true)
    return value <= most ? value : this.fail(`${what} must be at most ${most}`, value)
  }

  u53(what: string, least = 0): number {
    const at = this.#take(what, 8)
    const value = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 2 ** 32
    if (value < least || value > Number.MAX_SAFE_INTEGER)
      this.fail(`${what} must be from ${least} to 2^53 - 1`, value)
    return value
  }

  f64(what: string): number {
    const value = this.#view.getFloat64(this.#take(what, 8), true)
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER))
      this.fail(`${what} must be from 0 to 2^53 - 1`, value)
    return value
  }

  boolean(what: string): boolean {
    return this.u8(what, 1) === 1
  }

  /** Text of `shortest` to `longest` bytes of UTF-8. */
  string(what: string, longest: number, shortest = 0): string {
    const length = this.#view.getUint16(this.#take(what, 2), true)
    if (length < shortest || length > longest)
      this.fail(`${what} must be of ${shortest} to ${longest} bytes`, length)
    return this.text(what, length)
  }

  /** Text of that many bytes of UTF-8, its length already read. */
  text(what: string, length: number): string {
    const bytes = this.bytes(what, length)
    try {
      return decoder.decode(bytes)
    } catch {
      return this.fail(`${what} must be UTF-8`, 'other bytes')
    }
  }

  /** How many things follow: at most `most`, and as many as can be in the bytes left at `bytesEach` or more. */
  count(what: string, most: number, bytesEach: number): number {
    const count = this.u32(`the number of ${what}`, most)
    if (count * bytesEach > this.left)
      this.fail(`${count} ${what} must have at least ${count * bytesEach} bytes`, this.left)
    return count
  }

  /** A view of the next bytes. */
  bytes(what: string, length: number): Uint8Array {
    const at = this.#take(what, length)
    return this.#bytes.subarray(at, at + length)
  }

  /** A view of all that follows. */
  rest(): Uint8Array {
    return this.bytes('the rest', this.left)
  }

  /** A copy of the next numbers. */
  u32s(what: string, count: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.bytes(what, count * 4).slice().buffer)
  }

  /** A view of the next numbers, which must start at a multiple of 4 bytes in their buffer. */
  u32View(what: string, count: number): Uint32Array {
    const bytes = this.bytes(what, count * 4)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count)
  }

  /** Passes over the zeros up to a multiple of 4 bytes. */
  align(): void {
    while ((this.#at & 3) !== 0) this.u8('filling', 0)
  }

  /** Refuses bytes beyond the message. */
  end(): void {
    if (this.left > 0) this.fail('nothing must follow', `${this.left} bytes more`)
  }

  #take(what: string, length: number): number {
    if (length > this.left) this.fail(`${what} must have ${length} bytes`, this.left)
    const at = this.#at
    this.#at += length
    return at
  }
}
