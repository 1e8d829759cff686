import { chunksOf, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { bothOf } from './both.ts'
import { isPromise, operatorError } from './call.ts'
import { Failures } from './failures.ts'
import { type Placed, Side, type SideName } from './join-side.ts'
import { checkLateness, type Watermark } from './watermark.ts'

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
  readonly late?: (item: Left | Right, side: SideName) => void | Promise<void>
  /** Most ms that one stream is read ahead of the other, or as much as a chunk more. Default: without bound. */
  readonly drift?: number
  /** What to do with an item whose key or time cannot be had; a function gets the side too. Default `stop`. */
  readonly onError?: 'stop' | 'skip' | ((item: Left | Right, error: Error, side: SideName) => unknown)
}

export interface Joined<Left, Right> extends Stream<[Left, Right]> {
  /** Items so far that were too late. */
  readonly late: number
  /** Items that are held for a pair that may still come. */
  readonly held: number
  /** Items left out so far because a function failed for them. */
  readonly failed: number
}

/**
 * Pairs a left and a right item wherever their keys are equal and their times differ by at most `within`: each pair once, when
 * the second of the two comes; those of one item in the order of the others' times, then as they came.
 *
 * The watermark is the lesser of both streams' (greatest time so far, or the watermark of its chunks where those have one, as from
 * `exchange`, less `lateness`; a stream that has ended has none), as it stood before an item. An item with a time below it is late: it goes to `late` and makes no pair. So every pair is made where
 * no item is more than `lateness` behind its own stream.
 *
 * Both streams are read at once, a chunk of each at a time, and where both have one, that of the stream that is behind in time is
 * taken first. Held are the items that one at the watermark could still be paired with, and for a while up to as many again and
 * 1024; so what bounds the memory is how far the streams are apart in time, and `drift` bounds that: the stream that is ahead is
 * then not read until the other has come after it, or has ended. (Branches of one `split` may not be able to: they wait for each other.)
 *
 * An item for which `keys` or `times` fails, or whose time is not a finite number, goes by `onError`; where that does not end
 * the join, the item is left out: it makes no pair and the watermark stays. A `late` that fails ends the join.
 *
 * A stream that waits for an item of its own when the reader stops is told to close and not waited for.
 *
 * @throws RangeError for options out of range, TypeError for an `onError` that is none. Error naming the item, counted from 0
 *   in its stream, when a function throws or a time is not a finite number.
 */
export function join<Left, Right, Key>(
  left: AsyncIterable<Left>,
  right: AsyncIterable<Right>,
  options: JoinOptions<Left, Right, Key>
): Joined<Left, Right> {
  const { keys, times, within, lateness = 0, drift = Number.POSITIVE_INFINITY } = options
  checkLateness('join', lateness)
  if (!Number.isFinite(within) || within < 0) {
    throw new RangeError(`join: within must be a number of ms, at least 0; got ${within}`)
  }
  if (!(drift >= 0)) throw new RangeError(`join: drift must be a number of ms, at least 0; got ${drift}`)
  const failures = {
    left: failuresOf<Left>('left', options.onError),
    right: failuresOf<Right>('right', options.onError)
  }
  const lefts = new Side('left', keys[0], times[0], lateness, failures.left)
  const rights = new Side('right', keys[1], times[1], lateness, failures.right)
  const counts = { late: 0 }
  const pairs = stream(() => run(chunksOf(left), chunksOf(right), lefts, rights, options, drift, counts))
  return Object.defineProperties(pairs, {
    late: { get: () => counts.late },
    held: { get: () => lefts.held + rights.held },
    failed: { get: () => failures.left.count + failures.right.count }
  }) as Joined<Left, Right>
}

function failuresOf<Item>(
  side: SideName,
  onError: 'stop' | 'skip' | ((item: Item, error: Error, side: SideName) => unknown) | undefined
): Failures<Item> {
  if (typeof onError !== 'function') return new Failures(`join: ${side}`, onError)
  return new Failures(`join: ${side}`, (item, error) => onError(item, error, side))
}

async function* run<Left, Right, Key>(
  left: AsyncGenerator<Chunk<Left>>,
  right: AsyncGenerator<Chunk<Right>>,
  lefts: Side<Left, Key>,
  rights: Side<Right, Key>,
  options: JoinOptions<Left, Right, Key>,
  drift: number,
  counts: { late: number }
): AsyncGenerator<Chunk<[Left, Right]>> {
  const { within, late } = options
  const behind = () => (rights.watermark.value < lefts.watermark.value ? 'right' : 'left')
  const waits = (side: SideName) => {
    const ahead = lefts.watermark.value - rights.watermark.value
    return (side === 'left' ? ahead : -ahead) > drift
  }
  let out: [Left, Right][] = []

  async function* take<Own extends Left | Right, Other>(
    chunk: Chunk<Own>,
    own: Side<Own, Key>,
    other: Side<Other, Key>,
    pair: (own: Own, other: Other) => [Left, Right]
  ) {
    for (const item of chunk) {
      const index = own.taken++
      let placed: Placed<Key> | undefined
      try {
        placed = own.place(item, Math.min(own.watermark.value, other.watermark.value))
      } catch (error) {
        await own.failures.failed(item, index, error)
        continue
      }
      if (placed === undefined) {
        counts.late++
        await putAside(item, own.name, index)
        continue
      }
      for (const partner of other.partners(placed, within)) {
        out.push(pair(item, partner))
        if (out.length < GATHERED) continue
        yield out
        out = []
      }
      if (!other.ended) own.hold(placed, item)
      if (chunk.watermark === undefined) rise(own, placed.time)
    }
    if (chunk.watermark !== undefined) rise(own, chunk.watermark)
  }
  const rise = (side: { readonly watermark: Watermark }, time: number) => {
    side.watermark.rise(time)
    const watermark = Math.min(lefts.watermark.value, rights.watermark.value)
    lefts.forget(watermark, within)
    rights.forget(watermark, within)
  }
  const putAside = async (item: Left | Right, side: SideName, index: number) => {
    try {
      const answer = late?.(item, side)
      if (isPromise(answer)) await answer
    } catch (error) {
      throw operatorError(`join: late: ${side}`, index, error)
    }
  }
  for await (const arrival of bothOf(left, right, behind, waits)) {
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
