import type { Position, WordChunk } from '../types.ts'

/** Lines of words as UTF-8 bytes; a line becomes an array of strings when it is iterated. */
export class WordLines implements WordChunk {
  readonly bytes: Uint8Array
  readonly wordEnds: Uint32Array // [words]
  readonly lineEnds: Uint32Array // [lines]
  readonly position?: Position

  constructor(bytes: Uint8Array, wordEnds: Uint32Array, lineEnds: Uint32Array, position?: Position) {
    this.bytes = bytes
    this.wordEnds = wordEnds
    this.lineEnds = lineEnds
    if (position !== undefined) this.position = position
  }

  get length(): number {
    return this.lineEnds.length
  }

  *[Symbol.iterator](): Generator<string[], void, undefined> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let start = 0
    let word = 0
    for (const lineEnd of this.lineEnds) {
      const line: string[] = []
      for (; word < lineEnd; word++) {
        const end = this.wordEnds[word] as number
        line.push(decoder.decode(this.bytes.subarray(start, end)))
        start = end
      }
      yield line
    }
  }
}
