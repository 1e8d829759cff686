import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { type Clock, checkSeconds, steadyClock } from './clock.ts'
import { partsOf } from './parts.ts'

export interface ThrottleOptions {
  /** Most items handed out in any time of `seconds`. */
  readonly items: number
  /** The time that the bound is for. */
  readonly seconds: number
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/** A chunk is handed out in parts no greater than this share of `items`, so that a slow reader loses little by the law. */
const PARTS = 32
/** Items that go out within this share of the time count as one moment, the last of it. */
const MOMENTS = 1024

/**
 * Hands on all items, in order, but in any time of `seconds`, wherever it begins, at most `items` of them; more are not
 * taken from the source until there is room again, and none is dropped.
 *
 * They go out as fast as they come while there is room, so up to `items` at once. An item counts from when the reader can
 * have taken it last: the first of a chunk when that is handed out, the others when the reader comes back for more. Chunks
 * that are too great are cut, and their position is that of the last part. What is remembered is bounded: for each 1024th
 * of the time, when the last item went out and how many did.
 *
 * @throws RangeError where `items` is not a whole number, at least 1, or `seconds` is not a number above 0.
 */
export function throttle<Item>({
  items,
  seconds,
  clock = steadyClock
}: ThrottleOptions): Operator<Item, Item> {
  if (!Number.isSafeInteger(items) || items < 1) {
    throw new RangeError(`throttle: items must be a whole number of items, at least 1; got ${items}`)
  }
  checkSeconds('throttle', seconds)
  return source =>
    stream(() => throttled(chunksOf(source), items, new Allowance(items, seconds * 1000, clock)))
}

async function* throttled<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  items: number,
  allowance: Allowance
): AsyncGenerator<Chunk<Item>> {
  for await (const chunk of chunks) {
    for (const part of partsOf(chunk, Math.ceil(items / PARTS))) {
      await allowance.room(part.length)
      allowance.spend(Math.min(1, part.length))
      yield part
      allowance.spend(Math.max(0, part.length - 1))
    }
  }
}

/** What was handed out within the last `ms`. */
class Allowance {
  readonly #ms: number
  readonly #clock: Clock
  readonly #never = new AbortController().signal
  /** How many went out from when to when, oldest first. */
  readonly #spent: { readonly from: number; to: number; count: number }[] = []
  #left: number

  constructor(items: number, ms: number, clock: Clock) {
    this.#ms = ms
    this.#clock = clock
    this.#left = items
  }

  /** Resolves when so many may go out. */
  async room(count: number): Promise<void> {
    while (this.#left < count) {
      const now = this.#clock.now()
      const [oldest] = this.#spent
      if (oldest === undefined) return
      const free = oldest.to + this.#ms
      if (free > now) {
        await this.#clock.wait(free - now, this.#never)
        continue
      }
      this.#left += oldest.count
      this.#spent.shift()
    }
  }

  spend(count: number): void {
    if (count === 0) return
    const now = this.#clock.now()
    this.#left -= count
    const latest = this.#spent.at(-1)
    if (latest !== undefined && now - latest.from < this.#ms / MOMENTS) {
      latest.to = now
      latest.count += count
    } else {
      this.#spent.push({ from: now, to: now, count })
    }
  }
}
