// Lines that stay bytes on their way from peer to peer.

import { ExtensionCodec } from '@msgpack/msgpack'
import type { Chunk, TextChunk } from '../types.ts'

/** Number of text among MessagePack's extensions. */
const TEXT = 1

/** Lines as UTF-8 bytes, without position: of all that can be sent, the one value that is a whole chunk. */
export class TextColumns implements TextChunk {
  readonly bytes: Uint8Array
  readonly ends: Uint32Array // [lines]

  constructor(bytes: Uint8Array, ends: Uint32Array) {
    this.bytes = bytes
    this.ends = ends
  }

  get length(): number {
    return this.ends.length
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
    let start = 0
    for (const end of this.ends) {
      yield decoder.decode(this.bytes.subarray(start, end))
      start = end
    }
  }
}

/** Whether a chunk is lines of text as bytes. */
export function isText(chunk: Chunk<unknown>): chunk is TextChunk {
  return 'bytes' in chunk && 'ends' in chunk
}

/**
 * The same lines in pieces of `size` bytes or a little less, the last at most twice that, where no line is longer. They share the text's
 * bytes.
 */
export function cut({ bytes, ends }: Pick<TextChunk, 'bytes' | 'ends'>, size: number): TextColumns[] {
  const pieces: TextColumns[] = []
  const whole = ends.at(-1) ?? 0
  let first = 0
  let start = 0
  for (let line = 1; line < ends.length && whole - start > 2 * size; line++) {
    if ((ends[line] as number) - start <= size) continue
    pieces.push(piece(bytes, ends, first, line))
    first = line
    start = ends[line - 1] as number
  }
  if (first < ends.length) pieces.push(piece(bytes, ends, first, ends.length))
  return pieces
}

function piece(bytes: Uint8Array, ends: Uint32Array, first: number, end: number): TextColumns {
  const start = first === 0 ? 0 : (ends[first - 1] as number)
  const own = ends.slice(first, end)
  for (let line = 0; line < own.length; line++) own[line] = (own[line] as number) - start
  return new TextColumns(bytes.subarray(start, ends[end - 1]), own)
}

/** MessagePack's extensions, with text as: the number of lines, their ends (u32 each, little-endian), the bytes. */
export const extensions = new ExtensionCodec()
extensions.register({
  type: TEXT,
  encode: value => (value instanceof TextColumns ? encode(value) : null),
  decode
})

function encode({ bytes, ends }: TextColumns): Uint8Array {
  const coded = new Uint8Array(4 + ends.byteLength + bytes.length)
  new DataView(coded.buffer).setUint32(0, ends.length, true)
  coded.set(new Uint8Array(ends.buffer, ends.byteOffset, ends.byteLength), 4)
  coded.set(bytes, 4 + ends.byteLength)
  return coded
}

function decode(coded: Uint8Array): TextColumns {
  const lines = new DataView(coded.buffer, coded.byteOffset, coded.length).getUint32(0, true)
  const text = 4 + 4 * lines
  if (text > coded.length) throw new RangeError(`text: ${lines} lines in ${coded.length} bytes`)
  const ends = new Uint32Array(coded.slice(4, text).buffer)
  const bytes = coded.subarray(text)
  let before = 0
  for (const end of ends) {
    if (end < before) throw new RangeError(`text: a line ends at ${end}, before it begins at ${before}`)
    before = end
  }
  if (before !== bytes.length) throw new RangeError(`text: lines of ${before} bytes in ${bytes.length}`)
  return new TextColumns(bytes, ends)
}
