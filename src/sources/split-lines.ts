import { BLOCK_BYTES, type ByteSource, type TextStart } from './bytes.ts'
import { LineCutter } from './line-cutter.ts'
import { SourceError } from './source-error.ts'
import { TextLines } from './text-chunk.ts'

export interface SplitOptions {
  /** Position of the first byte the source hands out. Default 0. */
  readonly from?: number
  /** Longest line in bytes; a longer one is cut into pieces. Default 1 MiB. */
  readonly maxLineBytes?: number
  /** Bytes of the source in a chunk, its line ends included. Default 512 KiB. */
  readonly chunkBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** Longest line in bytes that is not cut. */
export const MAX_LINE_BYTES = 1024 * 1024

/**
 * Cuts a source's bytes into chunks of lines.
 *
 * A chunk is the lines that end within `chunkBytes` of its first byte (more where the first line is longer), so a
 * source resumed at a chunk's position hands out the same chunks as one that was never stopped. A live source's chunks
 * are what has come. Lines that came whole before an error are handed out before it is thrown. When `signal` aborts,
 * the chunks end and a line whose end has not come is left for the next run.
 */
export async function* splitLines(source: ByteSource, options: SplitOptions = {}): AsyncGenerator<TextLines> {
  const { from = 0, maxLineBytes = MAX_LINE_BYTES, chunkBytes = BLOCK_BYTES, signal } = options
  const cutter = new LineCutter(maxLineBytes)
  let read = from
  let chunkEnd = from + chunkBytes
  const take = () => {
    const { bytes, ends } = cutter.take()
    const done = read - cutter.openBytes
    chunkEnd = done + chunkBytes
    return new TextLines(bytes, ends, source.position(done))
  }
  let failure: unknown
  let opened: TextStart | undefined
  try {
    for await (const block of source.blocks) {
      if (signal?.aborted) break
      if (!(block instanceof Uint8Array)) {
        if (cutter.openBytes > 0) cutter.endLine()
        if (block.at !== read && cutter.lines > 0) yield take()
        if (block.at !== read) chunkEnd = block.at + chunkBytes
        read = block.at
        opened = block
        continue
      }
      let next = 0
      if (opened !== undefined) {
        refuseBinary(block, opened.name)
        next = byteOrderMark(block)
        read += next
        opened = undefined
      }
      while (next < block.length) {
        // The open line may reach beyond the chunk's end already.
        const part = block.subarray(next, next + Math.max(0, chunkEnd - read))
        cutter.push(part)
        next += part.length
        read += part.length
        if (read < chunkEnd) continue
        if (cutter.lines > 0) yield take()
        else chunkEnd += chunkBytes
      }
      if (source.live && cutter.lines > 0) yield take()
    }
    if (cutter.openBytes > 0) cutter.endLine()
  } catch (error) {
    if (!signal?.aborted) failure = error
  }
  if (cutter.lines > 0 && !signal?.aborted) yield take()
  if (failure !== undefined) throw failure
}

/** Length in bytes of the mark that a text may begin with. */
export function byteOrderMark(block: Uint8Array): number {
  return block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? 3 : 0
}

/** @throws SourceError where a text's first block is none. */
export function refuseBinary(block: Uint8Array, name: string): void {
  const zero = block.indexOf(0)
  if (zero < 0) return
  throw new SourceError(
    `lines: ${name} looks binary (a zero byte at offset ${zero}); give UTF-8 text, plain or compressed with gzip or zstd`
  )
}
