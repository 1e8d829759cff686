// The kinds of windows, and what is held for those that are the same for all keys.

import type { Position } from '../types.ts'
import type { Emit, Fold, OpenWindow, Panes } from './keyed.ts'

/** Which items belong together; made by `count`, `tumbling`, `sliding` or `session`. */
export type Windows =
  | { readonly kind: 'count'; readonly size: number }
  | { readonly kind: 'sliding'; readonly ms: number; readonly every: number }
  | { readonly kind: 'session'; readonly gapMs: number }

/**
 * `size` items of the stream after one another, whatever their keys. Window k starts at item k · size and ends before item
 * (k + 1) · size, counted from 0; the last may be shorter. It is full with its last item and needs no time.
 *
 * @throws RangeError where `size` is not a whole number, at least 1.
 */
export function count(size: number): Windows {
  whole('count', 'size must be a whole number of items', size)
  return { kind: 'count', size }
}

/**
 * Windows of `ms` after one another: an item belongs to the one with start ≤ its time < start + ms. Starts are multiples
 * of `ms` since time 0.
 *
 * @throws RangeError where `ms` is not a whole number, at least 1.
 */
export function tumbling(ms: number): Windows {
  whole('tumbling', 'ms must be a whole number', ms)
  return { kind: 'sliding', ms, every: ms }
}

/**
 * Windows of `ms`, one starting at each multiple of `every`, so that they overlap: an item belongs to each with
 * start ≤ its time < start + ms, which are ms / every, rounded up or down.
 *
 * @throws RangeError where either is not a whole number, at least 1, or `every` is more than `ms`: items would be in none.
 */
export function sliding(ms: number, every: number): Windows {
  whole('sliding', 'ms must be a whole number', ms)
  whole('sliding', 'every must be a whole number', every)
  if (every > ms) throw new RangeError(`sliding: every must be at most ms, which is ${ms}; got ${every}`)
  return { kind: 'sliding', ms, every }
}

/**
 * Runs of a key's items with less than `gapMs` from each to the next in time. A session starts at its first item's time and
 * ends at its last one's + gapMs: an item at just that time begins another.
 *
 * @throws RangeError where `gapMs` is not a whole number, at least 1.
 */
export function session(gapMs: number): Windows {
  whole('session', 'gapMs must be a whole number', gapMs)
  return { kind: 'session', gapMs }
}

function whole(kind: string, wanted: string, got: number): void {
  if (!Number.isSafeInteger(got) || got < 1)
    throw new RangeError(`${kind}: ${wanted}, at least 1; got ${got}`)
}

/** What one aligned window holds; keys are in the order they came. */
class Pane<Key, Accumulator> {
  readonly slots = new Map<Key, number>()
  readonly accumulators: (Accumulator | undefined)[] = []
  readonly start: number
  readonly end: number
  readonly position: Position | undefined

  constructor(start: number, end: number, position: Position | undefined) {
    this.start = start
    this.end = end
    this.position = position
  }
}

/** Windows of `ms` at each multiple of `every`, the same for all keys. */
export class AlignedPanes<Key, Item, Accumulator> implements Panes<Key, Item> {
  before: Position | undefined
  due = Number.POSITIVE_INFINITY
  readonly #ms: number
  readonly #every: number
  readonly #fold: Fold<Item, Accumulator>
  readonly #emit: Emit<Key, Accumulator>
  readonly #open = new Map<number, Pane<Key, Accumulator>>() // by start, in the order they were opened
  #watermark = Number.NEGATIVE_INFINITY
  #newest: Pane<Key, Accumulator> | undefined // the open one with the greatest start, where it was met last

  constructor(ms: number, every: number, fold: Fold<Item, Accumulator>, emit: Emit<Key, Accumulator>) {
    this.#ms = ms
    this.#every = every
    this.#fold = fold
    this.#emit = emit
  }

  get held() {
    for (const pane of this.#open.values()) return pane
    return undefined
  }

  add(key: Key, time: number, item: Item): boolean {
    // Most items go where the one before went: then no window has to be looked up.
    const newest = this.#newest
    if (this.#ms === this.#every && newest !== undefined && time >= newest.start && time < newest.end) {
      this.#put(newest, key, item)
      return true
    }
    let taken = false
    let start = alignedStart(time, this.#every)
    for (; time < start + this.#ms && start + this.#ms > this.#watermark; start -= this.#every) {
      const pane = this.#pane(start)
      if (!taken) this.#newest = pane
      this.#put(pane, key, item)
      taken = true
    }
    return taken
  }

  advance(watermark: number): void {
    if (watermark > this.#watermark) this.#watermark = watermark
    if (watermark < this.due) return
    this.#newest = undefined
    const over = Array.from(this.#open.values()).filter(pane => pane.end <= watermark)
    for (const pane of over.sort((a, b) => a.end - b.end)) {
      this.#open.delete(pane.start)
      for (const [key, slot] of pane.slots) {
        this.#emit(key, pane.start, pane.end, pane.accumulators[slot] as Accumulator)
      }
    }
    this.#look()
  }

  take(moves: (key: unknown) => boolean): OpenWindow[] {
    const taken: OpenWindow[] = []
    for (const pane of this.#open.values()) {
      for (const [key, slot] of pane.slots) {
        if (!moves(key)) continue
        taken.push([key, pane.start, pane.end, pane.accumulators[slot]])
        pane.slots.delete(key)
        pane.accumulators[slot] = undefined
      }
      if (pane.slots.size === 0) this.#open.delete(pane.start)
    }
    this.#newest = undefined
    this.#look()
    return taken
  }

  put(windows: readonly OpenWindow[]): void {
    for (const [key, start, , value] of windows) {
      const pane = this.#pane(start)
      const slot = pane.slots.get(key as Key)
      const accumulator = value as Accumulator
      if (slot === undefined) pane.slots.set(key as Key, pane.accumulators.push(accumulator) - 1)
      else pane.accumulators[slot] = this.#fold.merge(accumulator, pane.accumulators[slot] as Accumulator)
    }
  }

  /** When the next window is over. */
  #look(): void {
    this.due = Number.POSITIVE_INFINITY
    for (const pane of this.#open.values()) this.due = Math.min(this.due, pane.end)
  }

  #pane(start: number): Pane<Key, Accumulator> {
    const open = this.#open.get(start)
    if (open !== undefined) return open
    const pane = new Pane<Key, Accumulator>(start, start + this.#ms, this.before)
    this.#open.set(start, pane)
    this.due = Math.min(this.due, pane.end)
    return pane
  }

  #put(pane: Pane<Key, Accumulator>, key: Key, item: Item): void {
    const { add, initial } = this.#fold
    const slot = pane.slots.get(key)
    if (slot === undefined) {
      pane.slots.set(key, pane.accumulators.push(add(initial(), item)) - 1)
    } else {
      pane.accumulators[slot] = add(pane.accumulators[slot] as Accumulator, item)
    }
  }
}

/** The greatest multiple of `every` up to `time`. The remainder of a division is exact, its quotient may be rounded. */
function alignedStart(time: number, every: number): number {
  const rest = time % every
  return rest < 0 ? time - rest - every : time - rest
}
