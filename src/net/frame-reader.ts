import { BULK, CRITICAL, HEADER_BYTES, MAX_FRAME_BYTES, MAX_SKIPPED_BYTES, MORE } from './frame.ts'
import { LinkError } from './link-error.ts'

/** The most bytes a message of this type may have; undefined for a type that is not known, which is skipped. */
export type Limits = (type: number) => number | undefined

export interface FrameReaderOptions {
  readonly limits: Limits
  /** A message is whole. It has a buffer of its own, from byte 0 on and at most an eighth longer. */
  readonly onMessage: (type: number, message: Uint8Array<ArrayBuffer>) => void
}

/** How far a lane has come. */
export interface LaneProgress {
  /** Messages that have begun. */
  readonly begun: number
  /** Whether the last of them is not whole. */
  readonly unfinished: boolean
  /** Bytes of payload, of all of them. */
  readonly bytes: number
}

/** Makes messages of the bytes that come, however they are cut. */
export interface FrameReader {
  readonly control: LaneProgress
  readonly bulk: LaneProgress
  /** Whether a frame or a message has begun and is not whole. */
  readonly unfinished: boolean
  /** Bytes held for messages that are not whole: less than twice those that came, and within the limits of two types. */
  readonly held: number
  /**
   * Takes bytes.
   *
   * @throws LinkError that says what came, where it breaks the rules of frames or the limits, or whatever `onMessage`
   * throws; the reader is then of no further use.
   */
  push(bytes: Uint8Array): void
}

interface Lane {
  begun: number
  bytes: number
  type: number | undefined // of the message that has begun
  /** Most bytes that the message may have. */
  limit: number
  /** Bytes that its frames so far claim. */
  claimed: number
  skipped: boolean
  buffer: ArrayBuffer
  filled: number
  /** Bytes of the message before. */
  last: number
}

/** A reader that has seen nothing yet. */
export function frameReader({ limits, onMessage }: FrameReaderOptions): FrameReader {
  const lanes = { control: newLane(), bulk: newLane() }
  const header = new Uint8Array(HEADER_BYTES)
  const view = new DataView(header.buffer)
  let headerFilled = 0
  let lane: Lane | undefined // of the frame whose payload is being read
  let left = 0 // of that payload

  function begin(): Lane {
    const type = view.getUint8(0)
    const flags = view.getUint8(1)
    const length = view.getUint32(4, true)
    const lane = flags & BULK ? lanes.bulk : lanes.control
    if (length > MAX_FRAME_BYTES) throw tooLong('frame', type, length, MAX_FRAME_BYTES)
    if (flags & MORE && length === 0)
      throw new LinkError('malformed', `empty fragment of a message of type ${type}`)
    if (lane.type === undefined) {
      const limit = limits(type)
      lane.begun++
      lane.type = type
      lane.skipped = limit === undefined
      lane.limit = limit ?? MAX_SKIPPED_BYTES
    }
    if (lane.type !== type) {
      throw new LinkError('malformed', `frame of type ${type} within a message of type ${lane.type}`)
    }
    if (lane.skipped && flags & CRITICAL) {
      // Sound in a later version of the protocol, so nobody's fault.
      throw new Error(`link: message of type ${type}, which this version does not know and may not skip`)
    }
    lane.claimed += length
    if (lane.claimed > lane.limit) throw tooLong('message', type, lane.claimed, lane.limit)
    left = length
    return lane
  }

  function end(lane: Lane): void {
    headerFilled = 0
    if (view.getUint8(1) & MORE) return
    const { type, skipped, buffer, filled } = lane
    Object.assign(lane, NO_MESSAGE, { buffer: new ArrayBuffer(0), last: filled })
    if (type === undefined || skipped) return
    // What holds little more than is used is not worth a copy.
    const own = buffer.byteLength - filled > filled >>> 3 ? buffer.transfer(filled) : buffer
    onMessage(type, new Uint8Array(own, 0, filled))
  }

  return {
    get control() {
      return progressOf(lanes.control)
    },

    get bulk() {
      return progressOf(lanes.bulk)
    },

    get unfinished() {
      return headerFilled > 0 || lanes.control.type !== undefined || lanes.bulk.type !== undefined
    },

    get held() {
      return lanes.control.buffer.byteLength + lanes.bulk.buffer.byteLength
    },

    push(bytes) {
      let offset = 0
      while (offset < bytes.length) {
        if (lane === undefined) {
          const piece = bytes.subarray(offset, offset + HEADER_BYTES - headerFilled)
          header.set(piece, headerFilled)
          headerFilled += piece.length
          offset += piece.length
          if (headerFilled < HEADER_BYTES) return
          lane = begin()
        }
        const piece = bytes.subarray(offset, offset + left)
        if (!lane.skipped) append(lane, piece)
        lane.bytes += piece.length
        offset += piece.length
        left -= piece.length
        if (left > 0) return
        const whole = lane
        lane = undefined
        end(whole)
      }
    }
  }
}

/** From here on a message is likely to become as long as the one before it. */
const LONG_BYTES = 2 ** 16

const NO_MESSAGE = { type: undefined, limit: 0, claimed: 0, skipped: false, filled: 0 }

function newLane(): Lane {
  return { begun: 0, bytes: 0, ...NO_MESSAGE, buffer: new ArrayBuffer(0), last: 0 }
}

function progressOf({ begun, type, bytes }: Lane): LaneProgress {
  return { begun, unfinished: type !== undefined, bytes }
}

/**
 * Memory doubles with what has come, or is at once what the last message had, and a little more, where that was long; what a frame
 * claims takes none.
 */
function append(lane: Lane, piece: Uint8Array): void {
  const wanted = lane.filled + piece.length
  if (wanted > lane.buffer.byteLength) {
    const usual = lane.filled >= LONG_BYTES ? lane.last + (lane.last >>> 4) : 0
    const room = Math.max(wanted, 2 * lane.buffer.byteLength, usual)
    lane.buffer = lane.buffer.transfer(Math.min(lane.limit, room))
  }
  new Uint8Array(lane.buffer).set(piece, lane.filled)
  lane.filled = wanted
}

function tooLong(what: string, type: number, bytes: number, most: number): LinkError {
  return new LinkError(
    'oversize',
    `${what} of type ${type} with ${bytes} bytes or more; at most ${most} are taken`
  )
}
