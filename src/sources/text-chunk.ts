import type { Position, TextChunk } from '../types.ts'

/** Lines as UTF-8 bytes; a line becomes a string when it is iterated, each invalid byte U+FFFD. */
export class TextLines implements TextChunk {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array // [lines]
  readonly position?: Position

  constructor(bytes: Uint8Array, ends: Uint32Array, position?: Position) {
    this.bytes = bytes
    this.ends = ends
    if (position !== undefined) this.position = position
  }

  get length(): number {
    return this.ends.length
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    // A mark inside a text is a character like any other; the source has dropped the one at its start.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let start = 0
    for (const end of this.ends) {
      yield decoder.decode(this.bytes.subarray(start, end))
      start = end
    }
  }
}
