// What two peers say to each other on a stream of channels, and its form. All of it is bulk: nothing overtakes anything.

import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { CodecError } from './codec-error.ts'

/** A channel that a peer has open. Its number is that peer's own and never used again, so what was sent to a closed one cannot reach the next of its name. */
export interface Opening {
  readonly number: number
  readonly name: string
}

/** The first message of each side. */
export interface ChannelHello {
  readonly swarm: string
  /** As in a link's hello: SHA-256 of the job in hexadecimal, and the job in words. */
  readonly job: string
  readonly jobText: string
  /** When the process started: ms since 1970. */
  readonly start: number
  readonly channels: readonly Opening[]
}

export type ChannelMessage =
  | ({ readonly type: 'hello' } & ChannelHello)
  | ({ readonly type: 'open' } & Opening)
  | { readonly type: 'close'; readonly number: number }
  /** There is nothing else to say. */
  | { readonly type: 'alive' }
  /** For the receiver's channel of that number. */
  | { readonly type: 'message'; readonly to: number; readonly bytes: Uint8Array<ArrayBuffer> }

/** Most channels a peer may have open, characters of a name, and bytes of a message. */
export const MOST_CHANNELS = 64
export const LONGEST_NAME = 64
export const MESSAGE_BYTES = 1 << 20

// These numbers are the format of `/tensair/channel/1`: they must never change.
export const HELLO = 1
export const OPEN = 2
export const CLOSE = 3
export const ALIVE = 4
export const MESSAGE = 16

const KIB = 1024
const NUMBER_BYTES = 4
const SWARM = 256
const JOB = 128
const JOB_TEXT = 16 * KIB
const NAME_BYTES = 3 * LONGEST_NAME // a UTF-16 unit is three bytes at most

/** Most bytes that a message of this number may have; undefined for unknown ones. */
export function channelLimit(type: number): number | undefined {
  if (type === HELLO) return 64 * KIB
  if (type === OPEN || type === CLOSE || type === ALIVE) return KIB
  return type === MESSAGE ? MESSAGE_BYTES + NUMBER_BYTES : undefined
}

export function encodeHello(hello: ChannelHello): Uint8Array[] {
  const to = new ByteWriter()
  to.string('the swarm', hello.swarm, SWARM)
  to.string('the job', hello.job, JOB)
  to.string('the job in words', hello.jobText, JOB_TEXT)
  to.u53('the start', hello.start)
  to.u32('the number of channels', hello.channels.length, MOST_CHANNELS)
  for (const opening of hello.channels) writeOpening(to, opening)
  return to.finish()
}

export function encodeOpen(opening: Opening): Uint8Array[] {
  const to = new ByteWriter()
  writeOpening(to, opening)
  return to.finish()
}

/** The number of a channel: all of `close`, and the end of a message, so that the message begins where its buffer does. */
export function encodeNumber(number: number): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES)
  new DataView(bytes.buffer).setUint32(0, number, true)
  return bytes
}

/**
 * The message in these bytes, of which that of a channel keeps a view.
 *
 * @throws CodecError where there is none.
 */
export function decodeChannelMessage(type: number, bytes: Uint8Array<ArrayBuffer>): ChannelMessage {
  if (type === MESSAGE) {
    const at = bytes.length - NUMBER_BYTES
    if (at < 0) throw new CodecError('message', `at least ${NUMBER_BYTES} bytes`, bytes.length)
    const to = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
    return { type: 'message', to, bytes: bytes.subarray(0, at) }
  }
  const from = new ByteReader(NAMES.get(type) ?? `type ${type}`, bytes)
  const message = readMessage(type, from)
  from.end()
  return message
}

const NAMES = new Map([
  [HELLO, 'hello'],
  [OPEN, 'open'],
  [CLOSE, 'close'],
  [ALIVE, 'alive']
])

function readMessage(type: number, from: ByteReader): ChannelMessage {
  switch (type) {
    case HELLO:
      return { type: 'hello', ...readHello(from) }
    case OPEN:
      return { type: 'open', ...readOpening(from) }
    case CLOSE:
      return { type: 'close', number: from.u32('the number') }
    case ALIVE:
      return { type: 'alive' }
    default:
      return from.fail('a message must be of a known type', type)
  }
}

function readHello(from: ByteReader): ChannelHello {
  const swarm = from.string('the swarm', SWARM)
  const job = from.string('the job', JOB)
  const jobText = from.string('the job in words', JOB_TEXT)
  const start = from.u53('the start')
  const count = from.count('channels', MOST_CHANNELS, NUMBER_BYTES + 3)
  return { swarm, job, jobText, start, channels: Array.from({ length: count }, () => readOpening(from)) }
}

function writeOpening(to: ByteWriter, { number, name }: Opening): void {
  to.u32('the number', number)
  to.string('the name', name, NAME_BYTES)
}

function readOpening(from: ByteReader): Opening {
  const number = from.u32('the number')
  const name = from.string('the name', NAME_BYTES, 1)
  if (name.length > LONGEST_NAME)
    from.fail(`a name must have at most ${LONGEST_NAME} characters`, name.length)
  return { number, name }
}
