import type { WordVectors } from '../types.ts'
import { refuseUnwritable } from './writable-words.ts'

const WORDS_A_PART = 512

/** Yields `vectors.tsv` for the TensorFlow Projector: a line of tab-separated values for each word, most frequent first. */
export function* projectorVectors({ words, dim, vectors }: WordVectors): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  for (let first = 0; first < words.length; first += WORDS_A_PART) {
    let text = ''
    for (let row = first; row < Math.min(first + WORDS_A_PART, words.length); row++) {
      for (let d = 0; d < dim; d++) text += (d === 0 ? '' : '\t') + vectors[row * dim + d].toPrecision(9)
      text += '\n'
    }
    yield encoder.encode(text)
  }
}

/**
 * Yields `metadata.tsv` for the TensorFlow Projector: a line `word⇥count`, a headline, then the words in the order of
 * `projectorVectors`.
 * @throws Error where a word is empty or holds white space: the Projector would pair the rows wrongly.
 */
export function* projectorMetadata({ words, counts }: WordVectors): Generator<Uint8Array> {
  refuseUnwritable(words, "the Projector's TSV")
  const encoder = new TextEncoder()
  yield encoder.encode('word\tcount\n')
  for (let first = 0; first < words.length; first += WORDS_A_PART) {
    let text = ''
    for (let row = first; row < Math.min(first + WORDS_A_PART, words.length); row++)
      text += `${words[row]}\t${counts[row]}\n`
    yield encoder.encode(text)
  }
}
