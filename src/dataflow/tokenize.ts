import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator, TextChunk } from '../types.ts'
import { isText } from './text-columns.ts'
import { WordCutter } from './word-cutter.ts'

export interface TokenizeOptions {
  /** Whether words are lower-cased, each character by itself. Default true. */
  readonly lowercase?: boolean
  /** Whether digits and other numbers belong to words; otherwise they separate them. Default true. */
  readonly numbers?: boolean
}

export interface Tokenizer extends Operator<string, string[]> {
  /** Sequences of bytes met so far that are not UTF-8; each separates words. */
  readonly invalid: number
}

/**
 * Cuts each line into its words, in order; a line without any becomes an empty one.
 *
 * A word is a run of Unicode letters and numbers, with their marks (accents) and with apostrophes between two of them:
 * `don’t` is one word, written `don't`. A Han, Hiragana or Katakana character is a word by itself. Everything else
 * separates: spaces, punctuation, hyphens, emoji, invalid bytes. Text is not normalised. Chunks keep their lines and
 * positions.
 */
export function tokenize({ lowercase = true, numbers = true }: TokenizeOptions = {}): Tokenizer {
  const cutter = new WordCutter({ lowercase, numbers })
  const operator: Operator<string, string[]> = lines => stream(() => tokenized(chunksOf(lines), cutter))
  return Object.defineProperty(operator as Tokenizer, 'invalid', { get: () => cutter.invalid })
}

async function* tokenized(
  chunks: AsyncIterable<Chunk<string>>,
  cutter: WordCutter
): AsyncGenerator<Chunk<string[]>> {
  for await (const chunk of chunks) {
    const { bytes, ends } = isText(chunk) ? chunk : encode(chunk)
    yield cutter.cut(bytes, ends, chunk.position)
  }
}

const encoder = new TextEncoder()

/** Lines that have become strings on the way, as bytes again. */
function encode(lines: Chunk<string>): Pick<TextChunk, 'bytes' | 'ends'> {
  const texts = Array.from(lines)
  let units = 0
  for (const text of texts) {
    if (typeof text !== 'string') throw new TypeError(`tokenize: wanted lines of text; got ${typeof text}`)
    units += text.length
  }
  // A UTF-16 unit becomes three bytes at most.
  const bytes = new Uint8Array(units * 3)
  const ends = new Uint32Array(texts.length)
  let end = 0
  texts.forEach((text, i) => {
    end += encoder.encodeInto(text, bytes.subarray(end)).written
    ends[i] = end
  })
  return { bytes, ends }
}
