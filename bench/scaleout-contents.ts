import { createCodec } from '../src/net/codec.ts'
import type { Content } from '../src/net/content.ts'
import { HEADER_BYTES, MAX_WRITE_BYTES } from '../src/net/frame.ts'
import type { Message } from '../src/net/messages.ts'
import type { Recording } from './scaleout-packs.ts'
import type { World } from './scaleout-peer.ts'

/** Bytes of messages as the codec and the link write them, on a link that has carried every word. */
export function sizesOf({ lengths, tables, names }: Recording): World['size'] {
  const codec = createCodec({ tables, names })
  const encoded = (message: Message<Content>) => {
    const { parts, control } = codec.encode(message)
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    return {
      bytes: bytes + HEADER_BYTES * Math.max(1, Math.ceil(bytes / (MAX_WRITE_BYTES - HEADER_BYTES))),
      control
    }
  }
  const frames = new WeakMap<Content, number>()
  const frame = (content: Content) =>
    encoded({ type: 'frame', ranges: new Map([['', [1, 1]]]), content, waited: 0 }).bytes
  for (const { handouts } of lengths) for (const packs of handouts) packs.forEach(frame)
  return message => {
    if (message.type !== 'frame') return encoded(message)
    const { content, ranges } = message
    const bytes = frames.get(content) ?? frame(content)
    frames.set(content, bytes)
    return { bytes: bytes + ranges.size * RANGE_BYTES, control: false }
  }
}

// A peer's id, its start, and two numbers.
const RANGE_BYTES = 2 + 66 + 16

/** A number that is the sum of those of a sum's parts, modulo 2^32. */
export function fingerprintOf({ delta }: Content): number {
  let sum = 0
  for (const [table, { dim, rows, shifts, values }] of delta.entries()) {
    for (let i = 0; i < rows.length; i++) {
      let row = 0
      for (let d = 0; d < dim; d++) row = (row + Math.imul(values[i * dim + d] << shifts[i], 2 * d + 1)) | 0
      sum = (sum + Math.imul(row, Math.imul(rows[i] * 2 + table + 1, 0x9e3779b1) | 1)) | 0
    }
  }
  return sum
}
