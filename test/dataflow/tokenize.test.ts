import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { splitLines } from '../../src/sources/split-lines.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { Chunk, WordChunk } from '../../src/types.ts'
import { source } from './source.ts'

const UNSPACED = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]'
const SINGLE = `[[\\p{L}\\p{N}]&&${UNSPACED}]\\p{M}*`
const LETTERS = `(?:[[\\p{L}\\p{N}]--${UNSPACED}]\\p{M}*)+`
const WORD = new RegExp(`${SINGLE}|${LETTERS}(?:['’]${LETTERS})*`, 'gv')

/** The definition: each character lower-cased by itself, then one regular expression. */
function wordsIn(line: string): string[] {
  const lower = [...line.toWellFormed()].map(character => character.toLowerCase()).join('')
  return (lower.match(WORD) ?? []).map(word => word.replaceAll('’', "'"))
}

/** The words of each line, of text that comes as UTF-8 in blocks of `blockBytes`. */
async function wordsOf(text: string, blockBytes: number, options = {}): Promise<string[][]> {
  const bytes = new TextEncoder().encode(text)
  const blocks = async function* () {
    for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.slice(at, at + blockBytes)
  }
  const text8 = { live: false, blocks: blocks(), position: (bytes: number) => ({ bytes }) }
  const lines = stream<string>(() => splitLines(text8, { chunkBytes: blockBytes }))
  return await Array.fromAsync(tokenize(options)(lines))
}

const tricky = [
  'a',
  'B',
  '7',
  ' ',
  '-',
  "'",
  '’',
  'é',
  'E\u0301',
  'İ',
  'Ⱥ',
  'Σ',
  '\u0301',
  '漢',
  'か',
  'カ\u3099'
]
const trickier = [
  '〇',
  '々',
  '⺀',
  'ไ',
  'ท',
  '한',
  '😀',
  '❤\uFE0F',
  '½',
  '\uFFFD',
  '\u200D',
  '\uD800',
  '𝔘',
  '𐐀'
]
const unit = fc.oneof(fc.constantFrom(...tricky, ...trickier), fc.string({ unit: 'binary', maxLength: 1 }))
const line = fc.array(unit, { maxLength: 30 }).map(parts => parts.join('').replaceAll(/[\r\n]/g, ''))

test('words are what the definition says, of any text, cut into chunks anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (lines, bytes) => {
        const text = lines.map(line => `${line}\n`).join('')
        deepStrictEqual(await wordsOf(text, bytes), lines.map(wordsIn))
      }
    ),
    { numRuns: 400 }
  )
})

test('lines that are strings already give the same words as their bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 5 }), async lines => {
      deepStrictEqual(await Array.fromAsync(tokenize()(source([lines]))), lines.map(wordsIn))
    })
  )
})

for (const [text, words] of [
  ['Hello, World!', ['hello', 'world']],
  ["Don't — he said—don’t; o'clock", ["don't", 'he', 'said', "don't", "o'clock"]],
  ["'quoted' ‘also’ rock'n'roll dogs' a''b", ['quoted', 'also', "rock'n'roll", 'dogs', 'a', 'b']],
  ['in 1842 the 3rd, 1,000.5', ['in', '1842', 'the', '3rd', '1', '000', '5']],
  ['Straße CAFÉ café naïve ΟΔΟΣ', ['straße', 'café', 'café', 'naïve', 'οδοσ']],
  ['İstanbul Ⱥ', ['i\u0307stanbul', 'ⱥ']],
  ['漢字とカナ 東京2020年', ['漢', '字', 'と', 'カ', 'ナ', '東', '京', '2020', '年']],
  ["漢'字 カ\u3099", ['漢', '字', 'カ\u3099']],
  ['한국어 단어 ภาษาไทย हिन्दी', ['한국어', '단어', 'ภาษาไทย', 'हिन्दी']],
  ['I ❤️ 👩‍👩‍👧 you😀too \u0301x', ['i', 'you', 'too', 'x']],
  ['well-known snake_case a.b@c.d', ['well', 'known', 'snake', 'case', 'a', 'b', 'c', 'd']],
  ['', []]
] as const) {
  test(`${JSON.stringify(text)} has ${words.length} words`, async () => {
    deepStrictEqual(await Array.fromAsync(tokenize()(linesOf([text]))), [words])
  })
}

test('case can be kept, and numbers can separate', async () => {
  const words = async (options: object) => (await wordsOf('Öl B2B Ⅳ x²', 8, options))[0]
  deepStrictEqual(await words({ lowercase: false }), ['Öl', 'B2B', 'Ⅳ', 'x²'])
  deepStrictEqual(await words({ numbers: false }), ['öl', 'b', 'b', 'x'])
})

test('bytes that are not UTF-8 separate words and are counted as TextDecoder would', async () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(0x61, 0x20, 0xe2, 0x80, 0x99, 0xed, 0xf0), fc.nat(255))),
      async list => {
        const bytes = Uint8Array.from(list)
        const text = decoder.decode(bytes)
        const operator = tokenize()
        const chunk = {
          bytes,
          ends: Uint32Array.of(bytes.length),
          length: 1,
          [Symbol.iterator]: () => [text].values()
        }
        const lines = stream<string>(async function* () {
          yield chunk
        })
        deepStrictEqual(await Array.fromAsync(operator(lines)), [wordsIn(text)])
        const genuine = Buffer.from(bytes).toString('latin1').split('\u00ef\u00bf\u00bd').length - 1
        strictEqual(operator.invalid, text.split('\uFFFD').length - 1 - genuine)
      }
    ),
    { numRuns: 400 }
  )
})

test('a chunk of text becomes one chunk of words as bytes, with its position', async () => {
  const [chunk] = (await Array.fromAsync(
    chunksOf(tokenize()(linesOf(['One two', '', 'Drei'])))
  )) as WordChunk[]
  strictEqual(Buffer.from(chunk?.bytes ?? []).toString(), 'onetwodrei')
  deepStrictEqual([...(chunk?.wordEnds ?? [])], [3, 6, 10])
  deepStrictEqual([...(chunk?.lineEnds ?? [])], [2, 2, 3])
  deepStrictEqual([chunk?.length, chunk?.position], [3, { bytes: 14, share: 1 }])
})

test('chunks of words stay as they are while later ones are made', async () => {
  const chunks: Chunk<string[]>[] = await Array.fromAsync(
    chunksOf(tokenize()(source([['one'], ['two three'], ['x']])))
  )
  deepStrictEqual(
    chunks.map(chunk => [...chunk]),
    [[['one']], [['two', 'three']], [['x']]]
  )
})

test('what is not text is refused', async () => {
  const numbers = source([[1]]) as unknown as AsyncIterable<string>
  await rejects(Array.fromAsync(tokenize()(numbers)), {
    name: 'TypeError',
    message: 'tokenize: wanted lines of text; got number'
  })
})
