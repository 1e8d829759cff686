// How long the steps of word vectors may be, of which each pack has the rows of the words that came.
//
// Two figures tell how long a peer's steps are, whatever its interval and speed. E is the sum of squared changes (of some rows,
// always the same), G the growth of Adagrad's accumulators, and this peer's own last packs say what is usual:
//
//   r = √(E / Σ G · usual E / G of the row), over the rows that this peer trains too
//   b = √(E / words), over its usual value
//
// Steps ten times too long make both ten times as large. Neither will do alone: r is large for a peer that packs much more
// often than this one, b for one that reads what is new to all, and for all at the very start. Honest packs of word vectors
// (Adagrad, 100 English novels, replicas that begin in different books), each judged by every other replica: the most that r,
// b and the smaller of both came to; and how many of the same packs were refused tenfold and backwards, by length of step.
//
//   replicas                                                        r     b  both  tenfold
//   8 equal ones                                                  1.5    66   1.5   99 %
//   the same, rows of 16 hits or more, all each sixth time        1.8   237   1.3   90 %
//   the same, with intervals of 120,000 words                     1.7     3   1.1   82 %
//   intervals of 5,000 to 200,000 words, speeds 1 to 10: 2        3.3     5   3.3   95 %
//     4                                                           1.5     4   1.3   96 %
//     8                                                           8.4     5   3.8   88 %
//   4, the shorter the interval the faster, up to 20 times        4.6    85   3.2   96 %
//   4, the same time between packs, speeds 1 to 30                1.6     6   1.6   87 %
//   8, half of them join late, having trained alone              18.9    64   1.9   90 %
//   4, two of them join late, one reads another language          2.0    85   1.3   89 %
//   4, without a link for 20 to 60 intervals now and then         4.7    27   2.2   91 %
//
// Early steps mostly agree, so that their sum grows as the words do, and r and b as the words' root: a pack of more words than is
// usual is allowed that much more.
//
// Where nothing accumulates (SGD) there is only b, and that is of use only later: a swarm's first packs are up to a hundred
// times smaller than the next ones. With 3 equal replicas it was 2.0 at most from 200,000 own words on.

import type { RowChanges, TableShape } from '../types.ts'
import { type SentPack, type StepRule, Usual } from './pack-bounds-steps.ts'
import type { RowEnergies } from './row-energies.ts'

/** Packs a peer has learned from before it judges by r and b; packs and words, before it judges by b alone. */
const SOME_PACKS = 2
const ENOUGH_PACKS = 5
const ENOUGH_WORDS = 200_000
/** Rows that must be known for r to mean anything; a row is, whose accumulator grew by so many ACCUMULATOR_UNITs. */
const ENOUGH_ROWS = 20
const ENOUGH_GROWTH = 4
/** Root mean square of a row's change; 0.5 was the largest seen. */
const MOST_ROW_STEP = 8

export class WordSteps implements StepRule {
  readonly mostRowSteps: readonly number[]
  /** For each row of each table E / G of the last pack that it was in; 0 where there is none. */
  readonly #ratios: readonly Float32Array[]
  readonly #usual = new Usual()
  #packs = 0
  #words = 0
  #accumulates = false

  constructor(tables: readonly TableShape[]) {
    this.mostRowSteps = tables.map(() => MOST_ROW_STEP)
    this.#ratios = tables.map(({ capacity }) => new Float32Array(capacity))
  }

  get ready(): boolean {
    return this.#packs >= SOME_PACKS
  }

  begin(): void {
    this.#usual.clear()
    this.#packs = 0
    this.#words = 0
  }

  learn({ delta, energies, words, sender }: SentPack): void {
    if (words > 0) this.#packs++
    this.#words += words
    for (const [table, changes] of delta.entries()) {
      const { rows, accumulators } = changes
      const looked = energies[table]
      for (let i = 0; i < looked.at.length; i++) {
        const at = looked.at[i]
        if (accumulators[at] < ENOUGH_GROWTH) continue
        this.#accumulates = true
        this.#ratios[table][rows[at]] = looked.energies[i] / grown(accumulators[at])
      }
    }
    this.#usual.learn(sender, words)
  }

  times(table: number, { delta, energies, sender }: SentPack): number {
    const enough = this.#packs >= ENOUGH_PACKS && this.#words >= ENOUGH_WORDS
    const longer = Math.sqrt(Math.max(1, sender.words / this.#usual.words))
    const aWord = Math.sqrt(sender.energies[table] / sender.words) / this.#usual.lengthOfWord(table)
    const ofRows = this.#accumulates
      ? stepOfRows(delta[table], energies[table], this.#ratios[table])
      : enough
        ? Number.POSITIVE_INFINITY
        : 0
    return Math.min(ofRows, aWord) / longer
  }
}

/** r, or 0 where too few of the rows are known. */
function stepOfRows(changes: RowChanges, looked: RowEnergies, ratios: Float32Array): number {
  const { rows, accumulators } = changes
  let known = 0
  let energy = 0
  let usual = 0
  for (let i = 0; i < looked.at.length; i++) {
    const at = looked.at[i]
    const ratio = ratios[rows[at]]
    if (ratio === 0) continue
    known++
    energy += looked.energies[i]
    usual += ratio * grown(accumulators[at])
  }
  return known < ENOUGH_ROWS || usual === 0 ? 0 : Math.sqrt(energy / usual)
}

/** Growth is rounded: it may be one unit more than is said, and some rows say none. */
function grown(accumulator: number): number {
  return Math.max(0, accumulator) + 1
}
