// What window, reduce and aggregate hold: one accumulator for each key and open window; here for windows that each key has
// for itself.

import type { Position } from '../types.ts'

/** How items become an accumulator. */
export interface Fold<Item, Accumulator> {
  initial(): Accumulator
  add(accumulator: Accumulator, item: Item): Accumulator
  /** Two accumulators as one, the earlier first; where sessions grow together. */
  merge(earlier: Accumulator, later: Accumulator): Accumulator
}

/** Takes what a window has come to. */
export type Emit<Key, Accumulator> = (
  key: Key,
  start: number,
  end: number,
  accumulator: Accumulator
) => void

/** Windows that are open, and what each key has come to in them. */
export interface Panes<Key, Item> {
  /** Whether the item was taken; not where all its windows were over when the watermark last rose. */
  add(key: Key, time: number, item: Item): boolean
  /** Emits and forgets the windows that end at the watermark or before: by end, then by which was opened first. */
  advance(watermark: number): void
  /** The least end of an open window, or an earlier time; Infinity where none is open. */
  readonly due: number
  /** The source's place before the items that are added next. */
  before: Position | undefined
  /** The place before the first item that is held, and whether one is. */
  readonly held: { readonly position: Position | undefined } | undefined
}

interface Session<Key, Accumulator> {
  readonly key: Key
  start: number
  end: number
  accumulator: Accumulator
  /** How many sessions were opened before it. */
  readonly opened: number
  readonly position: Position | undefined
}

/** Sessions: windows that grow with their items, for each key by itself. */
export class SessionPanes<Key, Item, Accumulator> implements Panes<Key, Item> {
  before: Position | undefined
  readonly #gap: number
  readonly #fold: Fold<Item, Accumulator>
  readonly #emit: Emit<Key, Accumulator>
  readonly #byKey = new Map<Key, Session<Key, Accumulator>[]>() // open ones; one as a rule
  readonly #open = new Set<Session<Key, Accumulator>>() // in the order they were opened
  readonly #ends = new Ends<Session<Key, Accumulator>>()
  #opened = 0
  #watermark = Number.NEGATIVE_INFINITY

  constructor(gap: number, fold: Fold<Item, Accumulator>, emit: Emit<Key, Accumulator>) {
    this.#gap = gap
    this.#fold = fold
    this.#emit = emit
  }

  get due(): number {
    return this.#ends.least
  }

  get held() {
    for (const session of this.#open) return session
    return undefined
  }

  add(key: Key, time: number, item: Item): boolean {
    const end = time + this.#gap
    let into: Session<Key, Accumulator> | undefined
    // Two at most: sessions of a key do not overlap and none is shorter than the gap.
    let other: Session<Key, Accumulator> | undefined
    for (const session of this.#byKey.get(key) ?? []) {
      if (session.start >= end || session.end <= time) continue
      if (into === undefined) into = session
      else other = session
    }
    if (into === undefined) {
      if (end <= this.#watermark) return false
      into = this.#begin(key, time, end, this.#fold.initial())
    } else {
      if (other !== undefined) into = this.#join(into, other)
      into.start = Math.min(into.start, time)
      into.end = Math.max(into.end, end)
    }
    into.accumulator = this.#fold.add(into.accumulator, item)
    return true
  }

  advance(watermark: number): void {
    if (watermark > this.#watermark) this.#watermark = watermark
    while (this.#ends.least <= watermark) {
      const session = this.#ends.take()
      if (session === undefined || !this.#open.has(session)) continue // it has become part of another
      if (session.end > watermark) {
        this.#ends.put(session) // it has grown since it was put there
        continue
      }
      this.#over.push(session)
    }
  }
}
