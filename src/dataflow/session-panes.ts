import type { Position } from '../types.ts'
import { Ends } from './ends.ts'
import type { Emit, Fold, OpenWindow, Panes } from './panes.ts'

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
    // The fold comes first, since it may fail.
    if (into === undefined) {
      if (end <= this.#watermark) return false
      this.#begin(key, time, end, this.#fold.add(this.#fold.initial(), item))
      return true
    }
    const before = other === undefined ? into.accumulator : this.#merged(into, other)
    const accumulator = this.#fold.add(before, item)
    if (other !== undefined) into = this.#join(into, other)
    into.accumulator = accumulator
    into.start = Math.min(into.start, time)
    into.end = Math.max(into.end, end)
    return true
  }

  advance(watermark: number): void {
    if (watermark > this.#watermark) this.#watermark = watermark
    while (this.#ends.least <= watermark) {
      const first = this.#ends.take()
      if (first === undefined) return
      const { of: session, end } = first
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
      let into = this.#begin(key as Key, start, end, accumulator as Accumulator)
      for (const other of others) {
        if (other.start >= into.end || other.end <= into.start) continue
        const merged = this.#merged(other, into)
        into = this.#join(other, into)
        into.accumulator = merged
      }
    }
  }

  #begin(key: Key, start: number, end: number, accumulator: Accumulator): Session<Key, Accumulator> {
    const opened = this.#opened++
    const session = { key, start, end, accumulator, opened, position: this.before }
    const sessions = this.#byKey.get(key)
    if (sessions === undefined) this.#byKey.set(key, [session])
    else sessions.push(session)
    this.#open.add(session)
    this.#ends.put(session)
    return session
  }

  #merged(a: Session<Key, Accumulator>, b: Session<Key, Accumulator>): Accumulator {
    const [earlier, later] = a.start < b.start ? [a, b] : [b, a]
    return this.#fold.merge(earlier.accumulator, later.accumulator)
  }

  /** Two sessions that have grown together, as the one of them that was opened first; its accumulator is yet to be set. */
  #join(a: Session<Key, Accumulator>, b: Session<Key, Accumulator>): Session<Key, Accumulator> {
    const [kept, gone] = a.opened < b.opened ? [a, b] : [b, a]
    kept.start = Math.min(a.start, b.start)
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
