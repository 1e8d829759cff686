import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Device } from '../../kernels/contract.ts'
import { openWasm } from '../../kernels/wasm/device.ts'
import { evaluateAnalogies, evaluateWordPairs } from '../../src/models/evaluate.ts'
import { word2vecBinary } from '../../src/sinks/word2vec-binary.ts'
import type { WordVectors } from '../../src/types.ts'
import { noGensim, python } from './gensim.ts'

let device: Device
before(async () => {
  device = await openWasm({ threads: 1 })
})
after(() => device.close())

function vectorsOf(words: string[], dim: number, value: (row: number, d: number) => number): WordVectors {
  const vectors = Float32Array.from({ length: words.length * dim }, (_, i) =>
    value(Math.floor(i / dim), i % dim)
  )
  return { dim, words, counts: Float64Array.from(words, (_, i) => 1000 - i), vectors }
}

/** Royal, male, female, plural. */
const family: Record<string, number[]> = {
  man: [0, 1, 0, 0],
  woman: [0, 0, 1, 0],
  king: [1, 1, 0, 0],
  queen: [1, 0, 1, 0],
  men: [0, 1, 0, 1],
  women: [0, 0, 1, 1],
  apple: [-1, 0, 0, 0]
}
const familyVectors = vectorsOf(Object.keys(family), 4, (row, d) => Object.values(family)[row][d])

test('word pairs: cosines are ranked against the scores; comments, case and unknown words', () => {
  const text = '# a comment\nMan king\t9\nking queen 6\nman apple 3\nking apple 1\n\nman unicorn 5\n'
  const { rho, known, unknown } = evaluateWordPairs(familyVectors, text)
  deepStrictEqual({ known, unknown }, { known: 4, unknown: 1 })
  ok(Math.abs(rho - 1) < 1e-12, `rho is ${rho}`)
})

test('analogies: counted by kind, the words of the question are no answers, unknown words are left out', async () => {
  const text = [
    ': family',
    'man woman king queen',
    'king man queen apple',
    'man woman king unicorn',
    ': gram8-plural',
    'Man Men Woman Women'
  ].join('\n')
  deepStrictEqual(await evaluateAnalogies(device, familyVectors, text), {
    total: { correct: 2, asked: 3 },
    semantic: { correct: 1, asked: 2 },
    syntactic: { correct: 1, asked: 1 },
    unknown: 1
  })
})

test('analogies: only the most frequent words are asked for and answered with', async () => {
  const { total, unknown } = await evaluateAnalogies(device, familyVectors, 'man woman king queen', 3)
  deepStrictEqual({ total, unknown }, { total: { correct: 0, asked: 0 }, unknown: 1 })
})

test('lines that are no pairs or no questions are named', async () => {
  throws(
    () => evaluateWordPairs(familyVectors, 'man king 3\nman king'),
    /word pairs, line 2: "word word score" wanted; got "man king"/
  )
  throws(() => evaluateWordPairs(familyVectors, 'man king high'), /word pairs, line 1/)
  await rejects(
    evaluateAnalogies(device, familyVectors, ': x\n\nman king man'),
    /analogies, line 3: four words or ": section" wanted/
  )
})

test('gensim comes to the same figures on the same vectors', { skip: noGensim }, async () => {
  // Sums of a few features and noise: analogies that are sometimes right, pairs with ties, words in several cases.
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const words = Array.from(
    { length: 300 },
    (_, i) => `${i % 3 === 0 ? 'W' : 'w'}${i % 150}x${i % 2 === 0 ? i : i + 1}`
  )
  const noise = Float64Array.from({ length: words.length * 8 }, () => random() - 0.5)
  const vectors = vectorsOf(words, 8, (row, d) => ((row >> d) & 1) + noise[row * 8 + d] * 0.8)
  const pick = () => (random() < 0.05 ? 'nobody' : words[Math.floor(random() * 300)])
  const pairs = Array.from(
    { length: 200 },
    () => `${pick()}\t${pick()}\t${Math.floor(random() * 20) / 2}`
  ).join('\n')
  const parallelogram = () => {
    const row = Math.floor(random() * 300) & ~12
    return [row, row | 4, row | 8, row | 12].map(r => words[r] ?? 'nobody').join(' ')
  }
  const section = () => Array.from({ length: 150 }, parallelogram)
  const questions = [': capital', ...section(), ': gram1-adverb', ...section()].join('\n')

  const folder = mkdtempSync(join(tmpdir(), 'tensair-evaluate-'))
  try {
    const [vectorFile, pairFile, questionFile] = ['vectors.bin', 'pairs.txt', 'questions.txt'].map(name =>
      join(folder, name)
    )
    writeFileSync(vectorFile, Buffer.concat([...word2vecBinary(vectors)]))
    writeFileSync(pairFile, pairs)
    writeFileSync(questionFile, questions)
    const theirs = python(EVALUATE, [vectorFile, pairFile, questionFile, 250]) as {
      rho: number
      share_unknown: number
      sections: Record<string, [correct: number, asked: number]>
    }
    const pairsResult = evaluateWordPairs(vectors, pairs)
    ok(Math.abs(pairsResult.rho - theirs.rho) < 1e-6, `rho ${pairsResult.rho}, gensim's is ${theirs.rho}`)
    strictEqual(pairsResult.unknown, Math.round(theirs.share_unknown * 200))

    const { semantic, syntactic } = await evaluateAnalogies(device, vectors, questions, 250)
    deepStrictEqual([semantic.correct, semantic.asked], theirs.sections.capital)
    deepStrictEqual([syntactic.correct, syntactic.asked], theirs.sections['gram1-adverb'])
    ok(
      semantic.correct > 10 && semantic.correct < semantic.asked - 10,
      'the test must have right and wrong answers'
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const EVALUATE = `
import json, sys
from gensim.models import KeyedVectors
vectors, pairs, questions, restrict = json.loads(sys.argv[1])
kv = KeyedVectors.load_word2vec_format(vectors, binary=True)
pearson, spearman, unknown = kv.evaluate_word_pairs(pairs)
score, sections = kv.evaluate_word_analogies(questions, restrict_vocab=restrict)
print(json.dumps({
  'rho': spearman[0], 'share_unknown': unknown / 100,
  'sections': {s['section']: [len(s['correct']), len(s['correct']) + len(s['incorrect'])] for s in sections}
}))
`
