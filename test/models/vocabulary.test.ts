import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { BREAK } from '../../kernels/contract.ts'
import { type Cursor, Vocabulary } from '../../src/models/vocabulary.ts'
import { packWords } from '../../src/models/word-chunk.ts'
import { keyOf } from '../../src/models/word-key.ts'
import type { WordChunk } from '../../src/types.ts'

const split = (...lines: string[]) => lines.map(line => line.split(' ').filter(word => word !== ''))

/** All slots of the chunks, written through an `out` of the given size. */
function encodeAll(vocabulary: Vocabulary, chunks: readonly WordChunk[], size = 1000): number[] {
  const out = new Uint32Array(size)
  const slots: number[] = []
  let length = 0
  for (const chunk of chunks) {
    const cursor: Cursor = { word: 0, line: 0 }
    while (cursor.line < chunk.lineEnds.length) {
      length = vocabulary.encode(chunk, cursor, out, length)
      if (length === size) {
        slots.push(...out)
        length = 0
      }
    }
  }
  slots.push(...out.subarray(0, length))
  return slots
}

test('words get slots in the order of their admission, lines end in one break, unknown words are left out', () => {
  const vocabulary = new Vocabulary(100, 2)
  const lines = split('a b a', '', 'c', 'b c a', 'a x')
  deepStrictEqual(encodeAll(vocabulary, [packWords(lines)]), [0, BREAK, 1, 2, 0, BREAK, 0, BREAK])
  deepStrictEqual(vocabulary.texts, ['a', 'b', 'c'])
  deepStrictEqual([...vocabulary.counts], [4, 2, 2])
  strictEqual(vocabulary.words, 9)
})

test('counts are right whenever they are asked for, while words come and the table grows', () => {
  const vocabulary = new Vocabulary(10_000, 2)
  const wanted = new Map<string, number>()
  for (let round = 1; round <= 4; round++) {
    const words = Array.from({ length: 1000 * round }, (_, i) => `w${i}`)
    encodeAll(vocabulary, [packWords([words, words])])
    for (const word of words) wanted.set(word, (wanted.get(word) ?? 0) + 2)
    deepStrictEqual(
      [...vocabulary.counts],
      vocabulary.texts.map(word => wanted.get(word))
    )
    deepStrictEqual(vocabulary.counts, vocabulary.counts)
  }
  strictEqual(vocabulary.size, 4000)
})

test('it does what a map of counts does, for random text', () => {
  fc.assert(
    fc.property(textLines(), fc.integer({ min: 1, max: 4 }), (lines, minCount) => {
      const vocabulary = new Vocabulary(1000, minCount)
      const slots = encodeAll(vocabulary, [packWords(lines)], 100_000)

      const counts = new Map<string, number>()
      const admitted = new Map<string, number>()
      const expected: number[] = []
      for (const line of lines) {
        for (const word of line) {
          const count = (counts.get(word) ?? 0) + 1
          counts.set(word, count)
          if (count === minCount) admitted.set(word, admitted.size)
          const slot = admitted.get(word)
          if (slot !== undefined) expected.push(slot)
        }
        if (expected.length > 0 && expected.at(-1) !== BREAK) expected.push(BREAK)
      }
      deepStrictEqual(slots, expected)
      deepStrictEqual(
        [...vocabulary.counts],
        [...admitted.keys()].map(word => counts.get(word))
      )
      for (const [word, slot] of admitted) strictEqual(vocabulary.slotOf(word), slot)
    })
  )
})

test('neither chunks nor the size of a pass change what comes out', () => {
  fc.assert(
    fc.property(
      textLines(),
      fc.array(fc.nat({ max: 12 })),
      fc.integer({ min: 1, max: 9 }),
      (lines, cuts, size) => {
        const chunks: WordChunk[] = []
        let from = 0
        for (const cut of cuts) {
          chunks.push(packWords(lines.slice(from, from + cut)))
          from += cut
        }
        chunks.push(packWords(lines.slice(from)))
        const whole = new Vocabulary(1000, 2)
        const parts = new Vocabulary(1000, 2)
        deepStrictEqual(encodeAll(parts, chunks, size), encodeAll(whole, [packWords(lines)], size))
        strictEqual(parts.words, whole.words)
      }
    )
  )
})

test('ten thousand words are found again after the table has grown', () => {
  const vocabulary = new Vocabulary(20_000, 1)
  const words = Array.from({ length: 10_000 }, (_, i) => `w${i}`)
  encodeAll(vocabulary, [packWords([words])], 20_000)
  words.forEach((word, slot) => {
    strictEqual(vocabulary.slotOf(word), slot)
  })
  strictEqual(vocabulary.slotOf('w10000'), undefined)
})

