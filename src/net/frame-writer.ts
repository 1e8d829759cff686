import { BULK, HEADER_BYTES, MAX_WRITE_BYTES, MORE } from './frame.ts'

/** Control is written before bulk, also between the frames of a bulk message. */
export type Priority = 'control' | 'bulk'

/** Messages that wait to be written, and the writes they are cut and batched into. */
export interface FrameWriter {
  /** Bytes that no write has taken yet: of payload, and 8 for each message of which a frame is left. */
  readonly waiting: number
  /** Accepts a message: its parts, back to back. They must not change until they are written. */
  add(type: number, parts: readonly Uint8Array[], priority: Priority): void
  /** The next write, at most MAX_WRITE_BYTES; undefined where nothing waits. */
  take(): Uint8Array<ArrayBuffer> | undefined
  /** Forgets all that waits. */
  clear(): void
}

interface Message {
  readonly type: number
  readonly flags: number
  readonly parts: readonly Uint8Array[]
  part: number // the part that is read next, and from which byte
  offset: number
  left: number
}

/** A writer with nothing in it. */
export function frameWriter(): FrameWriter {
  const control = newLane()
  const bulk = newLane()
  const write = new Uint8Array(MAX_WRITE_BYTES)
  const view = new DataView(write.buffer)
  let waiting = 0

  function writeFrame(message: Message, length: number, at: number): void {
    message.left -= length
    waiting -= length
    view.setUint8(at, message.type)
    view.setUint8(at + 1, message.flags | (message.left > 0 ? MORE : 0))
    view.setUint16(at + 2, 0)
    view.setUint32(at + 4, length, true)
    copyNext(message, write.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length))
  }

  return {
    get waiting() {
      return waiting
    },

    add(type, parts, priority) {
      const left = parts.reduce((sum, part) => sum + part.length, 0)
      waiting += HEADER_BYTES + left
      const flags = priority === 'bulk' ? BULK : 0
      const lane = priority === 'bulk' ? bulk : control
      lane.messages.push({ type, flags, parts, part: 0, offset: 0, left })
    },

    take() {
      let size = 0
      for (const lane of [control, bulk]) {
        for (let message = firstOf(lane); message !== undefined; message = firstOf(lane)) {
          const length = Math.min(message.left, MAX_WRITE_BYTES - HEADER_BYTES)
          if (size + HEADER_BYTES + length > MAX_WRITE_BYTES) return write.slice(0, size)
          writeFrame(message, length, size)
          size += HEADER_BYTES + length
          if (message.left > 0) continue
          dropFirst(lane)
          waiting -= HEADER_BYTES
        }
      }
      return size > 0 ? write.slice(0, size) : undefined
    },

    clear() {
      Object.assign(control, newLane())
      Object.assign(bulk, newLane())
      waiting = 0
    }
  }
}

/** Messages of a priority, in order. */
interface Lane {
  messages: Message[]
  /** Where the first of them that waits is. */
  first: number
}

function newLane(): Lane {
  return { messages: [], first: 0 }
}

function firstOf({ messages, first }: Lane): Message | undefined {
  return messages[first]
}

function dropFirst(lane: Lane): void {
  lane.first++
  // Each message is moved once at most on the average.
  if (lane.first * 2 <= lane.messages.length) return
  lane.messages = lane.messages.slice(lane.first)
  lane.first = 0
}

function copyNext(message: Message, target: Uint8Array): void {
  let filled = 0
  while (filled < target.length) {
    const part = message.parts[message.part]
    if (part === undefined) throw new Error('internal: a message is shorter than its parts')
    const piece = part.subarray(message.offset, message.offset + target.length - filled)
    target.set(piece, filled)
    filled += piece.length
    message.offset += piece.length
    if (message.offset < part.length) continue
    message.part++
    message.offset = 0
  }
}
