import type { Position } from '../types.ts'
import { type ByteSource, type TextStart, tooShort } from './bytes.ts'
import { type Compression, compressionByName, compressionOf, decompress, HEAD_BYTES } from './compression.ts'
import { openFile, readAt, readBlocks } from './file.ts'

export interface StoredFile {
  readonly path: string
  /** Bytes on the disk. */
  readonly size: number
}

/**
 * The texts of files one after another, each plain or compressed. Going on at a byte seeks in plain files, and
 * decompresses what comes before it in others. Where a file is compressed, the share is of the bytes on the disk.
 */
export function fileList(name: string, files: readonly StoredFile[], from: number): ByteSource {
  const stored = files.reduce((sum, file) => sum + file.size, 0)
  let plain = files.every(file => compressionByName(file.path) === undefined)
  let storedRead = 0
  let at = 0 // of the next byte, uncompressed

  async function* texts(): AsyncGenerator<Uint8Array | TextStart> {
    for (const file of files) yield* text(file)
    if (at < from) throw tooShort(name, at, from)
  }

  async function* text(file: StoredFile): AsyncGenerator<Uint8Array | TextStart> {
    const handle = await openFile(file.path)
    try {
      const head = new Uint8Array(HEAD_BYTES)
      await readAt(handle, file.path, head, 0)
      const compression = compressionOf(head) ?? compressionByName(file.path)
      if (at >= from) yield { name: file.path, at }
      if (compression === undefined) yield* plainBlocks(readBlocks(handle, file.path, seek(file)))
      else yield* unpackedBlocks(readBlocks(handle, file.path, 0), compression, file.path)
    } finally {
      await handle.close()
    }
  }

  function seek(file: StoredFile): number {
    const start = Math.min(file.size, Math.max(0, from - at))
    at += start
    storedRead += start
    return start
  }

  async function* plainBlocks(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const block of blocks) {
      at += block.length
      storedRead += block.length
      yield block
    }
  }

  async function* unpackedBlocks(packed: AsyncIterable<Uint8Array>, compression: Compression, path: string) {
    plain = false
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const block of packed) {
        storedRead += block.length
        yield block
      }
    }
    for await (const block of decompress(counted(), compression, path)) {
      const start = Math.max(0, from - at)
      at += block.length
      if (start < block.length) yield block.subarray(start)
    }
  }

  return { live: false, blocks: texts(), position }

  function position(bytes: number): Position {
    if (stored === 0) return { bytes }
    if (plain) return { bytes, totalBytes: stored, share: Math.min(1, bytes / stored) }
    return { bytes, share: Math.min(1, storedRead / stored) }
  }
}
