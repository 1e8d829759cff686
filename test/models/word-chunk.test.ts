import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWordChunk, packWords } from '../../src/models/word-chunk.ts'

test('packed lines iterate as the lines they were', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ unit: 'grapheme' }))), lines => {
      const chunk = packWords(lines)
      deepStrictEqual([...chunk], lines)
      strictEqual(chunk.length, lines.length)
    })
  )
})

test('a plain array is no word chunk, a packed one is', () => {
  strictEqual(isWordChunk([['a']]), false)
  strictEqual(isWordChunk(packWords([['a']])), true)
})

test('lines that are strings are refused: their characters would be taken for words', () => {
  // @ts-expect-error: what callers without types do
  throws(() => packWords(['the king']), /a line is an array of words; got string \(is tokenize\(\) missing/)
  // @ts-expect-error: the same
  throws(() => packWords([[7]]), /word2vec: a word is a string; got number/)
})
