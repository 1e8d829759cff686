// Usage: npm run bench -- text [--json] [--megabytes 16] [--runs 5] [--write]
//
// From UTF-8 text to vocabulary ids, on one thread: tokenize() and Vocabulary.encode, against the same with a regular
// expression and with Intl.Segmenter, each followed by a Map from word to id. The text lies in memory as blocks of whole
// lines; what the tokenizer gives is compared with what the regular expression finds before anything is timed.
//
//   text_words_per_s       words by the time from bytes to ids, ours beside a peer's; median
//   tokenize_words_per_s   words by the time of tokenize() alone
//
// Options: --megabytes of text; --write puts the figures into bench/RESULTS.md.

import { deepStrictEqual } from 'node:assert'
import { parseArgs } from 'node:util'
import { BATCH_SLOTS } from '../kernels/index.ts'
import { tokenize } from '../src/dataflow/tokenize.ts'
import { Vocabulary } from '../src/models/vocabulary.ts'
import { linesOf } from '../src/sources/memory.ts'
import { chunksOf, stream } from '../src/stream.ts'
import type { Chunk, TextChunk, WordChunk } from '../src/types.ts'
import { readText } from './corpus.ts'
import { machine } from './machine.ts'
import { medianMs } from './measure.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '16' },
    runs: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false }
  }
})
const runs = Number(values.runs)

// The tokenizer's rule, but for Han and Kana and for marks that stand alone.
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*/gu
// Segmenting takes long; its speed does not depend on how much of it there is.
const SEGMENTED_SHARE = 0.1
const decoder = new TextDecoder()
const segments = new Intl.Segmenter('en', { granularity: 'word' })

const loaded = machine()
const report = openReport(values.json)
const text = await readText(Number(values.megabytes) * 1e6)
const blocks = await blocksOf(text.toString().split('\n'))
// The same with their line ends, as a program that takes them by itself would have read them.
const plain = blocks.map(block => Buffer.from([...block, ''].join('\n')))
const few = Math.ceil(blocks.length * SEGMENTED_SHARE)
const some = plain.slice(0, few)

const found = (await tokenized(blocks.slice(0, few))).flatMap(chunk => [...chunk]).flat()
deepStrictEqual(found, some.flatMap(regexWords))
const words = plain.reduce((sum, block) => sum + regexWords(block).length, 0)
const segmented = some.reduce((sum, block) => sum + segmenterWords(block).length, 0)
report.say(`${words.toLocaleString('en-US')} words, ${(text.length / 1e6).toFixed(0)} MB; one thread`)

const ours = words / (await seconds(async () => encode(await tokenized(blocks))))
const regex = words / (await seconds(() => numberWords(plain, regexWords)))
const segmenter = segmented / (await seconds(() => numberWords(some, segmenterWords)))
const figure = { bench: 'text', name: 'text_words_per_s', value: ours, unit: 'words/s' }
report.add({ ...figure, peer: 'regex', peer_value: regex, ratio: ours / regex })
report.add({ ...figure, peer: 'Intl.Segmenter', peer_value: segmenter, ratio: ours / segmenter })
const alone = words / (await seconds(() => tokenized(blocks)))
report.add({ bench: 'text', name: 'tokenize_words_per_s', value: alone, unit: 'words/s' })
report.close()
if (values.write) writeSection('text', loaded, [markdownTable(report.rows)])

async function seconds(work: () => unknown): Promise<number> {
  return (await medianMs(work, { runs })) / 1000
}

/** The lines as the sources hand them out. */
async function blocksOf(lines: readonly string[]): Promise<TextChunk[]> {
  const found: TextChunk[] = []
  for await (const chunk of linesOf(lines).chunks()) found.push(chunk as TextChunk)
  return found
}

async function tokenized(texts: readonly TextChunk[]): Promise<WordChunk[]> {
  const source = stream<string>(async function* () {
    yield* texts
  })
  const found: Chunk<string[]>[] = []
  for await (const chunk of chunksOf(tokenize()(source))) found.push(chunk)
  return found as WordChunk[]
}

/** As the model does it: words that become known at their fifth sighting, slots in batches. */
function encode(chunks: readonly WordChunk[]): void {
  const vocabulary = new Vocabulary(2 ** 18, 5)
  const slots = new Uint32Array(BATCH_SLOTS)
  for (const chunk of chunks) {
    const cursor = { word: 0, line: 0 }
    while (cursor.line < chunk.lineEnds.length) vocabulary.encode(chunk, cursor, slots, 0)
  }
  if (vocabulary.words !== words) throw new Error(`text: ${vocabulary.words} of ${words} words were encoded`)
}

function regexWords(bytes: Uint8Array): string[] {
  return decoder.decode(bytes).toLowerCase().replaceAll('’', "'").match(WORD) ?? []
}

function segmenterWords(bytes: Uint8Array): string[] {
  const found: string[] = []
  for (const { segment, isWordLike } of segments.segment(decoder.decode(bytes).toLowerCase())) {
    if (isWordLike) found.push(segment)
  }
  return found
}

function numberWords(texts: readonly Uint8Array[], wordsOf: (text: Uint8Array) => string[]): void {
  const ids = new Map<string, number>()
  for (const text of texts) {
    for (const word of wordsOf(text)) if (!ids.has(word)) ids.set(word, ids.size)
  }
}
