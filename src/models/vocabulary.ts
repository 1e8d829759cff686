import { BREAK } from '../../kernels/contract.ts'
import type { WordChunk } from '../types.ts'
import { AdmissionSketch } from './admission-sketch.ts'
import { keyOf, wordKey } from './word-key.ts'

// Longer ones are noise (base64, broken input) and would make the text of the vocabulary unbounded.
const LONGEST_WORD = 256
const STRIDE = 4
const encoder = new TextEncoder()

/** How far `encode` has come in a chunk; a new one starts at zeros. */
export interface Cursor {
  word: number
  line: number
}

/** What brings a vocabulary back as it was. */
export interface VocabularyState {
  readonly texts: readonly string[]
  readonly counts: Float64Array
  readonly sketch: Uint8Array<ArrayBuffer>
  readonly words: number
  readonly refused: number
  readonly closed: boolean
}

/**
 * The words of a model, each with a slot: 0, 1, 2, … in the order in which they were admitted. A word is admitted at
 * its `minCount`-th sighting, while there are fewer than `capacity`, or when another peer has met it, while there are
 * fewer than `room`; it keeps its slot for good.
 */
export class Vocabulary {
  readonly capacity: number
  readonly minCount: number
  /** Slots there are in all. */
  readonly room: number
  /** Words read so far, known or not. */
  words = 0
  /** Words that were seen often enough and found no room (an estimate). */
  refused = 0
  /** Whether words and counts are final: further words stay unknown, further sightings are not counted. Set it to close. */
  closed = false
  readonly #texts: string[] = []
  readonly #sketch: AdmissionSketch
  readonly #key = new Uint32Array(2)
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  // Open addressing with linear steps; an entry is low, high, slot + 1 (0 where free), sightings that #counts has not yet:
  // 16 bytes, so that one cache line has all that `encode` needs of a known word.
  #entries = new Uint32Array(1024 * STRIDE)
  #keys = new Uint32Array(512 * 2)
  #counts = new Float64Array(512)
  /** Words read when #counts had all sightings. */
  #collectedAt = 0

  constructor(capacity: number, minCount: number, state?: VocabularyState, room = capacity) {
    this.capacity = capacity
    this.minCount = minCount
    this.room = room
    this.#sketch = new AdmissionSketch(minCount, state?.sketch)
    if (state === undefined) return
    state.texts.forEach((text, slot) => {
      const [low, high] = keyOf(text)
      if (this.find(low, high) >= 0)
        throw new Error(`vocabulary: the word ${JSON.stringify(text)} is there twice`)
      this.#admit(low, high, text)
      this.#counts[slot] = state.counts[slot]
    })
    this.words = state.words
    this.refused = state.refused
    this.closed = state.closed
  }

  /** Words admitted so far. */
  get size(): number {
    return this.#texts.length
  }

  /** Whether no further word is admitted for its sightings. */
  get full(): boolean {
    return this.size >= this.capacity
  }

  /** Sightings of each word, f64 [size]; a view that is out of date once `encode` has run. */
  get counts(): Float64Array {
    this.#collectSightings()
    return this.#counts.subarray(0, this.size)
  }

  /** The words, by slot. */
  get texts(): readonly string[] {
    return this.#texts
  }

  /** The word of a slot. */
  text(slot: number): string {
    return this.#texts[slot]
  }

  /** The admission sketch's counters, for a checkpoint. */
  get sketch(): Uint8Array<ArrayBuffer> {
    return this.#sketch.counters
  }

  /** Keys of the slots `first … end - 1`, two u32 (low, high) each. */
  keys(first: number, end: number): Uint32Array {
    return this.#keys.subarray(first * 2, end * 2)
  }

  /** The key of a word, known or not: low, high. */
  keyOf(text: string): Uint32Array {
    return keyOf(text)
  }

  /** The word's slot, or undefined where it is not known. */
  slotOf(word: string): number | undefined {
    const [low, high] = keyOf(word)
    const slot = this.find(low, high)
    return slot < 0 ? undefined : slot
  }

  /** The slot of a key, or -1. */
  find(low: number, high: number): number {
    const entries = this.#entries
    const mask = entries.length - STRIDE
    let at = (low * STRIDE) & mask
    while (entries[at + 2] !== 0 && (entries[at] !== low || entries[at + 1] !== high))
      at = (at + STRIDE) & mask
    return entries[at + 2] - 1
  }

