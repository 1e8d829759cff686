// Arithmetic of what a state holds: for each origin the packs 1 to `last`, without holes.

import type { Origin, Ranges, Vector } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

const NONE: Ranges = new Map()

/** The last pack of an origin that a state holds; 0 where it holds none. */
export function lastOf(vector: Vector, origin: Origin): number {
  return vector.get(origin) ?? 0
}

/**
 * Divides packs into those that a state holds and those it can take next. Undefined where it lacks packs that come
 * before them.
 */
export function divide(ranges: Ranges, vector: Vector): { old: Ranges; fresh: Ranges } | undefined {
  let someOld = false
  let someFresh = false
  for (const [origin, [first, last]] of ranges) {
    const held = lastOf(vector, origin)
    if (first > held + 1) return undefined
    someOld ||= first <= held
    someFresh ||= last > held
  }
  if (!someOld) return { old: NONE, fresh: ranges }
  if (!someFresh) return { old: ranges, fresh: NONE }
  const old = new Map<Origin, readonly [number, number]>()
  const fresh = new Map<Origin, readonly [number, number]>()
  for (const [origin, [first, last]] of ranges) {
    const held = lastOf(vector, origin)
    if (first <= held) old.set(origin, [first, Math.min(last, held)])
    if (last > held) fresh.set(origin, [Math.max(first, held + 1), last])
  }
  return { old, fresh }
}

/** The packs that a state of `vector` holds and one of `other` does not. */
export function beyond(vector: Vector, other: Vector): Ranges {
  const ranges = new Map<Origin, readonly [number, number]>()
  for (const [origin, last] of vector) {
    const held = lastOf(other, origin)
    if (last > held) ranges.set(origin, [held + 1, last])
  }
  return ranges
}

/** Both, as one; undefined where an origin is in both and `later` does not go on where `ranges` end. */
export function joined(ranges: Ranges, later: Ranges): Ranges | undefined {
  const all = new Map(ranges)
  for (const [origin, [first, last]] of later) {
    const before = ranges.get(origin)
    if (before !== undefined && before[1] + 1 !== first) return undefined
    all.set(origin, [before?.[0] ?? first, last])
  }
  return all
}

/** Whether every pack of `part` is one of `ranges`. */
export function contains(ranges: Ranges, part: Ranges): boolean {
  for (const [origin, [first, last]] of part) {
    const range = ranges.get(origin)
    if (range === undefined || first < range[0] || last > range[1]) return false
  }
  return true
}

/** How many packs there are in ranges. */
export function packsIn(ranges: Ranges): number {
  let packs = 0
  for (const [first, last] of ranges.values()) packs += last - first + 1
  return packs
}

/**
 * Checks what a peer says it holds. `made`: this peer's own origins with the last pack it made under each.
 * @throws ProtocolError where a number cannot be a pack's, or this peer is said to have made what it has not.
 */
export function checkVector(vector: Vector, made: Vector): void {
  for (const [origin, last] of vector) checkRange(origin, 1, last, made)
}

/** As `checkVector`, for the packs of a frame; there must be one at least. */
export function checkRanges(ranges: Ranges, made: Vector): void {
  if (ranges.size === 0) throw new ProtocolError('frame: one pack or more wanted; got none')
  for (const [origin, [first, last]] of ranges) checkRange(origin, first, last, made)
}

function checkRange(origin: Origin, first: number, last: number, made: Vector): void {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first) {
    throw new ProtocolError(`packs of ${origin}: 1 ≤ first ≤ last < 2^53 wanted; got ${first} to ${last}`)
  }
  const own = made.get(origin)
  if (own !== undefined && last > own) {
    throw new ProtocolError(`packs of ${origin}: this peer made ${own}; got a claim of ${last}`)
  }
}
