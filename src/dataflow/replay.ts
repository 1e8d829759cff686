import { chunksOf, restOf, stream } from '../stream.ts'
import type { Chunk, Operator } from '../types.ts'
import { operatorError } from './call.ts'
import { type Clock, steadyClock } from './clock.ts'

export interface ReplayOptions<Item> {
  /** When an item was: ms, of whatever beginning. */
  readonly time: (item: Item) => number
  /** How many times as fast as it was. Default 1. */
  readonly speed?: number
  /** What tells the time. Default: the real one. */
  readonly clock?: Clock
  /** Ends the stream, also where it waits for an item's time; nothing is thrown. */
  readonly signal?: AbortSignal
}

/**
 * Hands items on at the pace at which they came at first, or so many times as fast: an item that was t ms after the first goes out
 * t / speed ms after it, or later where the reader is slower. Order is kept, none is dropped, and one that was before the item before
 * it goes out with it. What is due travels as one chunk; the last part of a chunk has its position. Held is a chunk of the source.
 *
 * @throws RangeError where `speed` is not a number above 0. Error naming the item, counted from 0, where `time` throws or gives no
 *   finite number.
 */
export function replay<Item>({
  time,
  speed = 1,
  clock = steadyClock,
  signal = new AbortController().signal
}: ReplayOptions<Item>): Operator<Item, Item> {
  if (!(speed > 0 && speed < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`replay: speed must be a number above 0; got ${speed}`)
  }
  return items => stream(() => replayed(chunksOf(items), time, speed, clock, signal))
}

async function* replayed<Item>(
  chunks: AsyncIterable<Chunk<Item>>,
  timeOf: (item: Item) => number,
  speed: number,
  clock: Clock,
  signal: AbortSignal
): AsyncGenerator<Chunk<Item>> {
  let index = 0
  let start: { readonly time: number; readonly at: number } | undefined
  const leftFor = (item: Item) => {
    try {
      const time = timeOf(item)
      if (!Number.isFinite(time)) throw new RangeError(`time must be a finite number of ms; got ${time}`)
      start ??= { time, at: clock.now() }
      return start.at + (time - start.time) / speed - clock.now()
    } catch (error) {
      throw operatorError('replay', index, error)
    }
  }
  for await (const chunk of chunks) {
    let due: Item[] = []
    for (const item of chunk) {
      for (let left = leftFor(item); left > 0; left = leftFor(item)) {
        if (due.length > 0) yield due
        due = []
        // A timer may ring a moment early, and a wait of nothing would spin.
        await clock.wait(Math.max(1, left), signal)
        if (signal.aborted) return
      }
      due.push(item)
      index++
    }
    const rest = restOf(due, chunk)
    if (rest !== undefined) yield rest
  }
}
