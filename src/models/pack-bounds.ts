// Whether a pack may enter the swarm. Its first neighbour refuses it whole, or it is everywhere.
//
// Two figures tell how long a peer's steps are, whatever its interval and speed. E is the sum of squared changes (of some rows,
// always the same), G the
// growth of Adagrad's accumulators, and this peer's own last packs say what is usual:
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
// What was trained in parallel says nothing of what was trained apart: peers that lose each other go on at different paces, and
// steps grow shorter as a model learns (4 to 6 times, seen after half a minute of one against three). So packs that a peer
// brings from a time without a link are taken, whatever their steps, unless that peer has been refused before. And early steps
// mostly agree, so that their sum grows as the words do, and r and b as the words' root: a pack of more words than is usual is
// allowed that much more.
//
// Where nothing accumulates (SGD) there is only b, and that is of use only later: a swarm's first packs are up to a hundred
// times smaller than the next ones. With 3 equal replicas it was 2.0 at most from 200,000 own words on.

import type { Delta, RowChanges, TableShape } from '../types.ts'
import { energiesOf, longestStep, type RowEnergies } from './row-energies.ts'

/** What the smaller of r and b may be. */
const MOST_STEP = 4
/** Packs a peer has learned from before it judges by r and b; packs and words, before it judges by b alone. */
const SOME_PACKS = 2
const ENOUGH_PACKS = 5
const ENOUGH_WORDS = 200_000
/** Rows that must be known for r to mean anything; a row is, whose accumulator grew by so many ACCUMULATOR_UNITs. */
const ENOUGH_ROWS = 20
const ENOUGH_GROWTH = 4
/** What is left of a sender's earlier packs when it sends another. */
const KEPT = 0.25
/** Own packs whose median is usual. */
const REMEMBERED = 5
/** Other peers whose packs say what is usual where this one trains nothing itself, and how many are remembered. */
const ENOUGH_PEERS = 3
const MOST_PEERS = 64
/** Root mean square of a row's change; 0.5 was the largest seen. */
const MOST_ROW_STEP = 8
/** Growth of a row's accumulator, in ACCUMULATOR_UNIT: at most 1 a word (0.02 was the most seen), at least what rounding can give. */
const MOST_GROWTH_A_WORD = 2 ** 14
const LEAST_GROWTH = -64
/** Words that were read and wait for their batch, or the other way round. */
const WORDS_UNDER_WAY = 16_384
/** Words a second that no device trains, and how many of them may come at once: those of an hour. */
const MOST_WORDS_A_SECOND = 20_000_000
const MOST_WORDS = MOST_WORDS_A_SECOND * 3600

/** What one peer has sent lately: what is older counts less with each new pack. */
interface Sender {
  readonly words: number
  readonly energies: readonly number[] // [tables], E
  /** Words it may claim in its next pack. */
  readonly allowance: number
  /** Whether its steps were too long once. */
  readonly refused: boolean
}

/** Judges the packs of neighbours by those of this peer. */
export class PackBounds {
  readonly #tables: readonly TableShape[]
  readonly #phase = Math.random()
  readonly #senders = new Map<string, Sender>()
  /** For each row of each table E / G of the last pack that it was in; 0 where there is none. */
  readonly #ratios: readonly Float32Array[]
  /** √(E / words) of each table, and the words, of the packs that were learned last. */
  readonly #usual: { readonly steps: readonly number[]; readonly words: number }[] = []
  #self: Sender
  #trains = false
  // What was learned: from own packs, or until there is one, from others'.
  #packs = 0
  #words = 0
  #accumulates = false

  constructor(tables: readonly TableShape[]) {
    this.#tables = tables
    this.#self = newSender(tables)
    this.#ratios = tables.map(({ capacity }) => new Float32Array(capacity))
  }

  /**
   * Takes a pack of this peer, made of `words` words, as an example of what is usual. Where what was trained makes several
   * packs, the first has all the words and the others have 0.
   */
  own(delta: Delta, words: number): void {
    if (delta.every(({ rows }) => rows.length === 0)) return
    if (!this.#trains) {
      this.#trains = true
      this.#usual.splice(0)
      this.#packs = 0
      this.#words = 0
    }
    const energies = this.#energiesOf(delta)
    this.#self = after(this.#self, energies, words)
    this.#learn(delta, energies, words, this.#self)
  }

