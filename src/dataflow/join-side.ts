// One of the two streams of a join, and the items of it that may still find a partner.

import type { Failures } from './failures.ts'
import { checkedTime, Watermark } from './watermark.ts'

export type SideName = 'left' | 'right'

/** Items of one key in the order of their times, then as they came; index i of both belongs together. */
interface Held<Item> {
  readonly times: number[]
  readonly items: Item[]
}

/** What the user's functions say of an item. */
export interface Placed<Key> {
  readonly key: Key
  readonly time: number
}

const NONE: Held<never> = { times: [], items: [] }
/** Items that may be held before it is looked which can be forgotten. */
const FEW = 1024

export class Side<Item, Key> {
  readonly name: SideName
  readonly watermark: Watermark
  readonly failures: Failures<Item>
  taken = 0
  held = 0
  ended = false
  readonly #keyOf: (item: Item) => Key
  readonly #timeOf: (item: Item) => number
  readonly #byKey = new Map<Key, Held<Item>>()
  #most = FEW

  constructor(
    name: SideName,
    keyOf: (item: Item) => Key,
    timeOf: (item: Item) => number,
    lateness: number,
    failures: Failures<Item>
  ) {
    this.name = name
    this.#keyOf = keyOf
    this.#timeOf = timeOf
    this.watermark = new Watermark(lateness)
    this.failures = failures
  }

  /**
   * The item's time and key; undefined where it is late, that is below `watermark`.
   *
   * @throws what the user's functions throw; RangeError where the time is not a finite number.
   */
  place(item: Item, watermark: number): Placed<Key> | undefined {
    const time = checkedTime(this.#timeOf(item))
    return time < watermark ? undefined : { time, key: this.#keyOf(item) }
  }

  /** The items of that key with times at most `within` from `time`, in the order of their times. */
  *partners({ key, time }: Placed<Key>, within: number): Generator<Item> {
    const { times, items } = this.#byKey.get(key) ?? NONE
    for (let i = firstFrom(times, time, within); i < times.length; i++) {
      if ((times[i] as number) - time > within) return
      yield items[i] as Item
    }
  }

  hold({ key, time }: Placed<Key>, item: Item): void {
    this.held++
    const held = this.#byKey.get(key)
    if (held === undefined) {
      this.#byKey.set(key, { times: [time], items: [item] })
      return
    }
    let at = held.times.length
    while (at > 0 && (held.times[at - 1] as number) > time) at--
    if (at === held.times.length) {
      held.times.push(time)
      held.items.push(item)
    } else {
      held.times.splice(at, 0, time)
      held.items.splice(at, 0, item)
    }
  }

  /** Forgets what is too old for any item at the watermark or after: seldom, so that it costs little an item. */
  forget(watermark: number, within: number): void {
    if (this.held <= this.#most) return
    for (const [key, { times, items }] of this.#byKey) {
      const old = firstFrom(times, watermark, within)
      this.held -= old
      if (old === times.length) this.#byKey.delete(key)
      else if (old > 0) {
        times.splice(0, old)
        items.splice(0, old)
      }
    }
    this.#most = 2 * this.held + FEW
  }

  /** No more items come. */
  end(): void {
    this.ended = true
    this.watermark.end()
  }

  /** Forgets everything: no more partners come. */
  clear(): void {
    this.#byKey.clear()
    this.held = 0
  }
}

/** The first of `times`, which rise, that is at most `within` before `time` or after it. */
function firstFrom(times: readonly number[], time: number, within: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (time - (times[middle] as number) > within) low = middle + 1
    else high = middle
  }
  return low
}
