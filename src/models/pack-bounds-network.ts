// How long the steps of a dense network may be, of which each pack has all rows.
//
// A table's length in a pack is √E, E the sum of squared changes (with a quarter of what was left of the sender's packs before).
// What is usual is the median of this peer's last five, and at least a quarter of the longest that was ever usual: where a
// network has all but learned its examples, one that it gets wrong makes a step that is long by then, and so does a stream
// that has changed. What rounding makes is never too long.
//
//   times = length / (usual · max(1, words / usual words))
//
// A pack of more words may be longer by as much, since early steps agree; one of fewer words need not be shorter: a single step
// of each of several replicas counts as a sum, many as a mean (layers-merge.ts), and words that are still under way are counted
// in the next pack.
//
// Honest packs of 784 · 32 · 10 weights on digits, each judged by every other replica: the most that times came to, and the share of the
// same packs that was refused tenfold and backwards. The statistics of batch normalisation came to 1.1 at most.
//
//   replicas, steps in a pack                                     SGD         momentum      Adam
//   2 and 4 equal ones, 1 to 40 steps                             2.1  98 %   1.9   92 %   1.3  100 %
//   4, 1 to 20 steps                                              2.1  81 %   2.3   40 %   0.9   34 %
//   8, 1 to 40 steps                                              3.6  82 %   3.2   63 %   1.4   52 %
//   2 and 4, half of them join late                               1.2  94 %   1.7   91 %   1.1  100 %
//   4, each with classes of its own                               1.4 100 %   1.6  100 %   1.1  100 %
//   2 and 4, 60 passes over the same 1,000 digits                 3.8  55 %   3.0   23 %   1.3   41 %
//   3, one of them with other digits than those                   2.5  94 %   2.3   82 %   2.5   99 %

import type { TableShape } from '../types.ts'
import { type SentPack, type StepRule, Usual } from './pack-bounds-steps.ts'

/** How much shorter than the longest usual steps what is usual may become. */
const MOST_SHORTER = 4
/** Root mean square of a row's change, for before anything is usual. */
const MOST_ROW_STEP = 8

export class NetworkSteps implements StepRule {
  /** Of weights only, which are the first table: nobody knows the scale of what statistics are taken of. */
  readonly mostRowSteps: readonly number[]
  readonly #usual = new Usual()
  readonly #tables: readonly TableShape[]
  /** [tables] */
  readonly #longest: number[]
  /** From the first pack on, since the first ones are the longest. */
  ready = false

  constructor(tables: readonly TableShape[]) {
    this.#tables = tables
    this.mostRowSteps = tables.map((_, table) => (table === 0 ? MOST_ROW_STEP : Number.POSITIVE_INFINITY))
    this.#longest = tables.map(() => 0)
  }

  begin(): void {
    this.#usual.clear()
    this.#longest.fill(0)
    this.ready = false
  }

  learn({ words, sender }: SentPack): void {
    this.#usual.learn(sender, words)
    if (sender.words === 0) return
    this.ready = true
    for (const table of this.#longest.keys())
      this.#longest[table] = Math.max(this.#longest[table], this.#usual.length(table))
  }

  times(table: number, { delta, sender }: SentPack): number {
    const { dim, unit } = this.#tables[table]
    const rounding = unit * Math.sqrt(delta[table].rows.length * dim)
    const usual = Math.max(this.#usual.length(table), this.#longest[table] / MOST_SHORTER, rounding)
    const length = Math.sqrt(sender.energies[table])
    return length === 0 ? 0 : length / (usual * Math.max(1, sender.words / this.#usual.words))
  }
}
