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

/** A window that is not over, as it moves to another peer: key, start, end, accumulator. */
export type OpenWindow = readonly [key: unknown, start: number, end: number, accumulator: unknown]

/** Takes what a window has come to. */
export type Emit<Key, Accumulator> = (key: Key, start: number, end: number, accumulator: Accumulator) => void

/** Windows that are open, and what each key has come to in them. */
export interface Panes<Key, Item> {
  /** Whether the item was taken; not where all its windows were over when the watermark last rose. */
  add(key: Key, time: number, item: Item): boolean
  /** Emits and forgets the windows that end at the watermark or before: by end, then by which was opened first. */
  advance(watermark: number): void
  /** The least end of an open window, or an earlier time; Infinity where none is open. */
  readonly due: number
  /** Takes out all windows of the keys that `moves` holds of: key, start, end, accumulator. */
  take(moves: (key: unknown) => boolean): readonly OpenWindow[]
  /** Puts windows in that were taken out elsewhere: before what is in them here. */
  put(windows: readonly OpenWindow[]): void
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
      into = this.#begin(key, time, end)
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
      const first = this.#ends.take()
      if (first === undefined) return
      const { session, end } = first
      if (!this.#open.has(session)) continue // it has become part of another
      if (session.end > end) {
        this.#ends.put(session) // it has grown since it was put there
        continue
      }
      this.#forget(session)
      this.#emit(session.key, session.start, session.end, session.accumulator)
    }
  }

  take(moves: (key: unknown) => boolean): OpenWindow[] {
    const taken: OpenWindow[] = []
    for (const session of this.#open) {
      if (!moves(session.key)) continue
      taken.push([session.key, session.start, session.end, session.accumulator])
      this.#forget(session)
    }
    return taken
  }

  put(windows: readonly OpenWindow[]): void {
    for (const [key, start, end, accumulator] of windows) {
      const others = Array.from(this.#byKey.get(key as Key) ?? [])
      let into = this.#begin(key as Key, start, end)
      into.accumulator = accumulator as Accumulator
      for (const other of others) {
        if (other.start < into.end && other.end > into.start) into = this.#join(other, into)
      }
    }
  }

  #begin(key: Key, start: number, end: number): Session<Key, Accumulator> {
    const opened = this.#opened++
    const accumulator = this.#fold.initial()
    const session = { key, start, end, accumulator, opened, position: this.before }
    const sessions = this.#byKey.get(key)
    if (sessions === undefined) this.#byKey.set(key, [session])
    else sessions.push(session)
    this.#open.add(session)
    this.#ends.put(session)
    return session
  }

  /** Two sessions that have grown together, as the one of them that was opened first. */
  #join(a: Session<Key, Accumulator>, b: Session<Key, Accumulator>): Session<Key, Accumulator> {
    const [earlier, later] = a.start < b.start ? [a, b] : [b, a]
    const [kept, gone] = a.opened < b.opened ? [a, b] : [b, a]
    kept.accumulator = this.#fold.merge(earlier.accumulator, later.accumulator)
    kept.start = earlier.start
    kept.end = Math.max(a.end, b.end)
    this.#forget(gone)
    return kept
  }

  #forget(session: Session<Key, Accumulator>): void {
    this.#open.delete(session)
    const sessions = this.#byKey.get(session.key)
    if (sessions === undefined || sessions.length === 1) this.#byKey.delete(session.key)
    else sessions.splice(sessions.indexOf(session), 1)
  }
}

interface End<Ending> {
  readonly end: number
  readonly session: Ending
}

/** Sessions by the end they had when they were put here, then by which was opened first: a binary heap. */
class Ends<Ending extends { readonly end: number; readonly opened: number }> {
  readonly #heap: End<Ending>[] = []

  get least(): number {
    return this.#heap[0]?.end ?? Number.POSITIVE_INFINITY
  }

  put(session: Ending): void {
    const added = { end: session.end, session }
    let at = this.#heap.push(added) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#heap[parent] as End<Ending>
      if (before(above, added)) break
      this.#heap[at] = above
      at = parent
    }
    this.#heap[at] = added
  }

  /** Takes the least out, where there is one. */
  take(): End<Ending> | undefined {
    const least = this.#heap[0]
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return least
    let at = 0
    for (;;) {
      const left = this.#heap[2 * at + 1]
      const right = this.#heap[2 * at + 2]
      if (left === undefined) break
      const lesser = right !== undefined && before(right, left) ? right : left
      if (before(last, lesser)) break
      this.#heap[at] = lesser
      at = lesser === left ? 2 * at + 1 : 2 * at + 2
    }
    this.#heap[at] = last
    return least
  }
}

function before<Ending extends { readonly opened: number }>(a: End<Ending>, b: End<Ending>): boolean {
  return a.end < b.end || (a.end === b.end && a.session.opened < b.session.opened)
}
