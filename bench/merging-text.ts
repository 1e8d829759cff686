import { BATCH_SLOTS, BREAK, type Sampling } from '../kernels/contract.ts'
import { lines, pipe, tokenize } from '../src/index.ts'
import { samplingOf } from '../src/models/noise.ts'
import { type Cursor, Vocabulary } from '../src/models/vocabulary.ts'
import { isWordChunk, packWords } from '../src/models/word-chunk.ts'
import { chunksOf } from '../src/stream.ts'
import type { WordChunk } from '../src/types.ts'

/** A text as slots, read once for all replicas: they agree on rows, counts and sampling tables. */
export interface SlotText {
  readonly vocabulary: Vocabulary
  readonly sampling: Sampling
  /** Every 100th line, which no replica trains on, a BREAK after each. */
  readonly heldOut: Uint32Array
  /** The other lines, in the order of the text, a BREAK after each. */
  readonly slots: Uint32Array
  /** Where each of the other lines ends, its BREAK included. */
  readonly lineEnds: Uint32Array
}

const HELD_OUT = 100

/** Reads a text twice: for its vocabulary, which is then closed, and for its slots. */
export async function readSlots(path: string, minCount: number, subsample: number): Promise<SlotText> {
  const vocabulary = new Vocabulary(2 ** 18, minCount)
  const unused = new Uint32Array(BATCH_SLOTS)
  let words = 0
  let textLines = 0
  for await (const chunk of chunksOfWords(path)) {
    const cursor: Cursor = { word: 0, line: 0 }
    while (cursor.line < chunk.lineEnds.length) vocabulary.encode(chunk, cursor, unused, 0)
    words += chunk.wordEnds.length
    textLines += chunk.lineEnds.length
  }
  vocabulary.closed = true

  const slots = new Uint32Array(words + textLines)
  const heldOut = new Uint32Array(words + textLines)
  const lineEnds = new Uint32Array(textLines)
  let length = 0
  let heldOutLength = 0
  let kept = 0
  let line = 0
  for await (const chunk of chunksOfWords(path)) {
    const cursor: Cursor = { word: 0, line: 0 }
    for (let end = 1; end <= chunk.lineEnds.length; end++) {
      const one = { ...chunk, lineEnds: chunk.lineEnds.subarray(0, end) }
      if (++line % HELD_OUT === 0) {
        heldOutLength = vocabulary.encode(one, cursor, heldOut, heldOutLength)
      } else {
        const before = length
        length = vocabulary.encode(one, cursor, slots, length)
        if (length > before) lineEnds[kept++] = length
      }
    }
  }
  return {
    vocabulary,
    sampling: samplingOf(vocabulary.counts, vocabulary.size, subsample),
    heldOut: heldOut.slice(0, heldOutLength),
    slots: slots.subarray(0, length),
    lineEnds: lineEnds.slice(0, kept)
  }
}

/** The lines of a text, each given to one of `peers` by its hash, in the order of the text. */
export function shardsOf(
  { slots, lineEnds }: Pick<SlotText, 'slots' | 'lineEnds'>,
  peers: number
): Uint32Array[] {
  if (peers === 1) return [slots]
  const owners = new Uint8Array(lineEnds.length)
  const sizes = new Array<number>(peers).fill(0)
  let start = 0
  lineEnds.forEach((end, line) => {
    const owner = lineHash(slots, start, end) % peers
    owners[line] = owner
    sizes[owner] = (sizes[owner] ?? 0) + end - start
    start = end
  })
  const shards = sizes.map(size => new Uint32Array(size))
  const lengths = new Array<number>(peers).fill(0)
  start = 0
  lineEnds.forEach((end, line) => {
    const owner = owners[line] ?? 0
    const length = lengths[owner] ?? 0
    shards[owner]?.set(slots.subarray(start, end), length)
    lengths[owner] = length + end - start
    start = end
  })
  return shards
}

/** Words among slots. */
export function countWords(slots: Uint32Array): number {
  let words = 0
  for (const slot of slots) words += slot === BREAK ? 0 : 1
  return words
}

/** FNV-1a over the slots, then mixed, so that its remainders are even. */
function lineHash(slots: Uint32Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (slots[i] ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
  return (hash ^ (hash >>> 15)) >>> 0
}

async function* chunksOfWords(path: string): AsyncGenerator<WordChunk> {
  for await (const chunk of chunksOf(pipe(lines(path), tokenize()))) {
    yield isWordChunk(chunk) ? chunk : packWords(chunk)
  }
}
