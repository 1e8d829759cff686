// What a source is before its bytes are cut into lines.

import type { Position } from '../types.ts'
import { SourceError } from './source-error.ts'

/** Bytes asked of a file, or of a decompressor, at a time. */
export const BLOCK_BYTES = 512 * 1024

/** Whether files and node:zlib are there. */
export const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined

/** Where a text begins: no line runs from one text into the next, and a byte-order mark may stand here. */
export interface TextStart {
  readonly name: string
  /** Position of the text's first byte in the source. */
  readonly at: number
  /** Whether it has taken the place of a text that was read before: nothing of it is to be left out. */
  readonly anew?: boolean
}

/** A source's uncompressed bytes, from the position asked for on. */
export interface ByteSource {
  readonly blocks: AsyncIterable<Uint8Array | TextStart>
  /** Whether lines are handed out as they come, rather than once a chunk is full. */
  readonly live: boolean
  /** The place after the first `bytes` uncompressed bytes. */
  position(bytes: number): Position
}

/**
 * Leaves out the first `count` bytes.
 *
 * @throws SourceError when there are fewer.
 */
export async function* skipBytes(
  blocks: AsyncIterable<Uint8Array>,
  count: number,
  name: string
): AsyncGenerator<Uint8Array> {
  let left = count
  for await (const block of blocks) {
    if (left < block.length) yield block.subarray(left)
    left = Math.max(0, left - block.length)
  }
  if (left > 0) throw tooShort(name, count - left, count)
}

export function tooShort(name: string, bytes: number, from: number): SourceError {
  return new SourceError(
    `lines: wanted to go on at byte ${from} of ${name}, which has ${bytes}; it has changed, start from 0`
  )
}
