import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { bothOf } from './both.ts'
import { operatorError } from './call.ts'
import { close } from './inbox.ts'
import { checkedTime, checkLateness, Watermark } from './watermark.ts'

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
}

export interface TableJoined<Item, Value> extends Stream<[Item, Value | undefined]> {
  /** Items and updates so far that were too late. */
  readonly late: number
  /** Updates that are held, those of the past included. */
  readonly held: number
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
 * watermark (their greatest time so far less `lateness`) is above the item's time, or they have ended; no update is read
 * before an item waits for it. So what comes out depends on the two streams alone and not on when they come. An item or update
 * that is more than `lateness` behind its own stream is late: it goes to `late`, the item does not come out and the update
 * changes nothing. Memory: the table as of the items' watermark and the updates since, and for a while up to as many again
 * and 1024; a chunk of each stream.
 *
 * @throws RangeError for a lateness below 0, or one without `times`. Error naming the item or update, counted from 0, when a
 *   function throws or a time is not a finite number.
 */
export function joinTable<Item, Update, Key, Value>(
  items: AsyncIterable<Item>,
  updates: AsyncIterable<Update>,
  options: JoinTableOptions<Item, Update, Key, Value>
): TableJoined<Item, Value> {
  const { times, lateness = 0 } = options
  checkLateness('joinTable', lateness)
  if (lateness > 0 && times === undefined) {
    throw new RangeError(`joinTable: lateness needs times; got a lateness of ${lateness}`)
  }
  const counts = { late: 0 }
  if (times === undefined) {
    const rows = new Map<Key, Value>()
    const joined = stream(() => asItHasCome(chunksOf(items), chunksOf(updates), options, rows))
    return Object.defineProperties(joined, {
      late: { value: 0 },
      held: { get: () => rows.size }
    }) as TableJoined<Item, Value>
  }
  const table = new Table<Key, Value>()
  const timed = { ...options, times, lateness }
  const joined = stream(() => asOfTime(chunksOf(items), chunksOf(updates), timed, table, counts))
  return Object.defineProperties(joined, {
    late: { get: () => counts.late },
    held: { get: () => table.held }
  }) as TableJoined<Item, Value>
}

async function* asItHasCome<Item, Update, Key, Value>(
  items: AsyncGenerator<Chunk<Item>>,
  updates: AsyncGenerator<Chunk<Update>>,
  options: JoinTableOptions<Item, Update, Key, Value>,
  rows: Map<Key, Value>
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
          throw operatorError('joinTable: update', updated, error)
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
        throw operatorError('joinTable', taken, error)
      }
      taken++
    }
    yield chunkAt(out, arrival.chunk.position)
  }
}

async function* asOfTime<Item, Update, Key, Value>(
  items: AsyncGenerator<Chunk<Item>>,
  updates: AsyncGenerator<Chunk<Update>>,
  options: JoinTableOptions<Item, Update, Key, Value> & {
    readonly times: readonly [(item: Item) => number, (update: Update) => number]
    readonly lateness: number
  },
  table: Table<Key, Value>,
  counts: { late: number }
): AsyncGenerator<Chunk<[Item, Value | undefined]>> {
  const { keys, times, value, lateness, late } = options
  const itemMark = new Watermark(lateness)
  const updateMark = new Watermark(lateness)
  let taken = 0
  let updated = 0

  const putAside = async (one: Item | Update, side: 'item' | 'update') => {
    counts.late++
    await late?.(one, side)
  }
  const readUpdates = async () => {
    const next = await updates.next()
    if (next.done === true) return updateMark.end()
    for (const update of next.value) {
      try {
        const time = checkedTime(times[1](update))
        if (time < updateMark.value) await putAside(update, 'update')
        else {
          table.set(keys[1](update), time, value(update))
          updateMark.rise(time)
        }
      } catch (error) {
        throw operatorError('joinTable: update', updated, error)
      }
      updated++
    }
    table.forget(Math.min(itemMark.value, updateMark.value))
  }
  try {
    for await (const chunk of items) {
      let out: [Item, Value | undefined][] = []
      for (const item of chunk) {
        let key: Key
        let time: number
        try {
          time = checkedTime(times[0](item))
          key = keys[0](item)
          if (time < itemMark.value) await putAside(item, 'item')
        } catch (error) {
          throw operatorError('joinTable', taken, error)
        }
        taken++
        if (time < itemMark.value) continue
        itemMark.rise(time)
        while (updateMark.value <= time) {
          if (out.length > 0) yield out
          out = []
          await readUpdates()
        }
        out.push([item, table.get(key, time)])
      }
      if (out.length > 0 || chunk.position !== undefined) yield chunkAt(out, chunk.position)
    }
  } finally {
    await close(updates)
  }
}

/** Updates of one key in the order of their times, each time once; index i of both belongs together. */
interface Versions<Value> {
  readonly times: number[]
  readonly values: (Value | undefined)[]
}

/** Updates that may be held before it is looked which can be forgotten. */
const FEW = 1024

/** A table with its past, as far as that is still needed. */
class Table<Key, Value> {
  held = 0
  readonly #rows = new Map<Key, Versions<Value>>()
  #most = FEW

  /** The key's value as of `time`. */
  get(key: Key, time: number): Value | undefined {
    const row = this.#rows.get(key)
    return row?.values[upTo(row.times, time) - 1]
  }

  set(key: Key, time: number, value: Value | undefined): void {
    const row = this.#rows.get(key)
    if (row === undefined) {
      this.#rows.set(key, { times: [time], values: [value] })
      this.held++
      return
    }
    const at = upTo(row.times, time)
    if (row.times[at - 1] === time) {
      row.values[at - 1] = value
      return
    }
    row.times.splice(at, 0, time)
    row.values.splice(at, 0, value)
    this.held++
  }

  /** Forgets what no item or update at `time` or later can meet: seldom, so that it costs little an update. */
  forget(time: number): void {
    if (this.held <= this.#most) return
    for (const [key, { times, values }] of this.#rows) {
      const first = upTo(times, time) - 1 // the row as of `time`
      // A row that is deleted is like one that never was.
      const old = first >= 0 && values[first] === undefined ? first + 1 : Math.max(0, first)
      this.held -= old
      if (old === times.length) this.#rows.delete(key)
      else if (old > 0) {
        times.splice(0, old)
        values.splice(0, old)
      }
    }
    this.#most = 2 * this.held + FEW
  }
}

/** How many of `times`, which rise, are up to and including `time`. */
function upTo(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) <= time) low = middle + 1
    else high = middle
  }
  return low
}
