import { deepStrictEqual, throws } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { readVectors, writeVectors } from '../../bench/vectors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tensair-test-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const sound = {
  dim: 2,
  words: ['the', "don't"],
  counts: Float64Array.of(7, 5),
  vectors: Float32Array.of(1, 2, 3, 4)
}

test('vectors come back as they were left', () => {
  writeVectors(join(folder, 'v'), sound)
  deepStrictEqual(readVectors(join(folder, 'v'), 2), sound)
})

test('vectors that are not finite, or too few, are refused', () => {
  writeVectors(join(folder, 'v'), { ...sound, vectors: Float32Array.of(1, 2, Number.NaN, 4) })
  throws(() => readVectors(join(folder, 'v'), 2), /the vector of don't holds NaN/)
  throws(() => readVectors(join(folder, 'v'), 4), /2 words of 4 values wanted; got 4 values/)
})
