import type { Delta } from '../types.ts'
import type { Sender } from './pack-bounds-senders.ts'
import type { RowEnergies } from './row-energies.ts'

/** Packs whose median is usual. */
const REMEMBERED = 5

/** A pack, and its peer with it. */
export interface SentPack {
  readonly delta: Delta
  /** Of some rows of each table, always the same. */
  readonly energies: readonly RowEnergies[]
  readonly words: number
  readonly sender: Sender
}

/** A rule of how long a peer's steps may be. */
export interface StepRule {
  /** What root mean square a row may change by, for each table. */
  readonly mostRowSteps: readonly number[]
  /** Whether enough was learned to judge by. */
  readonly ready: boolean
  /** Forgets what was learned: from here on this peer's own packs say what is usual. */
  begin(): void
  /** Takes a pack as an example. */
  learn(pack: SentPack): void
  /** How many times as long as usual the steps of a table are. */
  times(table: number, pack: SentPack): number
}

/** What the packs that were learned last have come to. */
export class Usual {
  readonly #last: Pick<Sender, 'words' | 'energies'>[] = []

  clear(): void {
    this.#last.splice(0)
  }

  /** A pack of no words belongs to the one before. */
  learn({ words, energies }: Sender, packWords: number): void {
    if (words === 0) return
    if (packWords === 0) this.#last.pop()
    this.#last.push({ words, energies })
    if (this.#last.length > REMEMBERED) this.#last.shift()
  }

  get words(): number {
    return median(this.#last.map(({ words }) => words))
  }

  /** Of a table: the root of the sum of squared changes. */
  length(table: number): number {
    return Math.sqrt(median(this.#last.map(({ energies }) => energies[table])))
  }

  /** Of a table: the same sum as a share of a word. */
  lengthOfWord(table: number): number {
    return Math.sqrt(median(this.#last.map(({ energies, words }) => energies[table] / words)))
  }
}

/** The middle one, the lower of two; NaN where there is none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? Number.NaN
}
