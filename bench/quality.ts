import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from '../kernels/index.ts'
import { evaluateAnalogies, evaluateWordPairs } from '../src/models/evaluate.ts'
import type { WordVectors } from '../src/types.ts'
import { root } from './machine.ts'
import { mean } from './measure.ts'

/** How good vectors are; more is better throughout. */
export interface Quality {
  /** Spearman's rho on WordSim-353. */
  readonly ws353: number
  /** Spearman's rho on SimLex-999. */
  readonly simlex999: number
  /** Google's syntactic analogies answered right, among the 30,000 most frequent words. */
  readonly analogy_syntactic: number
  readonly analogy_semantic: number
}

const FOLDER = join(root, '../shared/data/wordsets')

/** Whether the word sets are there. */
export function hasWordSets(): boolean {
  return existsSync(FOLDER)
}

/** Judges vectors, whoever made them, by the same rules; the device only finds nearest rows. */
export async function qualityOf(device: Device, vectors: WordVectors): Promise<Quality> {
  const text = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
  const analogies = await evaluateAnalogies(device, vectors, text('questions-words.txt'))
  return {
    ws353: evaluateWordPairs(vectors, text('ws353.txt')).rho,
    simlex999: evaluateWordPairs(vectors, text('simlex999.txt')).rho,
    analogy_syntactic: analogies.syntactic.correct,
    analogy_semantic: analogies.semantic.correct
  }
}

/** The mean of each figure. */
export function meanQuality(runs: readonly Quality[]): Quality {
  const of = (name: keyof Quality) => mean(runs.map(run => run[name]))
  return {
    ws353: of('ws353'),
    simlex999: of('simlex999'),
    analogy_syntactic: of('analogy_syntactic'),
    analogy_semantic: of('analogy_semantic')
  }
}
