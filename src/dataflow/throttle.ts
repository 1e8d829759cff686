import { chunkAt, chunksOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'

/** What operators know of time; tests pass their own. */
export interface Clock {
  /** Milliseconds since some moment, never going back. */
  now(): number
  /** Resolves after `ms` milliseconds, or now and then earlier; rejects when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export const realClock: Clock = {
  now: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
        Math.min(ms, LONGEST_MS)
      )
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
    })
}

export interface ThrottleOptions {
  /** Most items handed out in any time of `seconds`. */
  readonly items: number
  readonly seconds: number
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
}

/** A chunk is handed out in parts no greater than this share of `items`, so that a slow reader loses little by the law. */
const PARTS = 32

/**
 * Hands on all items, in order, but in any time of `seconds`, wherever it begins, at most `items` of them; more are not
 * taken from the source until there is room again, and none is dropped.
 *
 * They go out as fast as they come while there is room, so up to `items` at once. An item counts from when the reader can
 * have taken it last: the first of a chunk when that is handed out, the others when the reader comes back for more. Chunks
 * that are too great are cut, and their position is that of the last part. The times of the last `items` items are
 * remembered, fewer where several went out at once. A reader that stops while there is no room waits for it.
 *
 * @throws RangeError where `items` is not a whole number, at least 1, or `seconds` is not a number above 0.
 */
export function throttle<Item>({
  items,
  seconds,
  clock = realClock
}: ThrottleOptions): Operator<Item, Item> {
  if (!Number.isSafeInteger(items) || items < 1) {
    throw new RangeError(`throttle: items must be a whole number of items, at least 1; got ${items}`)
  }
  checkSeconds('throttle', seconds)
  return source => stream(() => throttled(chunksOf(source), new Allowance(items, seconds * 1000, clock)))
}

/** @throws RangeError where `seconds` is not a number above 0. */
export function checkSeconds(operator: string, seconds: number): void {
  if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${operator}: seconds must be a number of seconds above 0; got ${seconds}`)
  }
}

async function* throttled<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  allowance: Allowance
): AsyncGenerator<Chunk<Item>> {
  for await (const chunk of chunks) {
    if (chunk.length <= allowance.part) {
      await allowance.room(chunk.length)
      yield* allowance.spend(chunk)
      continue
    }
    const items = Array.from(chunk)
    for (let start = 0; start < items.length; start += allowance.part) {
      const end = start + allowance.part
      const part = items.slice(start, end)
      await allowance.room(part.length)
      yield* allowance.spend(end < items.length ? part : chunkAt(part, chunk.position))
    }
  }
}

/** What was handed out within the last `ms`. */
class Allowance {
  readonly part: number
  readonly #items: number
  readonly #ms: number
  readonly #clock: Clock
  /** How many went out when, oldest first. */
  readonly #spent: { readonly at: number; count: number }[] = []
  #left: number

  constructor(items: number, ms: number, clock: Clock) {
    this.part = Math.ceil(items / PARTS)
    this.#items = items
    this.#ms = ms
    this.#clock = clock
    this.#left = items
  }
}
