import { chunksOf, stream } from '../stream.ts'
import { AlignedPanes } from './aligned-panes.ts'
import type { Clock } from './clock.ts'
import { type FailureOptions, Failures, type FallibleOperator, fallible } from './failures.ts'
import type { Moves } from './holdings.ts'
import type { Emit, Fold, OpenWindow, Panes } from './panes.ts'
import { SessionPanes } from './session-panes.ts'
import { checkLateness } from './watermark.ts'
import { Outbox, windowLoop } from './window-loop.ts'
import type { Windows } from './windows.ts'

/** What goes by windows has in common. */
export interface Windowing<Item, Key> extends FailureOptions<Item> {
  /** What an item is kept apart by; values as keys of a Map. Default: all items together, with the key undefined. */
  readonly key?: (item: Item) => Key
  /** An item's time in ms, for windows by event time. Default: the clock's time when its chunk came. */
  readonly time?: (item: Item) => number
  /** How much later than the latest item one may come, in ms. Default 0. */
  readonly lateness?: number
  /** Takes the items that are too late; what it answers is awaited. Default: they are only counted. */
  readonly late?: (item: Item) => void | Promise<void>
  /** Processing time, where there is no `time`. Default: the computer's. */
  readonly clock?: Clock
  /** The exchange that the items come from by the same key: open windows then move with their keys. Default: they stay. */
  readonly moves?: Moves
}

export interface WindowOptions<Item, Key> extends Windowing<Item, Key> {
  /** `count`, `tumbling`, `sliding` or `session`. */
  readonly kind: Windows
}

/** A window that is over, and its items. */
export interface Window<Key, Item> {
  readonly key: Key
  /** In ms; windows by count: the number of the stream's items before it. */
  readonly start: number
  readonly end: number
  readonly items: Item[]
}

export interface Windowed<In, Out> extends FallibleOperator<In, Out> {
  /** Items so far that came too late for every window of theirs. */
  readonly late: number
}

/**
 * Gathers the items of each key and window, and emits them when the window is over.
 *
 * By event time (`time`) the watermark is the greatest time of all items so far less `lateness`; it rises before the item is
 * put into its windows, and a window is over when the watermark reaches its end. An item is late where each of its windows
 * ended at the watermark or before: it goes to `late` and nowhere else. A chunk that has a watermark of its own, as from
 * `exchange`, raises it to that less `lateness` after its items, and they do not. So where no item is more than `lateness` behind the
 * greatest before it, the windows are those of the whole stream; one item from far in the future makes those after it late.
 * By processing time a window is over when the clock reaches its end, whether items come or not, and none is late.
 *
 * Windows come out in the order of their ends; those with the same end in the order in which their first items came; the
 * rest when the stream ends. Items are in the order they came; where one joins two sessions into one, those of the earlier
 * session are first. Memory: the items of open windows, in each of theirs; nothing is kept of what is over. A position is the
 * last before any item that waits: who resumes there sees items again that were in windows emitted since.
 *
 * An item for which `key` or `time` fails, or whose time is not a finite number, goes by `onError`; where that does not end the
 * flow, it is as if the item had not come. A `late` that fails ends the flow. What was over before an error comes out first.
 *
 * @throws RangeError for a lateness below 0, or one without `time`. TypeError for windows by count that are to move, and for an
 *   `onError` that is none. Error naming the item, counted from 0, when a function throws or a time is not a finite number.
 */
export function window<Item, Key = undefined>(
  options: WindowOptions<Item, Key>
): Windowed<Item, Window<Key, Item>> {
  const fold: Fold<Item, Item[]> = {
    initial: () => [],
    add(items, item) {
      items.push(item)
      return items
    },
    merge: (earlier, later) => earlier.concat(later)
  }
  const emit = (key: Key, start: number, end: number, items: Item[]) => ({ key, start, end, items })
  return windowed('window', options.kind, options, fold, emit)
}

/** The operator that emits what `fold` makes of each key and window; `name` is what errors call it. */
export function windowed<Item, Key, Accumulator, Out>(
  name: string,
  kind: Windows,
  options: Windowing<Item, Key>,
  fold: Fold<Item, Accumulator>,
  result: (key: Key, start: number, end: number, accumulator: Accumulator) => Out
): Windowed<Item, Out> {
  const { time, lateness = 0, moves } = options
  checkLateness(name, lateness)
  if (lateness > 0 && (time === undefined || kind.kind === 'count')) {
    throw new RangeError(
      `${name}: lateness needs time and windows that go by it; got a lateness of ${lateness}`
    )
  }
  if (moves !== undefined && kind.kind === 'count') {
    throw new TypeError(
      `${name}: windows by count cannot move: each peer counts its own items; take out moves`
    )
  }
  const failures = new Failures(name, options.onError)
  const counts = { late: 0 }
  const countLate = (item: Item) => {
    counts.late++
    return options.late?.(item)
  }
  const counting = kind.kind === 'count'
  const loop = { ...options, name, counting, failures, late: countLate, time: counting ? undefined : time }
  const operator = (items: AsyncIterable<Item>) =>
    stream(() => {
      const out = new Outbox<Out>()
      const panes = panesOf<Key, Item, Accumulator>(kind, fold, (key, start, end, accumulator) =>
        out.put(() => result(key, start, end, accumulator))
      )
      moves?.keep({
        take: of => panes.take(of),
        put: windows => panes.put(windows as readonly OpenWindow[])
      })
      return windowLoop(chunksOf(items), panes, out, loop)
    })
  const windowing = fallible(failures, operator)
  return Object.defineProperty(windowing as Windowed<Item, Out>, 'late', { get: () => counts.late })
}

function panesOf<Key, Item, Accumulator>(
  kind: Windows,
  fold: Fold<Item, Accumulator>,
  emit: Emit<Key, Accumulator>
): Panes<Key, Item> {
  if (kind.kind === 'session') return new SessionPanes(kind.gapMs, fold, emit)
  // A count is a time that goes on by 1 with each item.
  if (kind.kind === 'count') return new AlignedPanes(kind.size, kind.size, fold, emit)
  return new AlignedPanes(kind.ms, kind.every, fold, emit)
}