test('once it is full, further words stay unknown and are counted once each', () => {
  const vocabulary = new Vocabulary(2, 2)
  const slots = encodeAll(vocabulary, [packWords(split('a a b b c c c d d e a'))])
  deepStrictEqual(slots, [0, 1, 0, BREAK])
  strictEqual(vocabulary.full, true)
  strictEqual(vocabulary.refused, 2)
})

test('a restored vocabulary goes on as the one it was saved from', () => {
  const lines = split('the cat and the dog', 'a cat a dog and a bird', 'the bird and the cow')
  const whole = new Vocabulary(6, 2)
  const expected = encodeAll(whole, [packWords(lines)])
  const first = new Vocabulary(6, 2)
  const slots = encodeAll(first, [packWords(lines.slice(0, 2))])
  const { texts, counts, sketch, words, refused, closed } = first
  const second = new Vocabulary(6, 2, { texts, counts, sketch: sketch.slice(), words, refused, closed })
  deepStrictEqual([...slots, ...encodeAll(second, [packWords(lines.slice(2))])], expected)
  deepStrictEqual(second.texts, whole.texts)
  deepStrictEqual(second.counts, whole.counts)
})

test('words that no text can have, and words beyond 256 bytes, are read but never admitted', () => {
  const bytes = Uint8Array.of(0xff, 0xff, ...new Uint8Array(600).fill(0x61), 0xef, 0xbb, 0xbf)
  const wordEnds = Uint32Array.of(1, 2, 302, 602, 605)
  const chunk: WordChunk = { ...packWords([]), bytes, wordEnds, lineEnds: Uint32Array.of(5), length: 1 }
  const vocabulary = new Vocabulary(10, 1)
  deepStrictEqual(encodeAll(vocabulary, [chunk]), [0, BREAK])
  // The byte order mark is a word like any other: dropped, its text would no longer have its key.
  deepStrictEqual(vocabulary.texts, ['\ufeff'])
  strictEqual(vocabulary.slotOf('\ufeff'), 0)
  strictEqual(vocabulary.words, 5)
})

test('a word that others have met is admitted at once, beyond the own capacity, with the sightings a word has then', () => {
  const vocabulary = new Vocabulary(2, 3, undefined, 4)
  encodeAll(vocabulary, [packWords(split('a a a b b'))])
  strictEqual(vocabulary.admit('b'), 1)
  strictEqual(vocabulary.admit('a'), 0)
  strictEqual(vocabulary.admit('北京'), 2)
  strictEqual(vocabulary.full, true)
  deepStrictEqual([...vocabulary.counts], [3, 3, 3])
  strictEqual(vocabulary.text(2), '北京')
  // It is a word like any other from now on, and one that was not met by others still finds no room.
  deepStrictEqual(encodeAll(vocabulary, [packWords(split('b c c c 北京'))]), [1, 2, BREAK])
  deepStrictEqual([[...vocabulary.counts], vocabulary.refused], [[3, 4, 4], 1])

  vocabulary.closed = true
  strictEqual(vocabulary.admit('d'), 3)
  strictEqual(vocabulary.admit('d'), 3)
  throws(() => vocabulary.admit('e'), {
    name: 'RangeError',
    message:
      'vocabulary: no room for "e", which another peer has met: there are 4 words; raise capacity (now 2)'
  })
})

test('a slot is found by its key', () => {
  const vocabulary = new Vocabulary(2000, 1)
  const words = Array.from({ length: 2000 }, (_, i) => `w${i}`)
  for (const word of words) vocabulary.admit(word)
  const keys = vocabulary.keys(0, 2000)
  for (let slot = 0; slot < 2000; slot++)
    strictEqual(vocabulary.find(keys[slot * 2], keys[slot * 2 + 1]), slot)
  const [low, high] = keyOf('w2000')
  strictEqual(vocabulary.find(low, high), -1)
})

test('texts that no word can have are not admitted', () => {
  const vocabulary = new Vocabulary(10, 1)
  strictEqual(vocabulary.admit('ß'.repeat(128)), 0)
  for (const text of ['', 'ß'.repeat(129), 'a'.repeat(1e6), '\ud800']) {
    throws(() => vocabulary.admit(text), {
      name: 'TypeError',
      message: /a word is 1 to 256 bytes of UTF-8; got "/
    })
  }
  strictEqual(vocabulary.size, 1)
})

function textLines() {
  return fc.array(
    fc.array(fc.constantFrom('a', 'b', 'c', 'de', 'fgh', 'ijklm', 'ß', '北京'), { maxLength: 6 }),
    {
      maxLength: 30
    }
  )
}
