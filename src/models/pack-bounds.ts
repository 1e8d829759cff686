// Whether a pack may enter the swarm. Its first neighbour refuses it whole, or it is everywhere.
//
// Two figures tell the size of a peer's steps, whatever its interval and speed, where E is the sum of all squared changes
// of a table:
//
//   a = √(E / growth of the accumulators)    b = √(E / words)
//
// A step ten times too long makes both ten times as large. Honest packs, as measured: 16 runs of word vectors on 100 English
// novels (Adagrad, 100 dimensions and 32; SGD), 2 to 8 replicas that begin in different books, intervals of 3,000 to 300,000
// words, 1.5 to 4 M words in all; each pack of one over the median of the last packs of another, at most:
//
//   what the peers are like                                            a      b, from 200,000 own words on
//   equal, 8 of them                                                   1.9    2.0
//   intervals of 5,000 to 200,000 words, speeds 1 to 10, 2 / 4 / 8     3.1    3.4
//   the same time between packs, speeds 1 to 30                        1.9    1.7
//   intervals of 5,000 to 200,000 words, the shorter the faster        5.8    3.3
//   a newcomer's first packs, after training 540,000 words alone       1.8    3.4
//   back after 20 to 60 intervals without a link                       2.3    3.0
//   SGD (a is not defined)                                             -      2.0
//
// Early on b is of no use: a swarm's first packs are up to 110 times smaller than the next ones. The smaller of the two was
// 3.2 at most, from the first pack on.

import type { Delta, RowChanges, TableShape } from '../types.ts'

/** The smaller of the two figures over its usual value. */
const MOST_STEP = 4
/** b over its usual value, however large the accumulators are said to be. */
const MOST_STEP_A_WORD = 8
/** What a replica must have packed itself before it judges by b alone. */
const ENOUGH_WORDS = 200_000
const ENOUGH_PACKS = 5
/** Packs whose median is usual. */
const REMEMBERED = 9
/** Other peers whose packs say what is usual where this one trains nothing itself, and how many are remembered. */
const ENOUGH_PEERS = 3
const MOST_PEERS = 64
/** Root mean square of a row's change; 0.5 was the largest seen. */
const MOST_ROW_STEP = 8
/** Growth of a row's accumulator, in ACCUMULATOR_UNIT: at most 10 a word (0.02 seen), at least what rounding can give. */
const ACCUMULATOR_UNITS = 2 ** 14
const MOST_GROWTH_A_WORD = 10 * ACCUMULATOR_UNITS
const LEAST_GROWTH = -64
/** Words that were read and wait for their batch, or the other way round. */
const WORDS_UNDER_WAY = 16_384
/** Words a second that no device trains, and the hours of them that may come at once. */
const MOST_WORDS_A_SECOND = 20_000_000
const MOST_WORDS = MOST_WORDS_A_SECOND * 3600

/** Sizes of a table's changes. */
interface Size {
  /** Sum of the squared changes, in weights. */
  energy: number
  /** Growth of the accumulators, in their unit. */
  growth: number
}

/** The figures a and b of a table; a is undefined where nothing accumulates, both where nothing changes. */
interface Steps {
  readonly a: number | undefined
  readonly b: number | undefined
}

/** What a peer has sent lately: older packs count half as much with each new one. */
class Sender {
  words = 0
  sizes: Size[]
  /** Words it may still claim. */
  allowance = MOST_WORDS

  constructor(tables: number) {
    this.sizes = Array.from({ length: tables }, () => ({ energy: 0, growth: 0 }))
  }

  /** This sender as it would be with one pack more; packs of no words are the rest of the one before. */
  with(sizes: readonly Size[], words: number): Sender {
    const kept = words > 0 ? 0.5 : 1
    const next = new Sender(sizes.length)
    next.words = this.words * kept + words
    next.sizes = sizes.map(({ energy, growth }, table) => ({
      energy: this.sizes[table].energy * kept + energy,
      growth: this.sizes[table].growth * kept + growth
    }))
    next.allowance = this.allowance
    return next
  }

  get steps(): Steps[] {
    return this.sizes.map(({ energy, growth }) => ({
      a: energy > 0 && growth > 0 ? Math.sqrt(energy / growth) : undefined,
      b: energy > 0 && this.words > 0 ? Math.sqrt(energy / this.words) : undefined
    }))
  }
}

/** Judges the packs of neighbours by those of this peer. */
export class PackBounds {
  readonly #tables: readonly TableShape[]
  readonly #senders = new Map<string, Sender>()
  readonly #own: Steps[][] = []
  #self: Sender
  #words = 0

  constructor(tables: readonly TableShape[]) {
    this.#tables = tables
    this.#self = new Sender(tables.length)
  }

