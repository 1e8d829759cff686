import type { Chunk, WordChunk } from '../types.ts'

/** Whether a chunk already holds its words as UTF-8, as the tokenizer's do. */
export function isWordChunk(chunk: Chunk<string[]>): chunk is WordChunk {
  return 'wordEnds' in chunk && 'lineEnds' in chunk && 'bytes' in chunk
}

/**
 * Packs lines of words as UTF-8, for callers who have plain arrays.
 * @throws TypeError where a line is a string: its characters would be taken for words.
 */
export function packWords(lines: Iterable<readonly string[]>): WordChunk {
  const encoder = new TextEncoder()
  let bytes = new Uint8Array(65536)
  let at = 0
  const wordEnds: number[] = []
  const lineEnds: number[] = []
  for (const line of lines) {
    if (!Array.isArray(line)) {
      throw new TypeError(
        `word2vec: a line is an array of words; got ${typeof line} (is tokenize() missing before train()?)`
      )
    }
    for (const word of line) {
      if (typeof word !== 'string') throw new TypeError(`word2vec: a word is a string; got ${typeof word}`)
      if (at + word.length * 3 > bytes.length) {
        const larger = new Uint8Array((bytes.length + word.length * 3) * 2)
        larger.set(bytes.subarray(0, at))
        bytes = larger
      }
      at += encoder.encodeInto(word, bytes.subarray(at)).written
      wordEnds.push(at)
    }
    lineEnds.push(wordEnds.length)
  }
  return wordChunk(bytes.subarray(0, at), Uint32Array.from(wordEnds), Uint32Array.from(lineEnds))
}

function wordChunk(bytes: Uint8Array, wordEnds: Uint32Array, lineEnds: Uint32Array): WordChunk {
  return {
    bytes,
    wordEnds,
    lineEnds,
    length: lineEnds.length,
    *[Symbol.iterator]() {
      const decoder = new TextDecoder()
      let word = 0
      let start = 0
      for (const lineEnd of lineEnds) {
        const line: string[] = []
        for (; word < lineEnd; word++) {
          line.push(decoder.decode(bytes.subarray(start, wordEnds[word])))
          start = wordEnds[word]
        }
        yield line
      }
    }
  }
}