  /**
   * Admits a word that another peer has met, with `minCount` sightings, and returns its slot; where it is known, the one it
   * has.
   * @throws RangeError where there is no room; TypeError for a text that is no word: empty, beyond 256 bytes, or not UTF-8.
   */
  admit(text: string): number {
    const bytes = text.length > LONGEST_WORD ? new Uint8Array() : encoder.encode(text)
    if (bytes.length === 0 || bytes.length > LONGEST_WORD || !text.isWellFormed()) {
      throw new TypeError(`vocabulary: a word is 1 to ${LONGEST_WORD} bytes of UTF-8; got ${describe(text)}`)
    }
    wordKey(bytes, 0, bytes.length, this.#key)
    const [low, high] = this.#key
    const known = this.find(low, high)
    if (known >= 0) return known
    if (this.size >= this.room) {
      throw new RangeError(
        `vocabulary: no room for ${describe(text)}, which another peer has met: there are ${this.size} words; ` +
          `raise capacity (now ${this.capacity})`
      )
    }
    const slot = this.#admit(low, high, text)
    this.#counts[slot] = this.minCount
    return slot
  }

  /**
   * Reads words from where `cursor` stands and writes the slots of those that are known (or become so) from `out[length]` on,
   * BREAK after each line that gave any, until the chunk ends or `out` is full; returns the new length and moves the
   * cursor. What it writes depends on the words and the line ends only, not on how they are cut into chunks.
   */
  encode(chunk: WordChunk, cursor: Cursor, out: Uint32Array, length: number): number {
    const { bytes, wordEnds, lineEnds } = chunk
    const key = this.#key
    const room = out.length
    const sighting = this.closed ? 0 : 1
    let entries = this.#entries
    let mask = entries.length - STRIDE
    let word = cursor.word
    let line = cursor.line
    let start = word === 0 ? 0 : wordEnds[word - 1]
    reading: for (; line < lineEnds.length; line++) {
      const lineEnd = lineEnds[line]
      while (word < lineEnd) {
        if (length === room) break reading
        const end = wordEnds[word++]
        wordKey(bytes, start, end, key)
        const low = key[0]
        const high = key[1]
        let at = (low * STRIDE) & mask
        while (entries[at + 2] !== 0 && (entries[at] !== low || entries[at + 1] !== high))
          at = (at + STRIDE) & mask
        let slot = entries[at + 2] - 1
        if (slot < 0) {
          slot = this.#meet(low, high, bytes, start, end)
          entries = this.#entries
          mask = entries.length - STRIDE
          if (slot >= 0) this.#counts[slot] += sighting
        } else entries[at + 3] += sighting
        start = end
        if (slot >= 0) out[length++] = slot
      }
      if (length > 0 && out[length - 1] !== BREAK) {
        if (length === room) break
        out[length++] = BREAK
      }
    }
    this.words += word - cursor.word
    // Before a word can have more sightings than an entry can say.
    if (this.words - this.#collectedAt > 2 ** 31) this.#collectSightings()
    cursor.word = word
    cursor.line = line
    return length
  }

  /** Counts a word that is not known; returns its slot if that admits it, else -1. */
  #meet(low: number, high: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.closed || end === start || end - start > LONGEST_WORD) return -1
    const sightings = this.#sketch.add(low, high)
    if (sightings < this.minCount) return -1
    if (this.full) {
      if (sightings === this.minCount) this.refused++
      return -1
    }
    const text = this.#decode(bytes, start, end)
    if (text === undefined) return -1
    const slot = this.#admit(low, high, text)
    this.#counts[slot] = this.minCount - 1
    return slot
  }

  /** Undefined where the bytes are not UTF-8: no text has their key, so the word could not be saved. */
  #decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    try {
      // A copy: TextDecoder does not take views of shared memory.
      return this.#decoder.decode(bytes.slice(start, end))
    } catch {
      return undefined
    }
  }

  #admit(low: number, high: number, text: string): number {
    const slot = this.#texts.push(text) - 1
    if (slot * 2 >= this.#keys.length) {
      this.#keys = grown(this.#keys, new Uint32Array(this.#keys.length * 2))
      this.#counts = grown(this.#counts, new Float64Array(this.#counts.length * 2))
    }
    this.#keys[slot * 2] = low
    this.#keys[slot * 2 + 1] = high
    if (this.size * 2 * STRIDE > this.#entries.length) {
      this.#collectSightings()
      this.#entries = new Uint32Array(this.#entries.length * 2)
      for (let other = 0; other < slot; other++) this.#enter(other)
    }
    this.#enter(slot)
    return slot
  }

  #collectSightings(): void {
    this.#collectedAt = this.words
    const entries = this.#entries
    for (let at = 0; at < entries.length; at += STRIDE) {
      if (entries[at + 3] === 0) continue
      this.#counts[entries[at + 2] - 1] += entries[at + 3]
      entries[at + 3] = 0
    }
  }

  #enter(slot: number): void {
    const entries = this.#entries
    const low = this.#keys[slot * 2]
    const mask = entries.length - STRIDE
    let at = (low * STRIDE) & mask
    while (entries[at + 2] !== 0) at = (at + STRIDE) & mask
    entries[at] = low
    entries[at + 1] = this.#keys[slot * 2 + 1]
    entries[at + 2] = slot + 1
  }
}

function describe(text: string): string {
  return text.length > 40 ? `${JSON.stringify(text.slice(0, 40))}…` : JSON.stringify(text)
}

function grown<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
