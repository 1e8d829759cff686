import type { Age } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'

const LONGEST_PEER = 128

/** Whether `a` comes before `b`: it started earlier, or in the same millisecond and has the lesser peer id. */
export function isOlder(a: Age, b: Age): boolean {
  return a.start < b.start || (a.start === b.start && a.peer < b.peer)
}

/** For sorting, oldest first. */
export function compareAges(a: Age, b: Age): number {
  return isOlder(a, b) ? -1 : isOlder(b, a) ? 1 : 0
}

/** @throws ProtocolError where the age cannot be a peer's: `start` is ms since 1970, `peer` 1 to 128 characters. */
export function checkAge(age: Age): void {
  if (!Number.isSafeInteger(age.start) || age.start < 0) {
    throw new ProtocolError(`age: start must be a whole number of ms since 1970; got ${age.start}`)
  }
  if (age.peer.length < 1 || age.peer.length > LONGEST_PEER) {
    throw new ProtocolError(`age: peer must have 1 to ${LONGEST_PEER} characters; got ${age.peer.length}`)
  }
}
