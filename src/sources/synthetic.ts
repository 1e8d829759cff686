import { chunkAt, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { smallFastCounter } from './small-fast-counter.ts'

export interface SyntheticOptions<Item> {
  /** A whole number of 32 bits: the same seed gives the same items. */
  readonly seed: number
  /** Makes item `index`, counted from 0. `random()` gives numbers from 0 up to 1; the items follow one another in its sequence. */
  readonly generate: (random: () => number, index: number) => Item
  /** Items in all. Default: without end. */
  readonly count?: number
  /** Items a second, at most; a reader that is slower gets what is due in bursts. Default: as fast as they are read. */
  readonly ratePerSecond?: number
  /** What tells the time. Default: the real one. */
  readonly clock?: SyntheticClock
  /** Ends the stream before the next chunk; nothing is thrown. */
  readonly signal?: AbortSignal
}

/** What a rate needs to know of time. */
export interface SyntheticClock {
  /** Milliseconds since some moment. */
  now(): number
  /** Resolves after `ms` milliseconds, or earlier, as at once when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** Most items in a chunk. */
const CHUNK_ITEMS = 1024
/** Longest time in ms that a stream without a rate keeps the event loop to itself and its reader. */
const TURN_MS = 10

/**
 * A stream made up from a seed, with a known answer: the same items on every machine, whatever the rate. Positions count items.
 *
 * @throws RangeError for options out of range.
 */
export function synthetic<Item>(options: SyntheticOptions<Item>): Stream<Item> {
  const { seed, generate, count = Number.POSITIVE_INFINITY, ratePerSecond, clock = realClock } = options
  const { signal = new AbortController().signal } = options
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 32) {
    throw new RangeError(`synthetic: seed must be a whole number of 32 bits; got ${seed}`)
  }
  if (count !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(count) && count >= 0)) {
    throw new RangeError(`synthetic: count must be a whole number of items, at least 0; got ${count}`)
  }
  if (ratePerSecond !== undefined && !(ratePerSecond > 0 && ratePerSecond < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`synthetic: ratePerSecond must be a number above 0; got ${ratePerSecond}`)
  }

  /** How many items may be out by now. */
  function due(start: number): number {
    if (ratePerSecond === undefined) return count
    return Math.min(count, Math.floor(((clock.now() - start) / 1000) * ratePerSecond))
  }

  async function* items(): AsyncGenerator<Chunk<Item>> {
    const random = smallFastCounter(seed)
    const start = clock.now()
    let turn = performance.now()
    let made = 0
    while (made < count && !signal.aborted) {
      const end = Math.min(made + CHUNK_ITEMS, due(start))
      if (end === made) {
        const next = start + ((made + 1) / (ratePerSecond ?? 1)) * 1000
        // A timer may ring a moment early, and a wait of nothing would spin.
        await clock.wait(Math.max(1, next - clock.now()), signal)
        continue
      }
      const chunk: Item[] = []
      while (made < end) chunk.push(generate(random, made++))
      yield chunkAt(chunk, {
        bytes: made,
        ...(count < Number.POSITIVE_INFINITY && { totalBytes: count, share: made / count })
      })
      // Nothing here waits for anything, and signals and timers need their turn.
      if (ratePerSecond !== undefined || performance.now() < turn + TURN_MS) continue
      await new Promise(resolve => setTimeout(resolve))
      turn = performance.now()
    }
  }
  return stream(items)
}

const realClock: SyntheticClock = {
  now: () => performance.now(),
  wait: (ms, signal) =>
    new Promise(resolve => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, signal.aborted ? 0 : Math.min(ms, 1000))
      signal.addEventListener('abort', done)
    })
}
