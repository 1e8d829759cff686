import type { WordVectors } from '../types.ts'
import { refuseUnwritable } from './writable-words.ts'

const WORDS_A_PART = 512

/**
 * Yields the text format of word2vec.c: a line `words dim`, then a line `word value value …` for each word, most frequent
 * first. Nine digits a value: reading it back gives the same f32.
 * @throws Error where a word is empty or holds white space, which the format cannot express.
 */
export function* word2vecText({ words, dim, vectors }: WordVectors): Generator<Uint8Array> {
  refuseUnwritable(words, 'the word2vec format')
  const encoder = new TextEncoder()
  yield encoder.encode(`${words.length} ${dim}\n`)
  for (let first = 0; first < words.length; first += WORDS_A_PART) {
    let text = ''
    const end = Math.min(first + WORDS_A_PART, words.length)
    for (let row = first; row < end; row++) {
      text += words[row]
      for (let d = row * dim; d < (row + 1) * dim; d++) text += ` ${vectors[d].toPrecision(9)}`
      text += '\n'
    }
    yield encoder.encode(text)
  }
}
