// The join of items with a table as of the items' times.

import { restOf } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { operatorError } from './call.ts'
import type { Failures } from './failures.ts'
import { close } from './inbox.ts'
import type { VersionedTable } from './versioned-table.ts'
import { checkedTime, Watermark } from './watermark.ts'

/** What of the options of `joinTable` this needs. */
export interface AsOfOptions<Item, Update, Key, Value> {
  readonly keys: readonly [(item: Item) => Key, (update: Update) => Key]
  readonly times: readonly [(item: Item) => number, (update: Update) => number]
  readonly value: (update: Update) => Value | undefined
  readonly lateness: number
  readonly late?: (late: Item | Update, side: 'item' | 'update') => void | Promise<void>
}

export interface TableFailures<Item, Update> {
  readonly items: Failures<Item>
  readonly updates: Failures<Update>
}

/** Each item with its key's value as of its time; updates are read where an item waits for them. */
export async function* asOfTime<Item, Update, Key, Value>(
  items: AsyncGenerator<Chunk<Item>>,
  updates: AsyncGenerator<Chunk<Update>>,
  { keys, times, value, lateness, late }: AsOfOptions<Item, Update, Key, Value>,
  table: VersionedTable<Key, Value>,
  failures: TableFailures<Item, Update>,
  counts: { late: number }
): AsyncGenerator<Chunk<[Item, Value | undefined]>> {
  const itemMark = new Watermark(lateness)
  const updateMark = new Watermark(lateness)
  let taken = 0
  let updated = 0

  const putAside = async (one: Item | Update, side: 'item' | 'update', index: number) => {
    counts.late++
    try {
      await late?.(one, side)
    } catch (error) {
      throw operatorError(`joinTable: late: ${side}`, index, error)
    }
  }
  const readUpdates = async () => {
    const next = await updates.next()
    if (next.done === true) return updateMark.end()
    for (const update of next.value) {
      const index = updated++
      let isLate = false
      try {
        const time = checkedTime(times[1](update))
        isLate = time < updateMark.value
        if (!isLate) {
          table.set(keys[1](update), time, value(update))
          if (next.value.watermark === undefined) updateMark.rise(time)
        }
      } catch (error) {
        await failures.updates.failed(update, index, error)
      }
      if (isLate) await putAside(update, 'update', index)
    }
    if (next.value.watermark !== undefined) updateMark.rise(next.value.watermark)
    table.forget(Math.min(itemMark.value, updateMark.value))
  }
  try {
    for await (const chunk of items) {
      let out: [Item, Value | undefined][] = []
      for (const item of chunk) {
        const index = taken++
        let time: number
        let key: Key
        try {
          time = checkedTime(times[0](item))
          key = keys[0](item)
        } catch (error) {
          await failures.items.failed(item, index, error)
          continue
        }
        if (time < itemMark.value) {
          await putAside(item, 'item', index)
          continue
        }
        if (chunk.watermark === undefined) itemMark.rise(time)
        while (updateMark.value <= time) {
          if (out.length > 0) yield out
          out = []
          await readUpdates()
        }
        out.push([item, table.get(key, time)])
      }
      if (chunk.watermark !== undefined) itemMark.rise(chunk.watermark)
      const rest = restOf(out, chunk)
      if (rest !== undefined) yield rest
    }
  } finally {
    await close(updates)
  }
}
