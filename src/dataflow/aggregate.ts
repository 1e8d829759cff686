import type { Fold } from './panes.ts'
import { mergeOf } from './reduce.ts'
import { type Windowed, type Windowing, windowed } from './window.ts'
import type { Windows } from './windows.ts'

/** A window that is over: in ms; windows by count: in items of the stream. */
export interface WindowSpan<Key> {
  readonly key: Key
  readonly start: number
  readonly end: number
}

export interface AggregateOptions<Item, Key, Accumulator, Out> extends Windowing<Item, Key> {
  /** `count`, `tumbling`, `sliding` or `session`. */
  readonly window: Windows
  /** The accumulator of no items; asked for each key and window, and never shared, so that it may be changed. */
  readonly initial: () => Accumulator
  /** Puts an item into the accumulator, in place. Not awaited. */
  readonly add: (accumulator: Accumulator, item: Item) => void
  /** Two sessions' accumulators as one, the earlier first; needed for sessions with a lateness, and with `moves`. */
  readonly merge?: (earlier: Accumulator, later: Accumulator) => Accumulator
  /** What comes out for a window that is over; the accumulator is not used again. */
  readonly result: (accumulator: Accumulator, window: WindowSpan<Key>) => Out
}

/**
 * Gathers the items of each key and window in an accumulator that is changed in place, and emits `result` of it when the window
 * is over; the rest when the stream ends. Windows, late items, order, positions and memory are those of `reduce`.
 *
 * An item for which `key`, `time`, `initial`, `add` or `merge` fails goes by `onError`, as for `reduce`: what `add` has changed
 * before it failed stays changed. A `result` that fails ends the flow whatever `onError` is, since no item is to blame that could
 * be left out.
 *
 * @throws RangeError for a lateness below 0, or one without `time`. TypeError for sessions with a lateness, or `moves`, and no
 *   `merge`, for windows by count that are to move, and for an `onError` that is none.
 *   Error naming the item, counted from 0, when a function throws or a time is not a finite number; for `result` it is the
 *   item at which the window was over, the last one before where that was by the clock or at the end.
 */
export function aggregate<Item, Accumulator, Out, Key = undefined>(
  options: AggregateOptions<Item, Key, Accumulator, Out>
): Windowed<Item, Out> {
  const { window, initial, add, result } = options
  const fold: Fold<Item, Accumulator> = {
    initial,
    add(accumulator, item) {
      add(accumulator, item)
      return accumulator
    },
    merge: mergeOf('aggregate', options)
  }
  const emit = (key: Key, start: number, end: number, accumulator: Accumulator) =>
    result(accumulator, { key, start, end })
  return windowed('aggregate', window, options, fold, emit)
}
