import type { WordVectors } from '../types.ts'
import { encodeSafetensors } from './safetensors.ts'

const ROWS_A_SLICE = 4096

/** Gathers vectors that lie in the order of slots into the order of falling counts (equal counts by slot), with one copy. */
export async function sortedWordVectors(
  texts: readonly string[],
  counts: Float64Array,
  dim: number,
  read: (first: number, count: number) => Promise<Float32Array>
): Promise<WordVectors> {
  const slots = Uint32Array.from(texts.keys()).sort((a, b) => counts[b] - counts[a] || a - b)
  const rank = new Uint32Array(slots.length)
  slots.forEach((slot, place) => {
    rank[slot] = place
  })
  const vectors = new Float32Array(slots.length * dim)
  for (let first = 0; first < slots.length; first += ROWS_A_SLICE) {
    const count = Math.min(ROWS_A_SLICE, slots.length - first)
    const slice = await read(first, count)
    for (let i = 0; i < count; i++) vectors.set(slice.subarray(i * dim, (i + 1) * dim), rank[first + i] * dim)
  }
  return {
    dim,
    words: Array.from(slots, slot => texts[slot]),
    counts: Float64Array.from(slots, slot => counts[slot]),
    vectors
  }
}

/**
 * Yields word vectors as a safetensors file: `vectors` f32 [words, dim], `counts` f64 [words], and the words' UTF-8 back
 * to back in `words` u8 with their ends in `word_ends` u32 [words], most frequent first.
 */
export function wordVectorsSafetensors({
  dim,
  words,
  counts,
  vectors
}: WordVectors): AsyncGenerator<Uint8Array> {
  const { bytes, ends } = packTexts(words)
  return encodeSafetensors(
    {
      vectors: { dtype: 'F32', shape: [words.length, dim], parts: () => [vectors] },
      counts: { dtype: 'F64', shape: [words.length], parts: () => [counts] },
      words: { dtype: 'U8', shape: [bytes.length], parts: () => [bytes] },
      word_ends: { dtype: 'U32', shape: [words.length], parts: () => [ends] }
    },
    { format: 'tensair word vectors' }
  )
}

/** Texts as UTF-8 back to back, and where each ends. */
export function packTexts(texts: readonly string[]): {
  bytes: Uint8Array<ArrayBuffer>
  ends: Uint32Array<ArrayBuffer>
} {
  const encoder = new TextEncoder()
  const ends = new Uint32Array(texts.length)
  const bytes = encoder.encode(texts.join(''))
  let at = 0
  texts.forEach((text, i) => {
    at += utf8Length(text)
    ends[i] = at
  })
  return { bytes, ends }
}

/** The inverse of `packTexts`. @throws Error where the ends do not fit the bytes. */
export function unpackTexts(bytes: Uint8Array<ArrayBuffer>, ends: Uint32Array): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let start = 0
  const texts = Array.from(ends, end => {
    if (end < start || end > bytes.length) throw new Error(`words: an end at byte ${end} of ${bytes.length}`)
    const text = decoder.decode(bytes.subarray(start, end))
    start = end
    return text
  })
  if (start !== bytes.length) throw new Error(`words: ${bytes.length - start} bytes belong to no word`)
  return texts
}

function utf8Length(text: string): number {
  let length = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}
