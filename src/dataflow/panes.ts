// What window, reduce and aggregate hold: one accumulator for each key and open window.

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

/** Takes what a window has come to; does not throw. */
export type Emit<Key, Accumulator> = (key: Key, start: number, end: number, accumulator: Accumulator) => void

/** Windows that are open, and what each key has come to in them. */
export interface Panes<Key, Item> {
  /**
   * Whether the item was taken; not where all its windows were over when the watermark last rose.
   *
   * @throws what the fold throws; no window has changed then.
   */
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