  /**
   * Says why a neighbour's pack must not enter the swarm; undefined where it may. `words`: how many it says it was trained
   * on, as in `own`; `elapsedMs`: since its last pack, or since it is known; `packs`: how many of its packs are summed in it;
   * `apart`: whether it made them before there was a link to it.
   */
  judge(
    peer: string,
    delta: Delta,
    words: number,
    elapsedMs: number,
    { packs = 1, apart = false }: { readonly packs?: number; readonly apart?: boolean } = {}
  ): string | undefined {
    const known = this.#senders.get(peer) ?? newSender(this.#tables)
    const allowance = Math.min(MOST_WORDS, known.allowance + (elapsedMs / 1000) * MOST_WORDS_A_SECOND)
    this.#remember(peer, { ...known, allowance })
    if (!(words >= 0 && words <= allowance)) {
      return `it says it trained ${words} words in ${Math.round(elapsedMs)} ms`
    }
    const energies = this.#energiesOf(delta)
    for (const [table, changes] of delta.entries()) {
      const reason = judgeRows(changes, this.#tables[table], known.words + words, packs)
      if (reason !== undefined) return reason
    }
    if (apart && !known.refused) {
      this.#remember(peer, { ...known, allowance: allowance - words })
      return undefined
    }
    const sender = after(known, energies, words)
    const reason = this.#judgeSteps(delta, energies, sender)
    if (reason !== undefined) {
      this.#remember(peer, { ...known, allowance, refused: true })
      return reason
    }
    this.#remember(peer, { ...sender, allowance: allowance - words })
    if (!this.#trains) this.#learn(delta, energies, words, sender)
    return undefined
  }

  #judgeSteps(delta: Delta, energies: readonly RowEnergies[], sender: Sender): string | undefined {
    if (this.#packs < SOME_PACKS || (!this.#trains && this.#senders.size < ENOUGH_PEERS)) return undefined
    const enough = this.#packs >= ENOUGH_PACKS && this.#words >= ENOUGH_WORDS
    const longer = Math.sqrt(Math.max(1, sender.words / median(this.#usual.map(({ words }) => words))))
    for (const [table, { name }] of this.#tables.entries()) {
      const usual = median(this.#usual.map(({ steps }) => steps[table]))
      const aWord = Math.sqrt(sender.energies[table] / sender.words) / usual
      const ofRows = this.#accumulates
        ? stepOfRows(delta[table], energies[table], this.#ratios[table])
        : enough
          ? Number.POSITIVE_INFINITY
          : 0
      const times = Math.min(ofRows, aWord) / longer
      if (times > MOST_STEP) {
        return `its steps in table ${name} are ${times.toPrecision(2)} times as long as usual; ${MOST_STEP} is the most`
      }
    }
    return undefined
  }

  #energiesOf(delta: Delta): RowEnergies[] {
    return delta.map((changes, table) => energiesOf(changes, this.#tables[table], this.#phase))
  }

  #learn(delta: Delta, energies: readonly RowEnergies[], words: number, sender: Sender): void {
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
    if (sender.words === 0) return
    if (words === 0) this.#usual.pop()
    const steps = sender.energies.map(energy => Math.sqrt(energy / sender.words))
    this.#usual.push({ steps, words: sender.words })
    if (this.#usual.length > REMEMBERED) this.#usual.shift()
  }

  #remember(peer: string, sender: Sender): void {
    this.#senders.delete(peer)
    this.#senders.set(peer, sender)
    const [oldest] = this.#senders.keys()
    if (this.#senders.size > MOST_PEERS) this.#senders.delete(oldest)
  }
}

function newSender(tables: readonly TableShape[]): Sender {
  return { words: 0, energies: tables.map(() => 0), allowance: MOST_WORDS, refused: false }
}

function judgeRows(changes: RowChanges, table: TableShape, words: number, packs: number): string | undefined {
  const { rows, accumulators, counts } = changes
  const { name } = table
  const step = longestStep(changes, table, MOST_ROW_STEP)
  if (step > MOST_ROW_STEP) {
    return `a row of table ${name} changes by ${step.toPrecision(3)}; ${MOST_ROW_STEP} is the most`
  }
  const mostGrowth = MOST_GROWTH_A_WORD * (words + WORDS_UNDER_WAY)
  for (let i = 0; i < rows.length; i++) {
    if (accumulators[i] < LEAST_GROWTH || accumulators[i] > mostGrowth) {
      return `an accumulator of table ${name} grows by ${accumulators[i]}; ${LEAST_GROWTH} to ${mostGrowth} are allowed`
    }
    if (counts[i] < 1 || counts[i] > packs) {
      return `a row of table ${name} counts as ${counts[i]} packs; there are ${packs}`
    }
  }
  return undefined
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

/** A sender as it is with one pack more; one of no words is the rest of the one before. */
function after(
  { words: before, energies, allowance, refused }: Sender,
  more: readonly RowEnergies[],
  words: number
): Sender {
  const kept = words > 0 ? KEPT : 1
  return {
    words: before * kept + words,
    energies: more.map((rows, table) => {
      let energy = 0
      for (const one of rows.energies) energy += one
      return energies[table] * kept + energy
    }),
    allowance,
    refused
  }
}

/** The middle one, the lower of two; NaN where there is none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN
}
