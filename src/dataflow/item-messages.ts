// What members of a channel of items say to one another: arrays in MessagePack, the kind first.
//
//   0 hello      session, heard session, leaving, watermark, members, partitions that it has and that are others'
//   1 batch      session, number, answers seen, form, partitions, coded items
//   2 answer     session, number, partitions refused
//   3 watermark  ms; Infinity where nothing more comes
//   4 state      session, handover, last, partitions, form, a piece of the coded state
//   5 taken      session, handover, whether it was; not where the receiver does not own all of it
//
// A session is a number that a receiver chose for a sender; partitions are two bytes each, little-endian.

import { Decoder, Encoder } from '@msgpack/msgpack'
import type { Form } from './item-codec.ts'
import { PARTITIONS } from './partitions.ts'

/** Bytes that a channel takes in one message. */
export const MOST_BYTES = 2 ** 20

export type Message =
  | {
      readonly kind: 'hello'
      /** What the sender's batches from the other are to carry. */
      readonly session: number
      /** The session that the sender has heard of; 0 for none. */
      readonly heard: number
      readonly leaving: boolean
      readonly watermark: number
      readonly members: readonly string[]
      /** Partitions of which the sender has the state but which are others': their owners wait for it. */
      readonly moving: Uint16Array
    }
  | {
      readonly kind: 'batch'
      readonly session: number
      readonly sequence: number
      /** How many answers of the receiver the sender had heard. */
      readonly seen: number
      readonly form: Form
      readonly partitions: Uint16Array // [items], or [0] where items go by none
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'answer'
      readonly session: number
      readonly sequence: number
      readonly refused: Uint16Array
    }
  | { readonly kind: 'watermark'; readonly watermark: number }
  | {
      readonly kind: 'state'
      readonly session: number
      readonly handover: number
      readonly last: boolean
      readonly partitions: Uint16Array
      readonly form: Form
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'taken'
      readonly session: number
      readonly handover: number
      /** Not where some of it is another's, as far as the receiver knows. */
      readonly taken: boolean
    }

const encoder = new Encoder()
const limits = { maxStrLength: MOST_BYTES, maxBinLength: MOST_BYTES, maxArrayLength: 65_536 }
const decoder = new Decoder({ ...limits, maxMapLength: 0, maxExtLength: 0 })

export function encodeMessage(message: Message): Uint8Array {
  return encoder.encode(fieldsOf(message))
}

function fieldsOf(message: Message): readonly unknown[] {
  switch (message.kind) {
    case 'hello': {
      const { session, heard, leaving, watermark, members, moving } = message
      return [0, session, heard, leaving, watermark, members, bytesOf(moving)]
    }
    case 'batch': {
      const { session, sequence, seen, form, partitions, bytes } = message
      return [1, session, sequence, seen, form, bytesOf(partitions), bytes]
    }
    case 'answer':
      return [2, message.session, message.sequence, bytesOf(message.refused)]
    case 'watermark':
      return [3, message.watermark]
    case 'state': {
      const { session, handover, last, partitions, form, bytes } = message
      return [4, session, handover, last, bytesOf(partitions), form, bytes]
    }
    case 'taken':
      return [5, message.session, message.handover, message.taken]
  }
}

/** The message that the bytes are; undefined where they are none. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  try {
    return messageOf(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

function messageOf(fields: unknown): Message | undefined {
  if (!Array.isArray(fields)) return undefined
  const [kind, a, b, c, d, e, f]: unknown[] = fields
  if (kind === 3) return typeof a === 'number' ? { kind: 'watermark', watermark: a } : undefined
  if (!isCount(a) || !isCount(b)) return undefined
  if (kind === 0) {
    const moving = partitionsOf(f)
    if (typeof c !== 'boolean' || typeof d !== 'number' || !isNames(e) || moving === undefined)
      return undefined
    return { kind: 'hello', session: a, heard: b, leaving: c, watermark: d, members: e, moving }
  }
  if (kind === 1) {
    const partitions = partitionsOf(e)
    if (!isCount(c) || !isForm(d) || partitions === undefined || !(f instanceof Uint8Array)) return undefined
    return { kind: 'batch', session: a, sequence: b, seen: c, form: d, partitions, bytes: f }
  }
  if (kind === 2) {
    const refused = partitionsOf(c)
    return refused === undefined ? undefined : { kind: 'answer', session: a, sequence: b, refused }
  }
  if (kind === 4) {
    const partitions = partitionsOf(d)
    if (typeof c !== 'boolean' || partitions === undefined || !isForm(e)) return undefined
    if (!(f instanceof Uint8Array)) return undefined
    return { kind: 'state', session: a, handover: b, last: c, partitions, form: e, bytes: f }
  }
  if (kind !== 5 || typeof c !== 'boolean') return undefined
  return { kind: 'taken', session: a, handover: b, taken: c }
}

function bytesOf(partitions: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(partitions.length * 2)
  for (let i = 0; i < partitions.length; i++) {
    const partition = partitions[i] as number
    bytes[2 * i] = partition & 0xff
    bytes[2 * i + 1] = partition >> 8
  }
  return bytes
}

function partitionsOf(bytes: unknown): Uint16Array | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length % 2 !== 0) return undefined
  const partitions = new Uint16Array(bytes.length / 2)
  for (let i = 0; i < partitions.length; i++) {
    const partition = (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8)
    if (partition >= PARTITIONS) return undefined
    partitions[i] = partition
  }
  return partitions
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isForm(value: unknown): value is Form {
  return value === 0 || value === 1
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(name => typeof name === 'string')
}
