import { BULK, CRITICAL, HEADER_BYTES, MAX_FRAME_BYTES, MAX_SKIPPED_BYTES, MORE } from './frame.ts'

/** The most bytes a message of this type may have; undefined for a type that is not known, which is skipped. */
export type Limits = (type: number) => number | undefined

export interface FrameReaderOptions {
  readonly limits: Limits
  /** A message is whole. It has a buffer of its own, from byte 0 on. */
  readonly onMessage: (type: number, message: Uint8Array<ArrayBuffer>) => void
}

/** Makes messages of the bytes that come, however they are cut. */
export interface FrameReader {
  /** Frames that came whole. */
  readonly frames: number
  /** Whether a frame or a message has begun and is not whole. */
  readonly unfinished: boolean
  /** Bytes held for messages that are not whole: less than twice those that came, and within the limits of two types. */
  readonly held: number
  /**
   * Takes bytes.
   *
   * @throws Error that says what came, where it breaks the rules of frames or the limits, or whatever `onMessage` throws;
   * the reader is then of no further use.
   */
  push(bytes: Uint8Array): void
}

interface Lane {
  type: number | undefined // of the message that has begun
  /** Most bytes that the message may have. */
  limit: number
  /** Bytes that its frames so far claim. */
  claimed: number
  skipped: boolean
  buffer: ArrayBuffer
  filled: number
}

/** A reader that has seen nothing yet. */
export function frameReader({ limits, onMessage }: FrameReaderOptions): FrameReader {
  const lanes = { control: emptyLane(), bulk: emptyLane() }
  const header = new Uint8Array(HEADER_BYTES)
  const view = new DataView(header.buffer)
  let headerFilled = 0
  let lane: Lane | undefined // of the frame whose payload is being read
  let left = 0 // of that payload
  let frames = 0

  function begin(): Lane {
    const type = view.getUint8(0)
    const flags = view.getUint8(1)
    const length = view.getUint32(4, true)
    const lane = flags & BULK ? lanes.bulk : lanes.control
    if (length > MAX_FRAME_BYTES) throw tooLong('frame', type, length, MAX_FRAME_BYTES)
    if (flags & MORE && length === 0) throw new Error(`link: empty fragment of a message of type ${type}`)
    if (lane.type === undefined) {
      const limit = limits(type)
      lane.type = type
      lane.skipped = limit === undefined
      lane.limit = limit ?? MAX_SKIPPED_BYTES
    }
    if (lane.type !== type) {
      throw new Error(`link: frame of type ${type} within a message of type ${lane.type}`)
    }
    if (lane.skipped && flags & CRITICAL) {
      throw new Error(`link: message of type ${type}, which this version does not know and may not skip`)
    }
    lane.claimed += length
    if (lane.claimed > lane.limit) throw tooLong('message', type, lane.claimed, lane.limit)
    left = length
    return lane
  }

  function end(lane: Lane): void {
    frames++
    headerFilled = 0
    if (view.getUint8(1) & MORE) return
    const { type, skipped, buffer, filled } = lane
    Object.assign(lane, emptyLane())
    if (type === undefined || skipped) return
    onMessage(type, new Uint8Array(buffer.byteLength === filled ? buffer : buffer.transfer(filled)))
  }

  return {
    get frames() {
      return frames
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

function emptyLane(): Lane {
  return { type: undefined, limit: 0, claimed: 0, skipped: false, buffer: new ArrayBuffer(0), filled: 0 }
}

/** Memory doubles with what has come; what a frame claims takes none. */
function append(lane: Lane, piece: Uint8Array): void {
  const wanted = lane.filled + piece.length
  if (wanted > lane.buffer.byteLength) {
    lane.buffer = lane.buffer.transfer(Math.min(lane.limit, Math.max(wanted, 2 * lane.buffer.byteLength)))
  }
  new Uint8Array(lane.buffer).set(piece, lane.filled)
  lane.filled = wanted
}

function tooLong(what: string, type: number, bytes: number, most: number): Error {
  return new Error(`link: ${what} of type ${type} with ${bytes} bytes or more; at most ${most} are taken`)
}
