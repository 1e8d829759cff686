import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { word2vecBinary } from '../../src/sinks/word2vec-binary.ts'
import { word2vecText } from '../../src/sinks/word2vec-text.ts'
import { readWord2VecFormat } from '../../src/sources/word2vec-format.ts'
import type { WordVectors } from '../../src/types.ts'

const joined = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts])
const words = fc.uniqueArray(fc.stringMatching(/^[\p{L}\p{N}'$%]{1,9}$/u), { minLength: 1, maxLength: 20 })
const anyVectors: fc.Arbitrary<WordVectors> = fc
  .tuple(words, fc.constantFrom(1, 2, 4, 12))
  .chain(([words, dim]) =>
    fc
      .float32Array({
        minLength: words.length * dim,
        maxLength: words.length * dim,
        noNaN: true,
        noDefaultInfinity: true
      })
      .map(vectors => ({
        dim,
        words,
        counts: new Float64Array(words.length),
        vectors: new Float32Array(vectors)
      }))
  )
// -0 is written as 0 in text.
const plain = (vectors: WordVectors) => ({
  ...vectors,
  vectors: Array.from(vectors.vectors, value => value + 0)
})

for (const [format, write] of [
  ['text', word2vecText],
  ['binary', word2vecBinary]
] as const) {
  test(`vectors written as ${format} are read back bit for bit`, () => {
    fc.assert(
      fc.property(anyVectors, vectors => {
        const bytes = joined(write(vectors))
        deepStrictEqual(plain(readWord2VecFormat(bytes, 'vectors')), plain(vectors))
      })
    )
  })

  test(`${format} that is cut off anywhere is an error in one line`, () => {
    const vectors = {
      dim: 4,
      words: ['a', 'b'],
      counts: new Float64Array(2),
      vectors: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    }
    const bytes = joined(write(vectors))
    // The last line end, and in text the last digit's zeros, may be missing.
    for (let length = 0; length < bytes.length - (format === 'text' ? 11 : 1); length++) {
      throws(() => readWord2VecFormat(bytes.subarray(0, length), 'cut'), {
        name: 'WordVectorsError',
        message: /^cut: [^\n]+$/
      })
    }
  })
}

test('binary without line ends between the words is read too', () => {
  const row = Buffer.from(Float32Array.of(1, 2).buffer)
  const bytes = Buffer.concat([Buffer.from('2 2\na '), row, Buffer.from('b '), row])
  deepStrictEqual(readWord2VecFormat(bytes, 'vectors').words, ['a', 'b'])
})

test('what is no word vectors, or not finite, is refused', () => {
  throws(() => readWord2VecFormat(Buffer.from('once upon a time\n'), 'tale.txt'), {
    message:
      'tale.txt: no word vectors; the word2vec format begins with a line `words dim`, and a model of tensair is a folder'
  })
  throws(() => readWord2VecFormat(Buffer.from('999999999 99999\na 1\n'), 'big'), /do not fit its 20 bytes/)
  throws(() => readWord2VecFormat(Buffer.from('1 2\na 1 nan\n'), 'sick'), {
    message: 'sick: the vector of "a" holds NaN'
  })
})
