import type { Position } from '../types.ts'
import type { Emit, Fold, OpenWindow, Panes } from './panes.ts'

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

  /** What the key comes to with an item more; nothing is changed yet. */
  folded<Item>(key: Key, item: Item, { initial, add }: Fold<Item, Accumulator>): Accumulator {
    const slot = this.slots.get(key)
    return add(slot === undefined ? initial() : (this.accumulators[slot] as Accumulator), item)
  }

  set(key: Key, accumulator: Accumulator): void {
    const slot = this.slots.get(key)
    if (slot === undefined) this.slots.set(key, this.accumulators.push(accumulator) - 1)
    else this.accumulators[slot] = accumulator
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
    const last = alignedStart(time, this.#every)
    const after = Math.max(time, this.#watermark)
    const { add, initial } = this.#fold
    // The fold comes first and for all windows, since it may fail.
    const folded: Accumulator[] = []
    for (let start = last; start + this.#ms > after; start -= this.#every) {
      const pane = this.#open.get(start)
      folded.push(pane === undefined ? add(initial(), item) : pane.folded(key, item, this.#fold))
    }
    for (const [i, accumulator] of folded.entries()) {
      const pane = this.#pane(last - i * this.#every)
      if (i === 0) this.#newest = pane
      pane.set(key, accumulator)
    }
    return folded.length > 0
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
