import { readFileSync, writeFileSync } from 'node:fs'
import type { WordVectors } from '../src/types.ts'

// How vectors come from one process to another: PATH.words has `word count` lines, most frequent first, PATH.f32 the
// vectors in the same order, little-endian.

/** Leaves vectors where `readVectors` finds them. */
export function writeVectors(path: string, { words, counts, vectors }: WordVectors): void {
  writeFileSync(`${path}.words`, words.map((word, i) => `${word} ${counts[i]}\n`).join(''))
  writeFileSync(`${path}.f32`, vectors)
}

/**
 * Brings vectors of another process.
 * @throws Error where they are incomplete or not finite.
 */
export function readVectors(path: string, dim: number): WordVectors {
  const lines = readFileSync(`${path}.words`, 'utf8').trimEnd().split('\n')
  const words = lines.map(line => line.slice(0, line.lastIndexOf(' ')))
  const counts = Float64Array.from(lines, line => Number(line.slice(line.lastIndexOf(' ') + 1)))
  const bytes = readFileSync(`${path}.f32`)
  const vectors = new Float32Array(new Uint8Array(bytes).buffer)
  if (vectors.length !== words.length * dim) {
    throw new Error(`${path}: ${words.length} words of ${dim} values wanted; got ${vectors.length} values`)
  }
  const broken = vectors.findIndex(value => !Number.isFinite(value))
  if (broken >= 0) {
    throw new Error(`${path}: the vector of ${words[Math.floor(broken / dim)]} holds ${vectors[broken]}`)
  }
  return { dim, words, counts, vectors }
}
