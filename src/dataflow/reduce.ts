import { chunksOf, stream } from '../stream.ts'
import { Accumulators } from './accumulators.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import type { Moves } from './holdings.ts'
import { itemLoop, type Steps } from './item-loop.ts'
import type { Fold } from './panes.ts'
import { type Windowed, type Windowing, windowed } from './window.ts'
import type { Windows } from './windows.ts'

export interface ReduceOptions<Item, Key, Accumulator> extends FailureOptions<Item> {
  /** What an item is kept apart by; values as keys of a Map. Default: all items together, with the key undefined. */
  readonly key?: (item: Item) => Key
  /** The accumulator with one more item in it: a new one, or the same, changed. Not awaited. */
  readonly reduce: (accumulator: Accumulator, item: Item) => Accumulator
  /** The accumulator of no items; asked for each key and window. */
  readonly initial: () => Accumulator
  /** Two accumulators as one, the earlier first; needed for sessions with a lateness, and with `moves`. */
  readonly merge?: (earlier: Accumulator, later: Accumulator) => Accumulator
  /** The exchange that the items come from by the same key: accumulators then move with their keys. Default: they stay. */
  readonly moves?: Moves
}

export interface ReduceWindowsOptions<Item, Key, Accumulator>
  extends ReduceOptions<Item, Key, Accumulator>,
    Omit<Windowing<Item, Key>, 'key' | 'moves' | 'onError'> {
  /** `count`, `tumbling`, `sliding` or `session`. */
  readonly window: Windows
}

/** What a key's items have come to so far. */
export interface Running<Key, Value> {
  readonly key: Key
  readonly value: Value
}

/** What a key's items in a window that is over have come to. */
export interface Reduced<Key, Value> extends Running<Key, Value> {
  /** In ms; windows by count: the number of the stream's items before it. */
  readonly start: number
  readonly end: number
}

/**
 * Reduces the items of each key and window to one value, which comes out when the window is over; the rest when the stream
 * ends. Windows, late items, order and positions are those of `window`.
 *
 * Only the accumulators are kept, so memory is bounded by keys times open windows; the items of a window are taken in the order
 * they came. Where an item joins two sessions into one, their accumulators are merged first.
 *
 * Without a `window`: each item gives its key's value with it, one for one, in order; chunks keep their positions. An
 * accumulator for each key is kept for good, and where `reduce` changes it, what came out before changes with it.
 *
 * With `moves` what is held of a key goes where the exchange sends its items; where another peer has had items of the key too, the two
 * accumulators are merged, the one that comes as the earlier.
 *
 * An item for which `key`, `time`, `initial`, `reduce` or `merge` fails goes by `onError`; where that does not end the flow, the
 * item is in no window and no accumulator, and gives nothing, but what a function has changed in an accumulator before it
 * failed stays changed. Its time has counted, unless it was `key` or `time` that failed. A `late` that fails ends the flow.
 *
 * @throws RangeError for a lateness below 0, or one without `time`. TypeError for sessions with a lateness, or `moves`, and no
 *   `merge`, for windows by count that are to move, and for an `onError` that is none.
 *   Error naming the item, counted from 0, when a function throws or a time is not a finite number.
 */
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceWindowsOptions<Item, Key, Accumulator>
): Windowed<Item, Reduced<Key, Accumulator>>
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceOptions<Item, Key, Accumulator>
): FallibleOperator<Item, Running<Key, Accumulator>>
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceOptions<Item, Key, Accumulator> | ReduceWindowsOptions<Item, Key, Accumulator>
): FallibleOperator<Item, Running<Key, Accumulator>> {
  if (!('window' in options)) {
    if (options.moves !== undefined && options.merge === undefined) throw mergeless('reduce')
    const failures = new Failures('reduce', options.onError)
    return fallible(failures, items =>
      stream(() => {
        const accumulators = new Accumulators<Key, Accumulator>(options.merge)
        options.moves?.keep(accumulators)
        return itemLoop(chunksOf(items), stepsOf(options, accumulators), failures)
      })
    )
  }
  const { window, initial, reduce: add } = options
  const fold: Fold<Item, Accumulator> = { initial, add, merge: mergeOf('reduce', options) }
  const emit = (key: Key, start: number, end: number, value: Accumulator) => ({ key, start, end, value })
  return windowed('reduce', window, options, fold, emit)
}

/**
 * The options' `merge`.
 *
 * @throws TypeError where it will be needed and is not there.
 */
export function mergeOf<Accumulator>(
  name: string,
  options: {
    readonly window: Windows
    readonly lateness?: number
    readonly moves?: Moves
    readonly merge?: (earlier: Accumulator, later: Accumulator) => Accumulator
  }
): (earlier: Accumulator, later: Accumulator) => Accumulator {
  const { merge, window, lateness = 0, moves } = options
  if (merge !== undefined) return merge
  if (moves !== undefined) throw mergeless(name)
  if (window.kind === 'session' && lateness > 0) {
    throw new TypeError(`${name}: sessions with a lateness need merge: a late item may join two of them`)
  }
  // Without lateness a session is over before the key's next one begins.
  return () => {
    throw new Error(`internal: ${name}: two sessions of a key were open`)
  }
}

function mergeless(name: string): TypeError {
  return new TypeError(`${name}: moves needs merge: a key may have had items on two peers`)
}

/** Steps of the loop over a chunk's items: each gives its key's value with it. */
function stepsOf<Item, Key, Accumulator>(
  { key = () => undefined as Key, reduce, initial }: ReduceOptions<Item, Key, Accumulator>,
  accumulators: Accumulators<Key, Accumulator>
): Steps<Item, Running<Key, Accumulator>, never> {
  return {
    goOn(run) {
      for (; run.at < run.items.length; run.at++) {
        const item = run.items[run.at] as Item
        const keyed = key(item)
        const value = accumulators.change(keyed, initial, before => reduce(before, item))
        run.out.push({ key: keyed, value })
      }
    },
    settle: async () => {}
  }
}
