import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { operatorError } from './call.ts'
import type { Fold } from './keyed.ts'
import { type Windowed, type Windowing, windowed } from './window.ts'
import type { Windows } from './windows.ts'

export interface ReduceOptions<Item, Key, Accumulator> {
  /** What an item is kept apart by; values as keys of a Map. Default: all items together, with the key undefined. */
  readonly key?: (item: Item) => Key
  /** The accumulator with one more item in it: a new one, or the same, changed. Not awaited. */
  readonly reduce: (accumulator: Accumulator, item: Item) => Accumulator
  /** The accumulator of no items; asked for each key and window. */
  readonly initial: () => Accumulator
}

export interface ReduceWindowsOptions<Item, Key, Accumulator>
  extends ReduceOptions<Item, Key, Accumulator>,
    Windowing<Item, Key> {
  /** `count`, `tumbling`, `sliding` or `session`. */
  readonly window: Windows
  /** Two sessions' accumulators as one, the earlier first; needed for sessions with a lateness. */
  readonly merge?: (earlier: Accumulator, later: Accumulator) => Accumulator
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
 * @throws RangeError for a lateness below 0, or one without `time`. TypeError for sessions with a lateness and no `merge`.
 *   Error naming the item, counted from 0, when a function throws or a time is not a finite number.
 */
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceWindowsOptions<Item, Key, Accumulator>
): Windowed<Item, Reduced<Key, Accumulator>>
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceOptions<Item, Key, Accumulator>
): Operator<Item, Running<Key, Accumulator>>
export function reduce<Item, Accumulator, Key = undefined>(
  options: ReduceOptions<Item, Key, Accumulator> | ReduceWindowsOptions<Item, Key, Accumulator>
): Operator<Item, Running<Key, Accumulator>> {
  if (!('window' in options)) return items => stream(() => running(chunksOf(items), options))
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
    readonly merge?: (earlier: Accumulator, later: Accumulator) => Accumulator
  }
): (earlier: Accumulator, later: Accumulator) => Accumulator {
  const { merge, window, lateness = 0 } = options
  if (merge !== undefined) return merge
  if (window.kind === 'session' && lateness > 0) {
    throw new TypeError(`${name}: sessions with a lateness need merge: a late item may join two of them`)
  }
  // Without lateness a session is over before the key's next one begins.
  return () => {
    throw new Error(`internal: ${name}: two sessions of a key were open`)
  }
}

async function* running<Item, Key, Accumulator>(
  chunks: AsyncGenerator<Chunk<Item>>,
  options: ReduceOptions<Item, Key, Accumulator>
): AsyncGenerator<Chunk<Running<Key, Accumulator>>> {
  const { key = () => undefined as Key, reduce, initial } = options
  const slots = new Map<Key, number>()
  const accumulators: Accumulator[] = []
  let index = 0
  for await (const chunk of chunks) {
    const out: Running<Key, Accumulator>[] = []
    for (const item of chunk) {
      try {
        const keyed = key(item)
        const slot = slots.get(keyed) ?? slots.size
        const value = reduce(slot === slots.size ? initial() : (accumulators[slot] as Accumulator), item)
        if (slot === slots.size) slots.set(keyed, slot)
        accumulators[slot] = value
        out.push({ key: keyed, value })
      } catch (error) {
        throw operatorError('reduce', index, error)
      }
      index++
    }
    if (out.length > 0 || chunk.position !== undefined) yield chunkAt(out, chunk.position)
  }
}
