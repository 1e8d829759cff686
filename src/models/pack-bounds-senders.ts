// What peers have sent of late, of which later packs are judged in the light.

import type { TableShape } from '../types.ts'
import type { RowEnergies } from './row-energies.ts'

/** What is left of a sender's earlier packs when it sends another. */
const KEPT = 0.25
const MOST_SENDERS = 64
/** Words a second that no device trains, and how many of them may come at once: those of an hour. */
const MOST_WORDS_A_SECOND = 20_000_000
const MOST_WORDS = MOST_WORDS_A_SECOND * 3600

/** What one peer has sent lately: what is older counts less with each new pack. */
export interface Sender {
  readonly words: number
  /** [tables] The sums of the squared changes of some rows, always the same. */
  readonly energies: readonly number[]
  /** Words it may claim in its next pack. */
  readonly allowance: number
  /** Whether its steps were too long once. */
  readonly refused: boolean
}

export function newSender(tables: readonly TableShape[]): Sender {
  return { words: 0, energies: tables.map(() => 0), allowance: MOST_WORDS, refused: false }
}

/** A sender as it is with one pack more; one of no words is the rest of the one before. */
export function after(
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

/** The senders that were heard of last. */
export class Senders {
  readonly #tables: readonly TableShape[]
  readonly #byPeer = new Map<string, Sender>()

  constructor(tables: readonly TableShape[]) {
    this.#tables = tables
  }

  get size(): number {
    return this.#byPeer.size
  }

  /** A peer as it is so many milliseconds after its last pack. */
  of(peer: string, elapsedMs: number): Sender {
    const known = this.#byPeer.get(peer) ?? newSender(this.#tables)
    return {
      ...known,
      allowance: Math.min(MOST_WORDS, known.allowance + (elapsedMs / 1000) * MOST_WORDS_A_SECOND)
    }
  }

  remember(peer: string, sender: Sender): void {
    this.#byPeer.delete(peer)
    this.#byPeer.set(peer, sender)
    const [oldest] = this.#byPeer.keys()
    if (this.#byPeer.size > MOST_SENDERS) this.#byPeer.delete(oldest)
  }
}
