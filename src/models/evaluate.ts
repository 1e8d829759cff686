import type { Device } from '../../kernels/contract.ts'
import type { WordVectors } from '../types.ts'
import { spearman } from './spearman.ts'
import { analogyQuery, norm } from './word-space.ts'

/** How well cosines follow human scores of similarity. */
export interface PairResult {
  /** Spearman's rank correlation of cosine and score; NaN where fewer than two pairs are known. */
  readonly rho: number
  /** Pairs whose words are both known. */
  readonly known: number
  /** Pairs left out. */
  readonly unknown: number
}

/** Analogy questions answered: how many were asked, and how many of the answers were right. */
export interface AnalogyCount {
  readonly correct: number
  readonly asked: number
}

export interface AnalogyResult {
  readonly total: AnalogyCount
  /** Sections whose name starts with `gram`. */
  readonly syntactic: AnalogyCount
  /** All other sections. */
  readonly semantic: AnalogyCount
  /** Questions left out, a word being unknown. */
  readonly unknown: number
}

interface Question {
  readonly rows: readonly number[] // a, b, c, expected
  readonly syntactic: boolean
}

const QUERIES_A_PASS = 256
// The three words of the question are left out, in whatever case; the best answer is among the rest.
const NEAREST = 8

/**
 * Compares with a word-similarity set: lines `word word score`, `#` starting a comment; upper and lower case are the same.
 * @throws Error naming the first line that is something else.
 */
export function evaluateWordPairs(vectors: WordVectors, text: string): PairResult {
  const rowOf = rowFinder(vectors.words)
  const cosines: number[] = []
  const scores: number[] = []
  let unknown = 0
  for (const [number, line] of linesOf(text)) {
    const [a, b, score, ...rest] = line.split(/\s+/)
    if (score === undefined || rest.length > 0 || !Number.isFinite(Number(score))) {
      throw new Error(`word pairs, line ${number}: "word word score" wanted; got ${JSON.stringify(line)}`)
    }
    const rowA = rowOf(a)
    const rowB = rowOf(b)
    if (rowA === undefined || rowB === undefined) {
      unknown++
      continue
    }
    cosines.push(cosine(vectorAt(vectors, rowA), vectorAt(vectors, rowB)))
    scores.push(Number(score))
  }
  return { rho: spearman(cosines, scores), known: scores.length, unknown }
}

/**
 * Answers analogy questions: lines `a b c d` ("a is to b as c is to d") in sections `: name`. Questions and answers are
 * confined to the `restrict` (default 30,000) most frequent words; upper and lower case are the same.
 * @throws Error naming the first line that is something else.
 */
export async function evaluateAnalogies(
  device: Device,
  vectors: WordVectors,
  text: string,
  restrict = 30_000
): Promise<AnalogyResult> {
  const { dim } = vectors
  const words = vectors.words.slice(0, restrict)
  const { questions, unknown } = parseQuestions(text, rowFinder(words))
  const counts = { syntactic: { correct: 0, asked: 0 }, semantic: { correct: 0, asked: 0 } }
  if (questions.length > 0) {
    const table = await device.createTable({ name: 'analogies', capacity: words.length, dim, init: 'zero' })
    try {
      await table.write('weights', 0, vectors.vectors.slice(0, words.length * dim))
      for (let first = 0; first < questions.length; first += QUERIES_A_PASS) {
        const pass = questions.slice(first, first + QUERIES_A_PASS)
        const queries = new Float32Array(pass.length * dim)
        pass.forEach(({ rows: [a, b, c] }, i) => {
          queries.set(analogyQuery(vectorAt(vectors, a), vectorAt(vectors, b), vectorAt(vectors, c)), i * dim)
        })
        const { k, rows } = await device.nearest(
          table,
          words.length,
          queries,
          Math.min(NEAREST, words.length)
        )
        pass.forEach((question, i) => {
          const count = question.syntactic ? counts.syntactic : counts.semantic
          count.asked++
          if (isRight(question, rows.subarray(i * k, (i + 1) * k), words)) count.correct++
        })
      }
    } finally {
      table.destroy()
    }
  }
  const { syntactic, semantic } = counts
  const total = { correct: syntactic.correct + semantic.correct, asked: syntactic.asked + semantic.asked }
  return { total, syntactic, semantic, unknown }
}

function isRight({ rows }: Question, nearest: Uint32Array, words: readonly string[]): boolean {
  const [a, b, c, expected] = rows.map(row => folded(words[row]))
  for (const row of nearest) {
    const answer = folded(words[row])
    if (answer !== a && answer !== b && answer !== c) return answer === expected
  }
  return false
}

function parseQuestions(text: string, rowOf: (word: string) => number | undefined) {
  const questions: Question[] = []
  let unknown = 0
  let syntactic = false
  for (const [number, line] of linesOf(text)) {
    if (line.startsWith(':')) {
      syntactic = line.slice(1).trim().startsWith('gram')
      continue
    }
    const words = line.split(/\s+/)
    if (words.length !== 4) {
      throw new Error(
        `analogies, line ${number}: four words or ": section" wanted; got ${JSON.stringify(line)}`
      )
    }
    const rows = words.map(rowOf).filter(row => row !== undefined)
    if (rows.length === 4) questions.push({ rows, syntactic })
    else unknown++
  }
  return { questions, unknown }
}

function* linesOf(text: string): Generator<[number: number, line: string]> {
  let number = 0
  for (const line of text.split('\n')) {
    number++
    const trimmed = line.trim()
    if (trimmed !== '' && !trimmed.startsWith('#')) yield [number, trimmed]
  }
}

function rowFinder(words: readonly string[]): (word: string) => number | undefined {
  const rows = new Map<string, number>()
  // Backwards: of words that differ in case only, the most frequent is meant.
  for (let row = words.length - 1; row >= 0; row--) rows.set(folded(words[row]), row)
  return word => rows.get(folded(word))
}

function folded(word: string): string {
  return word.toUpperCase()
}

function vectorAt({ vectors, dim }: WordVectors, row: number): Float32Array {
  return vectors.subarray(row * dim, (row + 1) * dim)
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0
  for (let d = 0; d < a.length; d++) dot += a[d] * b[d]
  return dot / (norm(a) * norm(b) || 1)
}
