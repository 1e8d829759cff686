// Whether a pack may enter the swarm. Its first neighbour refuses it whole, or it is everywhere.
//
// What this peer's own last packs are like says what is usual: `pack-bounds-words.ts` for word vectors, `pack-bounds-network.ts` for
// networks. What was trained in parallel says nothing of what was trained apart: peers that lose each other go on at different
// paces, and steps grow shorter as a model learns (4 to 6 times, seen after half a minute of one against three). So packs that a
// peer brings from a time without a link are taken, whatever their steps, unless that peer has been refused before.

import type { Delta, RowChanges, TableShape } from '../types.ts'
import { NetworkSteps } from './pack-bounds-network.ts'
import { after, newSender, type Sender, Senders } from './pack-bounds-senders.ts'
import type { SentPack, StepRule } from './pack-bounds-steps.ts'
import { WordSteps } from './pack-bounds-words.ts'
import { energiesOf, longestStep, type RowEnergies } from './row-energies.ts'

/** Times as long as usual that steps may be. */
const MOST_STEP = 4
/** Other peers whose packs say what is usual where this one trains nothing itself. */
const ENOUGH_PEERS = 3
/** Growth of a row's accumulator, in ACCUMULATOR_UNIT: at most 1 a word (0.02 was the most seen), at least what rounding can give. */
const MOST_GROWTH_A_WORD = 2 ** 14
const LEAST_GROWTH = -64
/** Words that were read and wait for their batch, or the other way round. */
const WORDS_UNDER_WAY = 16_384

/** What a replica says of itself: one with a fingerprint has all its rows from the start, and changes them all. */
export interface BoundedReplica {
  readonly tables: readonly TableShape[]
  readonly fingerprint?: string
}

/** Judges the packs of neighbours by those of this peer. */
export class PackBounds {
  readonly #tables: readonly TableShape[]
  readonly #phase = Math.random()
  readonly #senders: Senders
  readonly #steps: StepRule
  #self: Sender
  #trains = false

  constructor({ tables, fingerprint }: BoundedReplica) {
    this.#tables = tables
    this.#self = newSender(tables)
    this.#senders = new Senders(tables)
    this.#steps = fingerprint === undefined ? new WordSteps(tables) : new NetworkSteps(tables)
  }

  /**
   * Takes a pack of this peer, made of `words` words, as an example of what is usual. Where what was trained makes several
   * packs, the first has all the words and the others have 0.
   */
  own(delta: Delta, words: number): void {
    if (delta.every(({ rows }) => rows.length === 0)) return
    if (!this.#trains) {
      this.#trains = true
      this.#steps.begin()
    }
    const energies = this.#energiesOf(delta)
    this.#self = after(this.#self, energies, words)
    this.#steps.learn({ delta, energies, words, sender: this.#self })
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
    const known = this.#senders.of(peer, elapsedMs)
    this.#senders.remember(peer, known)
    if (!(words >= 0 && words <= known.allowance)) {
      return `it says it trained ${words} words in ${Math.round(elapsedMs)} ms`
    }
    const energies = this.#energiesOf(delta)
    for (const [table, changes] of delta.entries()) {
      const most = this.#steps.mostRowSteps[table]
      const reason = judgeRows(changes, this.#tables[table], most, known.words + words, packs)
      if (reason !== undefined) return reason
    }
    const allowance = known.allowance - words
    if (apart && !known.refused) {
      this.#senders.remember(peer, { ...known, allowance })
      return undefined
    }
    const sender = { ...after(known, energies, words), allowance }
    const pack = { delta, energies, words, sender }
    const reason = this.#judgeSteps(pack)
    if (reason !== undefined) {
      this.#senders.remember(peer, { ...known, refused: true })
      return reason
    }
    this.#senders.remember(peer, sender)
    if (!this.#trains) this.#steps.learn(pack)
    return undefined
  }

  #judgeSteps(pack: SentPack): string | undefined {
    if (!this.#steps.ready || (!this.#trains && this.#senders.size < ENOUGH_PEERS)) return undefined
    for (const [table, { name }] of this.#tables.entries()) {
      const times = this.#steps.times(table, pack)
      if (times > MOST_STEP) {
        return `its steps in table ${name} are ${times.toPrecision(2)} times as long as usual; ${MOST_STEP} is the most`
      }
    }
    return undefined
  }

  #energiesOf(delta: Delta): RowEnergies[] {
    return delta.map((changes, table) => energiesOf(changes, this.#tables[table], this.#phase))
  }
}

function judgeRows(
  changes: RowChanges,
  table: TableShape,
  mostStep: number,
  words: number,
  packs: number
): string | undefined {
  const { rows, accumulators, counts } = changes
  const { name } = table
  const step = longestStep(changes, table, mostStep)
  if (step > mostStep) {
    return `a row of table ${name} changes by ${step.toPrecision(3)}; ${mostStep} is the most`
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
