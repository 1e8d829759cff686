import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileStore } from '../../src/sinks/file-store.ts'
import { projectorMetadata, projectorVectors } from '../../src/sinks/projector.ts'
import { word2vecBinary } from '../../src/sinks/word2vec-binary.ts'
import { word2vecText } from '../../src/sinks/word2vec-text.ts'
import type { WordVectors } from '../../src/types.ts'
import { noGensim, python } from '../models/gensim.ts'

const textOf = (parts: Iterable<Uint8Array>) => Buffer.concat([...parts]).toString()

const two: WordVectors = {
  dim: 4,
  words: ['the', 'naïve'],
  counts: Float64Array.of(9, 5),
  vectors: Float32Array.of(1, -0.5, 0, 1e-10, 0.1, 3e20, -2, 1 / 3)
}

test('word2vec text: a headline, then a line a word', () => {
  strictEqual(
    textOf(word2vecText(two)),
    '2 4\n' +
      'the 1.00000000 -0.500000000 0.00000000 1.00000001e-10\n' +
      'naïve 0.100000001 3.00000006e+20 -2.00000000 0.333333343\n'
  )
})

test('word2vec binary: a headline, then word, blank, f32s and line end', () => {
  const row = (first: number) => Buffer.from(two.vectors.slice(first, first + 4).buffer)
  deepStrictEqual(
    Buffer.concat([...word2vecBinary(two)]),
    Buffer.concat([Buffer.from('2 4\nthe '), row(0), Buffer.from('\nnaïve '), row(4), Buffer.from('\n')])
  )
})

test('projector: values and names in the same order, the names with a headline', () => {
  strictEqual(textOf(projectorMetadata(two)), 'word\tcount\nthe\t9\nnaïve\t5\n')
  const lines = textOf(projectorVectors(two)).trimEnd().split('\n')
  deepStrictEqual(
    lines.map(line => Float32Array.from(line.split('\t'), Number)),
    [two.vectors.slice(0, 4), two.vectors.slice(4)]
  )
})

test('a word with white space is refused by every format that it would break', async () => {
  for (const word of ['New York', 'a\nb', 'a\u00a0b', '\t', '']) {
    const vectors = { ...two, words: ['the', word] }
    for (const format of [word2vecText, word2vecBinary, projectorMetadata]) {
      throws(() => textOf(format(vectors)), { message: /^export: the word ".*" has white space, which/ })
    }
  }
  await rejects(
    fileStore(tmpdir()).write('unused-name', word2vecText({ ...two, words: ['a b', 'c'] })),
    /white space/
  )
})

test('gensim reads text and binary: same words, same order, same values', { skip: noGensim }, async () => {
  const words = Array.from({ length: 1500 }, (_, i) => ['w', 'ö', '北', '😀'][i % 4] + i)
  const vectors: WordVectors = {
    dim: 8,
    words,
    counts: Float64Array.from(words, (_, i) => 5000 - i),
    vectors: Float32Array.from({ length: words.length * 8 }, (_, i) => Math.sin(i) * 10 ** ((i % 30) - 20))
  }
  const folder = mkdtempSync(join(tmpdir(), 'tensair-formats-'))
  try {
    const store = fileStore(folder)
    await store.write('vectors.txt', word2vecText(vectors))
    await store.write('vectors.bin', word2vecBinary(vectors))
    for (const [name, binary] of [
      ['vectors.txt', false],
      ['vectors.bin', true]
    ] as const) {
      const read = python(LOAD, [join(folder, name), binary]) as { words: string[]; bits: number[] }
      deepStrictEqual(read.words, words)
      ok(
        Buffer.from(Uint32Array.from(read.bits).buffer).equals(Buffer.from(vectors.vectors.buffer)),
        `${name}: values differ`
      )
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const LOAD = `
import json, sys
import numpy as np
from gensim.models import KeyedVectors
path, binary = json.loads(sys.argv[1])
kv = KeyedVectors.load_word2vec_format(path, binary=binary)
print(json.dumps({'words': kv.index_to_key, 'bits': kv.vectors.astype('<f4').view('<u4').ravel().tolist()}))
`
