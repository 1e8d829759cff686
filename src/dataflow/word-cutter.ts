import type { Position } from '../types.ts'
import { APOSTROPHE, LETTER, MARK, NUMBER, PAGE, pageOf, SEPARATOR, SINGLE } from './characters.ts'
import { decodeAt } from './utf8.ts'
import { WordLines } from './word-chunk.ts'

export interface WordOptions {
  readonly lowercase: boolean
  readonly numbers: boolean
}

/** In the byte table: not ASCII. Above it are the bytes that go into a word, below it SEPARATOR (0) and APOSTROPHE. */
const WIDE = 2
/** The kind of bytes that are not UTF-8. */
const INVALID = 255
const APOSTROPHE_BYTE = 0x27

/** Cuts lines of UTF-8 into words. Its buffers serve every chunk, so no word costs an allocation. */
export class WordCutter {
  /** Invalid sequences of bytes met so far. */
  invalid = 0

  #options: WordOptions
  #table: Uint8Array
  #out = new Uint8Array()
  #wordEnds = new Uint32Array()
  #filled = 0
  #words = 0
  #open = 0 // 1 within a word
  // What #readWide found: the character as UTF-8, its first byte lowest, and where the next one begins.
  #text = 0
  #next = 0

  constructor(options: WordOptions) {
    this.#options = options
    this.#table = byteTable(options)
  }

  /** The words of lines that stand back to back, line i up to `ends[i]`. */
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
    const wordEnds = this.#wordEnds.slice(0, this.#words)
    return new WordLines(this.#out.slice(0, this.#filled), wordEnds, lineEnds, position)
  }

  #cutLine(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    for (;;) {
      at = this.#takeAscii(bytes, at, end)
      if (at === end) break
      at = this.#takeOther(bytes, at, end)
    }
    this.#closeWord()
  }

  /** Takes letters, digits and separators up to another character; gives its place. */
  #takeAscii(bytes: Uint8Array, start: number, end: number): number {
    const table = this.#table
    const out = this.#out
    const wordEnds = this.#wordEnds
    let words = this.#words
    let filled = this.#filled
    let open = this.#open
    let at = start
    for (; at < end; at++) {
      const value = table[bytes[at] as number] as number
      if (value === APOSTROPHE || value === WIDE) break
      // No branch here, since none could be predicted: a byte or an end that does not count is written over.
      const inWord = (value + 127) >> 7
      out[filled] = value
      wordEnds[words] = filled
      words += open & (inWord ^ 1)
      filled += inWord
      open = inWord
    }
    this.#words = words
    this.#filled = filled
    this.#open = open
    return at
  }

  /** Takes an apostrophe or a character that is not ASCII; gives the place after it. */
  #takeOther(bytes: Uint8Array, start: number, end: number): number {
    let kind = APOSTROPHE
    let at = start + 1
    if ((bytes[start] as number) >= 0x80) {
      kind = this.#readWide(bytes, start, end)
      at = this.#next
      if (kind === INVALID) this.invalid++
    }
    if (kind === LETTER || (kind === MARK && this.#open === 1)) this.#put()
    else if (kind === APOSTROPHE && this.#open === 1 && this.#letterAt(bytes, at, end)) {
      this.#out[this.#filled++] = APOSTROPHE_BYTE
    } else {
      this.#closeWord()
      if (kind !== SINGLE) return at
      this.#put()
      while (this.#markAt(bytes, at, end)) {
        this.#put()
        at = this.#next
      }
      this.#closeWord()
    }
    return at
  }

  /** Adds the character that was read to the open word, or opens one with it. */
  #put(): void {
    for (let rest = this.#text; rest !== 0; rest >>>= 8) this.#out[this.#filled++] = rest & 0xff
    this.#open = 1
  }

  #closeWord(): void {
    if (this.#open === 1) this.#wordEnds[this.#words++] = this.#filled
    this.#open = 0
  }

  #letterAt(bytes: Uint8Array, at: number, end: number): boolean {
    if (at >= end) return false
    const value = this.#table[bytes[at] as number] as number
    return value > WIDE || (value === WIDE && this.#readWide(bytes, at, end) === LETTER)
  }

  #markAt(bytes: Uint8Array, at: number, end: number): boolean {
    return at < end && (bytes[at] as number) >= 0x80 && this.#readWide(bytes, at, end) === MARK
  }

  /** The kind of a character that is not ASCII. */
  #readWide(bytes: Uint8Array, at: number, end: number): number {
    const decoded = decodeAt(bytes, at, end)
    if (decoded < 0) {
      this.#next = at - decoded
      return INVALID
    }
    this.#next = at + (decoded & 7)
    const codePoint = decoded >> 3
    const page = pageOf(codePoint)
    const place = codePoint % PAGE
    this.#text = (this.#options.lowercase ? page.lower : page.plain)[place] as number
    const kind = page.kinds[place] as number
    if (kind !== NUMBER) return kind
    return this.#options.numbers ? LETTER : SEPARATOR
  }

  #reserve(bytes: number): void {
    if (this.#wordEnds.length > bytes) return
    // Lower-casing makes three bytes of two at most, and a word has a byte at least; one more is written over.
    this.#out = new Uint8Array(Math.ceil(bytes * 1.5) + 1)
    this.#wordEnds = new Uint32Array(bytes + 1)
  }
}

/** For each byte: the byte it becomes in a word, or below that APOSTROPHE, SEPARATOR or WIDE. */
function byteTable({ lowercase, numbers }: WordOptions): Uint8Array {
  const ascii = pageOf(0)
  const letters = lowercase ? ascii.lower : ascii.plain
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    if (byte >= 0x80) return WIDE
    const kind = ascii.kinds[byte] as number
    if (kind === LETTER || (kind === NUMBER && numbers)) return letters[byte] as number
    return kind === APOSTROPHE ? APOSTROPHE : SEPARATOR
  })
}
