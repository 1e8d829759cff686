import type { WordVectors } from '../types.ts'
import { refuseUnwritable } from './writable-words.ts'

const WORDS_A_PART = 1024

/**
 * Yields the binary format of word2vec.c: a line `words dim`, then for each word, most frequent first, its UTF-8, a space,
 * its values as little-endian f32, and a line end.
 * @throws Error where a word is empty or holds white space, which the format cannot express.
 */
export function* word2vecBinary({ words, dim, vectors }: WordVectors): Generator<Uint8Array> {
  refuseUnwritable(words, 'the word2vec format')
  const encoder = new TextEncoder()
  yield encoder.encode(`${words.length} ${dim}\n`)
  for (let first = 0; first < words.length; first += WORDS_A_PART) {
    const names = words.slice(first, first + WORDS_A_PART).map(word => encoder.encode(`${word} `))
    const part = new Uint8Array(names.reduce((bytes, name) => bytes + name.length + dim * 4 + 1, 0))
    let at = 0
    names.forEach((name, i) => {
      part.set(name, at)
      at += name.length
      const row = vectors.subarray((first + i) * dim, (first + i + 1) * dim)
      part.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), at)
      at += row.byteLength
      part[at++] = 0x0a
    })
    yield part
  }
}
