import { chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { bothOf } from './both.ts'
import { Failures } from './failures.ts'
import { asOfTime, type TableFailures } from './table-as-of.ts'
import { VersionedTable } from './versioned-table.ts'
import { checkLateness } from './watermark.ts'

export interface JoinTableOptions<Item, Update, Key, Value> {
  /** The key in the table, of an item and of an update; values as keys of a Map. */
  readonly keys: readonly [(item: Item) => Key, (update: Update) => Key]
  /** What an update makes of its key's row: a value, or undefined to delete the row. */
  readonly value: (update: Update) => Value | undefined
  /** Times in ms, of an item and of an update, for the table as of an item's time. Default: the table as it has come. */
  readonly times?: readonly [(item: Item) => number, (update: Update) => number]
  /** How much later than the latest of its stream an item or an update may come, in ms. Default 0. */
  readonly lateness?: number
  /** Takes the items and updates that are too late; what it answers is awaited. Default: they are only counted. */
  readonly late?: (late: Item | Update, side: 'item' | 'update') => void | Promise<void>
  /** What to do with an item or update for which a function fails; a function gets the side too. Default `stop`. */
  readonly onError?:
    | 'stop'
    | 'skip'
    | ((one: Item | Update, error: Error, side: 'item' | 'update') => unknown)
}

export interface TableJoined<Item, Value> extends Stream<[Item, Value | undefined]> {
  /** Items and updates so far that were too late. */
  readonly late: number
  /** Updates that are held, those of the past included. */
  readonly held: number
  /** Items and updates left out so far because a function failed for them. */
  readonly failed: number
}

/**
 * Gives each item with its key's value in a table, undefined where it has none; the table is a stream of updates. Items stay
 * in their order, one for one, and chunks of items keep their positions. It ends when the items do.
 *
 * Without `times` an item meets the table as of the updates that have come when its chunk is taken. Both streams are read at once, a
 * chunk of each at a time; where both have one the updates are taken first. How far the updates are is up to their source: an
 * item does not wait for any. Memory: the table.
 *
 * With `times` an item meets the table as of its own time: the last update of its key with a time up to and including the
 * item's, of those with the same time the one that came last. It waits until no update of its time is to come: the updates'
 * watermark (their greatest time so far, or the watermark of their chunks where those have one, less `lateness`) is above the item's time, or they have ended; no update is read
 * before an item waits for it. So what comes out depends on the two streams alone and not on when they come. An item or update
 * that is more than `lateness` behind its own stream is late: it goes to `late`, the item does not come out and the update
 * changes nothing. Memory: the table as of the items' watermark and the updates since, and for a while up to as many again
 * and 1024; a chunk of each stream.
 *
 * A table that does not change, and that no item is to miss: give its rows one time that is before all items'.
 *
 * An item or update for which `keys`, `times` or `value` fails, or whose time is not a finite number, goes by `onError`; where
 * that does not end the join, the item does not come out and the update changes nothing. A `late` that fails ends the join.
 *
 * @throws RangeError for a lateness below 0, or one without `times`, TypeError for an `onError` that is none. Error naming the
 *   item or update, counted from 0, when a function throws or a time is not a finite number.
 */
export function joinTable<Item, Update, Key, Value>(
  items: AsyncIterable<Item>,
  updates: AsyncIterable<Update>,
  options: JoinTableOptions<Item, Update, Key, Value>
): TableJoined<Item, Value> {
  const { times, lateness = 0, onError } = options
  checkLateness('joinTable', lateness)
  if (lateness > 0 && times === undefined) {
    throw new RangeError(`joinTable: lateness needs times; got a lateness of ${lateness}`)
  }
  const failures: TableFailures<Item, Update> = {
    items: failuresOf('joinTable', 'item', onError),
    updates: failuresOf('joinTable: update', 'update', onError)
  }
  const counts = { late: 0 }
  const rows = new Map<Key, Value>()
  const table = new VersionedTable<Key, Value>()
  const joined = stream(() =>
    times === undefined
      ? asItHasCome(chunksOf(items), chunksOf(updates), options, rows, failures)
      : asOfTime(chunksOf(items), chunksOf(updates), { ...options, times, lateness }, table, failures, counts)
  )
  return Object.defineProperties(joined, {
    late: { get: () => counts.late },
    held: { get: () => rows.size + table.held },
    failed: { get: () => failures.items.count + failures.updates.count }
  }) as TableJoined<Item, Value>
}

function failuresOf<One>(
  name: string,
  side: 'item' | 'update',
  onError: 'stop' | 'skip' | ((one: One, error: Error, side: 'item' | 'update') => unknown) | undefined
): Failures<One> {
  if (typeof onError !== 'function') return new Failures(name, onError)
  return new Failures(name, (one, error) => onError(one, error, side))
}

async function* asItHasCome<Item, Update, Key, Value>(
  items: AsyncGenerator<Chunk<Item>>,
  updates: AsyncGenerator<Chunk<Update>>,
  options: JoinTableOptions<Item, Update, Key, Value>,
  rows: Map<Key, Value>,
  failures: TableFailures<Item, Update>
): AsyncGenerator<Chunk<[Item, Value | undefined]>> {
  const { keys } = options
  let taken = 0
  let updated = 0
  for await (const arrival of bothOf(items, updates, () => 'right')) {
    if (arrival.side === 'right') {
      for (const update of arrival.chunk ?? []) {
        try {
          const key = keys[1](update)
          const value = options.value(update)
          if (value === undefined) rows.delete(key)
          else rows.set(key, value)
        } catch (error) {
          await failures.updates.failed(update, updated, error)
        }
        updated++
      }
      continue
    }
    if (arrival.chunk === undefined) return
    const out: [Item, Value | undefined][] = []
    for (const item of arrival.chunk) {
      try {
        out.push([item, rows.get(keys[0](item))])
      } catch (error) {
        await failures.items.failed(item, taken, error)
      }
      taken++
    }
    const rest = restOf(out, arrival.chunk)
    if (rest !== undefined) yield rest
  }
}
