import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Word2VecOptions } from '../../src/index.ts'
import type { Run, Settings } from './peer.ts'
import { runChild } from './run-child.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('gensim.py', import.meta.url))

interface Answer {
  readonly version: string
  readonly fast_version: number
  readonly blas: string
  readonly build_seconds: number
  readonly train_seconds: number
}

/** Whether Debian's gensim is there. */
export function hasGensim(): boolean {
  return spawnSync(PYTHON, ['-I', '-c', 'import gensim']).status === 0
}

/**
 * Trains gensim's Word2Vec, skip-gram, from a corpus file. Python's start and its imports are not counted; building the
 * vocabulary counts for the run only.
 */
export async function runGensim(settings: Settings, corpus: string, output: string): Promise<Run> {
  const { dim, window, negatives, subsample, minCount, threads, seed } = settings
  const numbers = [dim, window, negatives, subsample, minCount, threads, seed].map(String)
  const answer = JSON.parse(await runChild(PYTHON, ['-I', SCRIPT, corpus, output, ...numbers])) as Answer
  return {
    trainSeconds: answer.train_seconds,
    runSeconds: answer.build_seconds + answer.train_seconds,
    vectors: output,
    about: `gensim ${answer.version}, FAST_VERSION ${answer.fast_version}, ${answer.blas || 'no BLAS'}`
  }
}

/**
 * The rates of gensim's workers, for ours. From a corpus file each worker reads a part of its own and compares what it has read
 * itself with the whole corpus (word2vec_corpusfile.pyx: get_next_alpha of the worker's total_sentences and the corpus'
 * expected_examples), so the rate falls only 1 / workers of the way from 0.025 to 0.0001: with two, to 0.01255.
 */
export function gensimRates(words: number, workers: number): Word2VecOptions {
  const [rate, least] = [0.025, 0.0001]
  return { rate, minRate: rate - (rate - least) / workers, schedule: 'linear', expectedWords: words }
}
