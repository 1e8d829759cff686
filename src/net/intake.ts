// What a frame or a state claims must not grow beyond what this peer itself can say to others.

import type { Content } from './content.ts'
import { VECTOR_BYTES } from './message-types.ts'
import type { LedgerMessage, Origin, Vector } from './messages.ts'
import { ProtocolError } from './protocol-error.ts'
import { packsIn } from './vector.ts'

type Frame = Extract<LedgerMessage<Content>, { type: 'frame' }>

/** No pack waits longer; a day, in ms. */
const LONGEST_WAIT = 86_400_000

/**
 * A frame as it may be taken by a peer that holds `held`.
 * @throws ProtocolError where it claims what no peer can.
 */
export function soundFrame(frame: Frame, held: Vector): Frame {
  const packs = packsIn(frame.ranges)
  for (const { counts } of frame.content.delta) {
    const most = greatest(counts)
    if (most > packs) throw new ProtocolError(`frame: a row counts as ${packs} packs at most; got ${most}`)
  }
  checkRoom(frame.ranges.keys(), held)
  return { ...frame, waited: Math.min(frame.waited, LONGEST_WAIT) }
}

/**
 * Checks that a vector can be sent in a message, with more origins too.
 * @throws ProtocolError where it cannot.
 */
export function checkRoom(origins: Iterable<Origin>, held: Vector = new Map()): void {
  const fresh = [...origins].filter(origin => !held.has(origin))
  if (fresh.length === 0) return
  let bytes = 4
  for (const all of [held.keys(), fresh]) for (const origin of all) bytes += entryBytes(origin)
  if (bytes > VECTOR_BYTES) {
    throw new ProtocolError(
      `peers: packs of no more than ${VECTOR_BYTES} bytes of names can be held; got ${bytes}`
    )
  }
}

function greatest(values: Uint32Array): number {
  let most = 0
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i]
  return most
}

/** In the ranges of a frame, where it takes most; a UTF-16 unit is at most three bytes. */
function entryBytes(origin: Origin): number {
  return 2 + 3 * origin.length + 16
}