  /**
   * Takes a pack of this peer, made of `words` words, as an example of what is usual. Where what was trained makes several
   * packs, the first has all the words and the others have 0.
   */
  own(delta: Delta, words: number): void {
    if (delta.every(({ rows }) => rows.length === 0)) return
    this.#self = this.#self.with(
      delta.map((changes, table) => sizeOf(changes, this.#tables[table].unit)),
      words
    )
    this.#words += words
    if (words === 0) this.#own.pop()
    this.#own.push(this.#self.steps)
    if (this.#own.length > REMEMBERED) this.#own.shift()
  }

  /**
   * Says why a neighbour's pack must not enter the swarm; undefined where it may. `words`: how many it says it was trained
   * on, as in `own`; `elapsedMs`: since its last pack, or since it is known.
   */
  judge(peer: string, delta: Delta, words: number, elapsedMs: number): string | undefined {
    const before = this.#senders.get(peer) ?? new Sender(this.#tables.length)
    before.allowance = Math.min(MOST_WORDS, before.allowance + (elapsedMs / 1000) * MOST_WORDS_A_SECOND)
    this.#remember(peer, before)
    if (!(words >= 0 && words <= before.allowance)) {
      return `it says it trained ${words} words in ${Math.round(elapsedMs)} ms`
    }
    for (const [table, changes] of delta.entries()) {
      const reason = this.#judgeRows(changes, this.#tables[table], before.words + words)
      if (reason !== undefined) return reason
    }
    const after = before.with(
      delta.map((changes, table) => sizeOf(changes, this.#tables[table].unit)),
      words
    )
    const reason = this.#judgeSteps(after.steps)
    if (reason !== undefined) return reason
    after.allowance -= words
    this.#remember(peer, after)
    return undefined
  }

  #judgeRows(
    { dim, rows, shifts, values, accumulators, counts }: RowChanges,
    table: TableShape,
    words: number
  ) {
    const mostGrowth = MOST_GROWTH_A_WORD * (words + WORDS_UNDER_WAY)
    for (let i = 0; i < rows.length; i++) {
      const step = Math.sqrt(squares(values, i * dim, dim) / dim) * 2 ** shifts[i] * table.unit
      if (step > MOST_ROW_STEP) {
        return `a row of table ${table.name} changes by ${step.toPrecision(3)}; ${MOST_ROW_STEP} is the most`
      }
      if (accumulators[i] < LEAST_GROWTH || accumulators[i] > mostGrowth) {
        return `an accumulator of table ${table.name} grows by ${accumulators[i]}; ${LEAST_GROWTH} to ${mostGrowth} are allowed`
      }
      if (counts[i] !== 1) return `a row of table ${table.name} counts as ${counts[i]} packs`
    }
    return undefined
  }

  #judgeSteps(steps: readonly Steps[]): string | undefined {
    const usual = this.#usual()
    const enough = this.#own.length >= ENOUGH_PACKS && this.#words >= ENOUGH_WORDS
    for (const [table, { a, b }] of steps.entries()) {
      if (b === undefined) continue
      const timesA = a === undefined ? undefined : a / median(usual.map(one => one[table].a))
      const timesB = b / median(usual.map(one => one[table].b))
      // What cannot be compared is not a number, and no more than anything.
      const isBoth = Math.min(timesA ?? (enough ? timesB : 0), timesB) > MOST_STEP
      if (!isBoth && !(enough && timesB > MOST_STEP_A_WORD)) continue
      return (
        `its steps in table ${this.#tables[table].name} are ${timesB.toPrecision(3)} times as long as usual; ` +
        `${isBoth ? MOST_STEP : MOST_STEP_A_WORD} times is the most`
      )
    }
    return undefined
  }

  /** Steps that are usual: this peer's own, or where it has none, those of enough others. */
  #usual(): readonly (readonly Steps[])[] {
    if (this.#own.length > 0) return this.#own
    const others = Array.from(this.#senders.values(), sender => sender.steps)
    return others.length >= ENOUGH_PEERS ? others : []
  }

  #remember(peer: string, sender: Sender): void {
    this.#senders.delete(peer)
    this.#senders.set(peer, sender)
    const [oldest] = this.#senders.keys()
    if (this.#senders.size > MOST_PEERS && oldest !== undefined) this.#senders.delete(oldest)
  }
}

function sizeOf({ dim, rows, shifts, values, accumulators }: RowChanges, unit: number): Size {
  let energy = 0
  let growth = 0
  for (let i = 0; i < rows.length; i++) {
    energy += squares(values, i * dim, dim) * 4 ** shifts[i]
    growth += accumulators[i]
  }
  return { energy: energy * unit ** 2, growth }
}

function squares(values: RowChanges['values'], first: number, count: number): number {
  let sum = 0
  for (let i = first; i < first + count; i++) sum += values[i] * values[i]
  return sum
}

/** The middle one of the values that are there, the lower of two; NaN where none is. */
function median(values: readonly (number | undefined)[]): number {
  const there = values.filter(value => value !== undefined).sort((a, b) => a - b)
  return there[(there.length - 1) >> 1] ?? Number.NaN
}
