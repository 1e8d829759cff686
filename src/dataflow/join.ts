import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { bothOf } from './both.ts'
import { isPromise, operatorError } from './call.ts'
import { checkedTime, checkLateness, Watermark } from './watermark.ts'

/** Pairs gathered before they are handed on, however many one chunk makes. */
const GATHERED = 8192

export interface JoinOptions<Left, Right, Key> {
  /** What pairs must have in common, of a left and of a right item; values as keys of a Map. */
  readonly keys: readonly [(left: Left) => Key, (right: Right) => Key]
  /** Times in ms, of a left and of a right item. */
  readonly times: readonly [(left: Left) => number, (right: Right) => number]
  /** Most ms between the times of a pair. */
  readonly within: number
  /** How much later than the latest item of its stream one may come, in ms. Default 0. */
  readonly lateness?: number
  /** Takes the items that are too late; what it answers is awaited. Default: they are only counted. */
  readonly late?: (item: Left | Right, side: 'left' | 'right') => void | Promise<void>
  /** Most ms that one stream is read ahead of the other, or as much as a chunk more. Default: without bound. */
  readonly drift?: number
}

export interface Joined<Left, Right> extends Stream<[Left, Right]> {
  /** Items so far that were too late. */
  readonly late: number
  /** Items that are held for a pair that may still come. */
  readonly held: number
}

/**
 * Pairs a left and a right item wherever their keys are equal and their times differ by at most `within`: each pair once, when
 * the second of the two comes; those of one item in the order of the others' times, then as they came.
 *
 * The watermark is the lesser of both streams' (greatest time so far less `lateness`; a stream that has ended has none), as it
 * stood before an item. An item with a time below it is late: it goes to `late` and makes no pair. So every pair is made where
 * no item is more than `lateness` behind its own stream.
 *
 * Both streams are read at once, a chunk of each at a time, and where both have one, that of the stream that is behind in time is
 * taken first. Held are the items that one at the watermark could still be paired with, and for a while up to as many again and
 * 1024; so what bounds the memory is how far the streams are apart in time, and `drift` bounds that: the stream that is ahead is
 * then not read until the other has come after it, or has ended. (Branches of one `split` may not be able to: they wait for each other.)
 *
 * A stream that waits for an item of its own when the reader stops is told to close and not waited for.
 *
 * @throws RangeError for options out of range. Error naming the item, counted from 0 in its stream, when a function throws or a
 *   time is not a finite number.
 */
export function join<Left, Right, Key>(
  left: AsyncIterable<Left>,
  right: AsyncIterable<Right>,
  options: JoinOptions<Left, Right, Key>
): Joined<Left, Right> {
  const { keys, times, within, lateness = 0, late, drift = Number.POSITIVE_INFINITY } = options
  checkLateness('join', lateness)
  if (!Number.isFinite(within) || within < 0) {
    throw new RangeError(`join: within must be a number of ms, at least 0; got ${within}`)
  }
  if (!(drift >= 0)) throw new RangeError(`join: drift must be a number of ms, at least 0; got ${drift}`)
  const lefts = new Side('left', keys[0], times[0], lateness)
  const rights = new Side('right', keys[1], times[1], lateness)
  const counts = { late: 0 }

  async function* run(): AsyncGenerator<Chunk<[Left, Right]>> {
    let out: [Left, Right][] = []
    async function* take<Own, Other>(
      chunk: Chunk<Own>,
      own: Side<Own, Key>,
      other: Side<Other, Key>,
      pair: (own: Own, other: Other) => [Left, Right]
    ) {
      for (const item of chunk) {
        try {
          const time = checkedTime(own.timeOf(item))
          if (time < Math.min(own.watermark.value, other.watermark.value)) {
            counts.late++
            const answer = late?.(item as unknown as Left | Right, own.name)
            if (isPromise(answer)) await answer
          } else {
            const key = own.keyOf(item)
            const { times, items } = other.of(key)
            for (let i = firstFrom(times, time, within); i < times.length; i++) {
              if ((times[i] as number) - time > within) break
              out.push(pair(item, items[i] as Other))
              if (out.length < GATHERED) continue
              yield out
              out = []
            }
            if (!other.ended) own.hold(key, time, item)
            own.watermark.rise(time)
            const risen = Math.min(own.watermark.value, other.watermark.value)
            own.forget(risen, within)
            other.forget(risen, within)
          }
        } catch (error) {
          throw operatorError(`join: ${own.name}`, own.taken, error)
        }
        own.taken++
      }
    }
    const behind = () => (rights.watermark.value < lefts.watermark.value ? 'right' : 'left')
    const waits = (side: 'left' | 'right') => {
      const ahead = lefts.watermark.value - rights.watermark.value
      return (side === 'left' ? ahead : -ahead) > drift
    }
    for await (const arrival of bothOf(chunksOf(left), chunksOf(right), behind, waits)) {
      if (arrival.chunk === undefined) {
        const [ended, other] = arrival.side === 'left' ? [lefts, rights] : [rights, lefts]
        ended.end()
        other.clear()
      } else if (arrival.side === 'left') {
        yield* take(arrival.chunk, lefts, rights, (own, other) => [own, other])
      } else {
        yield* take(arrival.chunk, rights, lefts, (own, other) => [other, own])
      }
      if (out.length > 0) yield out
      out = []
    }
  }
  const pairs = stream(run)
  return Object.defineProperties(pairs, {
    late: { get: () => counts.late },
    held: { get: () => lefts.held + rights.held }
  }) as Joined<Left, Right>
}

/** Items of one key in the order of their times, then as they came; index i of both belongs together. */
interface Held<Item> {
  readonly times: number[]
  readonly items: Item[]
}

const NONE: Held<never> = { times: [], items: [] }
/** Items that may be held before it is looked which can be forgotten. */
const FEW = 1024

/** One of the streams, and the items of it that may still find a partner. */
class Side<Item, Key> {
  readonly name: 'left' | 'right'
  readonly keyOf: (item: Item) => Key
  readonly timeOf: (item: Item) => number
  readonly watermark: Watermark
  taken = 0
  held = 0
  ended = false
  readonly #byKey = new Map<Key, Held<Item>>()
  #most = FEW

  constructor(
    name: 'left' | 'right',
    keyOf: (item: Item) => Key,
    timeOf: (item: Item) => number,
    lateness: number
  ) {
    this.name = name
    this.keyOf = keyOf
    this.timeOf = timeOf
    this.watermark = new Watermark(lateness)
  }

  of(key: Key): Held<Item> {
    return this.#byKey.get(key) ?? NONE
  }

  hold(key: Key, time: number, item: Item): void {
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
      return
    }
    held.times.splice(at, 0, time)
    held.items.splice(at, 0, item)
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
