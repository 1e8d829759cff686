import type { Position } from '../types.ts'
import { type CharacterPage, LETTER, MARK, NUMBER, pageOf, SEPARATOR, SINGLE } from './characters.ts'
import { decodeAt } from './utf8.ts'
import { WordLines } from './word-chunk.ts'

export interface WordOptions {
  readonly lowercase: boolean
  readonly numbers: boolean
}

// What a byte is, where it is not an ASCII letter or digit that goes into a word as the table's value.
const BREAK = 0
const APOSTROPHE = 1
const WIDE = 2

const APOSTROPHE_BYTE = 0x27
const APOSTROPHE_SIGN = 0x2019

/** Cuts lines of UTF-8 into words. Its buffers are used again for every chunk, so no word costs an allocation. */
export class WordCutter {
  /** Invalid byte sequences met so far. */
  invalid = 0

  #options: WordOptions
  #table: Uint8Array
  #bytes = new Uint8Array()
  #wordEnds = new Uint32Array()
  #filled = 0
  #words = 0

  constructor(options: WordOptions) {
    this.#options = options
    this.#table = byteTable(options)
  }

  /** The words of lines that stand back to back; line i ends before `ends[i]`. */
  cut(bytes: Uint8Array, ends: Uint32Array, position: Position | undefined): WordLines {
    this.#reserve(bytes.length)
    this.#filled = 0
    this.#words = 0
    const lineEnds = new Uint32Array(ends.length)
    let start = 0
    for (let line = 0; line < ends.length; line++) {
      const end = ends[line] as number
      this.#cutLine(bytes, start, end)
      lineEnds[line] = this.#words
      start = end
    }
    return new WordLines(
      this.#bytes.slice(0, this.#filled),
      this.#wordEnds.slice(0, this.#words),
      lineEnds,
      position
    )
  }

  #cutLine(bytes: Uint8Array, start: number, end: number): void {
    const table = this.#table
    const out = this.#bytes
    const wordEnds = this.#wordEnds
    let words = this.#words
    let filled = this.#filled
    let wordStart = filled
    let at = start
    while (at < end) {
      const value = table[bytes[at] as number] as number
      if (value > WIDE) {
        out[filled++] = value
        at++
        continue
      }
      if (value === APOSTROPHE) {
        at++
        if (filled > wordStart && this.#letterAt(bytes, at, end)) out[filled++] = APOSTROPHE_BYTE
        else if (filled > wordStart) wordStart = wordEnds[words++] = filled
        continue
      }
      if (value === BREAK) {
        at++
        if (filled > wordStart) wordStart = wordEnds[words++] = filled
        continue
      }
      const decoded = decodeAt(bytes, at, end)
      at += decoded < 0 ? -decoded : decoded & 7
      if (decoded < 0) this.invalid++
      const codePoint = decoded >> 3
      const page = decoded < 0 ? undefined : pageOf(codePoint)
      const kind = page === undefined ? SEPARATOR : this.#kindOn(page, codePoint)
      const goesOn =
        kind === LETTER ||
        kind === NUMBER ||
        (filled > wordStart &&
          (kind === MARK || (codePoint === APOSTROPHE_SIGN && this.#letterAt(bytes, at, end))))
      if (!goesOn && filled > wordStart) wordStart = wordEnds[words++] = filled
      if (page === undefined || (!goesOn && kind !== SINGLE)) continue
      let rest = kind === SEPARATOR ? APOSTROPHE_BYTE : this.#written(page, codePoint)
      do {
        out[filled++] = rest & 0xff
        rest >>>= 8
      } while (rest !== 0)
      if (kind !== SINGLE) continue
      // TODO marks
    }
    if (filled > wordStart) wordEnds[words++] = filled
    this.#words = words
    this.#filled = filled
  }
