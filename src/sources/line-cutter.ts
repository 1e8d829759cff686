import { BLOCK_BYTES } from './bytes.ts'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const TAB = 9
const SPACE = 32

/** Complete lines, back to back without their ends. */
export interface CutLines {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array // [lines]
}

/**
 * Gathers bytes and cuts them into lines at LF or CRLF. A line longer than `maxLineBytes` becomes several, which joined
 * give the line: cut after a space or tab where the second half of a piece has one, else between characters. Where the
 * cuts fall depends on the text alone, not on how it comes in.
 */
export class LineCutter {
  #maxLineBytes: number
  #bytes: Uint8Array = new Uint8Array(BLOCK_BYTES)
  #filled = 0
  #lineStart = 0
  #ends = new Uint32Array(1024)
  #lines = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Complete lines. */
  get lines(): number {
    return this.#lines
  }

  /** Bytes that have come of the line that is not complete yet. */
  get openBytes(): number {
    return this.#filled - this.#lineStart
  }

  push(block: Uint8Array): void {
    this.#reserve(block.length)
    const bytes = this.#bytes
    let next = 0
    while (next < block.length) {
      // Two more than a line may have: with one more it could still end in CR and LF.
      const room = this.#maxLineBytes + 2 - (this.#filled - this.#lineStart)
      const stop = Math.min(block.length, next + room)
      let filled = this.#filled
      let byte = -1
      while (next < stop) {
        byte = block[next++] as number
        if (byte === LINE_FEED) break
        bytes[filled++] = byte
      }
      this.#filled = filled
      if (byte === LINE_FEED) this.endLine()
      else if (filled - this.#lineStart === this.#maxLineBytes + 2) this.#cut()
    }
  }

  /** Takes what has come since the last line's end as a line. */
  endLine(): void {
    if (this.#filled > this.#lineStart && this.#bytes[this.#filled - 1] === CARRIAGE_RETURN) this.#filled--
    while (this.#filled - this.#lineStart > this.#maxLineBytes) this.#cut()
    this.#addEnd(this.#filled)
  }

  /** Hands out the complete lines and keeps the open one. */
  take(): CutLines {
    const end = this.#lineStart
    const open = this.#bytes.subarray(end, this.#filled)
    const ends = this.#ends.slice(0, this.#lines)
    let bytes: Uint8Array
    if (end < this.#bytes.length / 4) {
      bytes = this.#bytes.slice(0, end)
      this.#bytes.copyWithin(0, end, this.#filled)
    } else {
      bytes = this.#bytes.subarray(0, end)
      this.#bytes = new Uint8Array(Math.max(BLOCK_BYTES, open.length))
      this.#bytes.set(open)
    }
    this.#filled = open.length
    this.#lineStart = 0
    this.#lines = 0
    return { bytes, ends }
  }

  #cut(): void {
    const start = this.#lineStart
    const furthest = start + this.#maxLineBytes
    const bytes = this.#bytes
    let blank = furthest
    while (blank > start + this.#maxLineBytes / 2) {
      if (bytes[blank - 1] === SPACE || bytes[blank - 1] === TAB) {
        this.#addEnd(blank)
        return
      }
      blank--
    }
    let character = furthest
    while (character > furthest - 3 && isContinuation(bytes[character] as number)) character--
    this.#addEnd(isContinuation(bytes[character] as number) ? furthest : character)
  }

  #addEnd(end: number): void {
    if (this.#lines === this.#ends.length) {
      const longer = new Uint32Array(this.#ends.length * 2)
      longer.set(this.#ends)
      this.#ends = longer
    }
    this.#ends[this.#lines++] = end
    this.#lineStart = end
  }

  #reserve(more: number): void {
    if (this.#filled + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#filled + more))
    larger.set(this.#bytes.subarray(0, this.#filled))
    this.#bytes = larger
  }
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
