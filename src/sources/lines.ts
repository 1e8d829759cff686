import { stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import { openBytes } from './open-bytes.ts'
import { MAX_LINE_BYTES, splitLines } from './split-lines.ts'

export interface LinesOptions {
  /** Uncompressed bytes to leave out: the `position.bytes` of the last chunk of an earlier run. Default 0. */
  readonly from?: number
  /** Whether to wait at the end of a file for more of it, and to go on when another takes its name. Default false. */
  readonly follow?: boolean
  /** Ends the stream before the next chunk; nothing is thrown. */
  readonly signal?: AbortSignal
  /** Longest line in bytes; a longer one is handed out in pieces. Default 1 MiB. */
  readonly maxLineBytes?: number
}

/**
 * The lines of a text: a file, a directory (all files in it, by path), `-` for standard input, or an http(s) address.
 * Each may be compressed with gzip or zstd. Lines end with LF or CRLF, the last one with either or nothing; a byte-order
 * mark is dropped and invalid UTF-8 becomes U+FFFD. The source is opened when the stream is read, at most two chunks
 * ahead of its reader, and closed when that stops.
 *
 * @throws RangeError for options out of range; the stream throws SourceError where the source cannot be read.
 */
export function lines(source: string | URL, options: LinesOptions = {}): Stream<string> {
  const { from = 0, follow = false, signal, maxLineBytes = MAX_LINE_BYTES } = options
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new RangeError(`lines: from must be a whole number of bytes, at least 0; got ${from}`)
  }
  if (!Number.isSafeInteger(maxLineBytes) || maxLineBytes < 16) {
    throw new RangeError(`lines: maxLineBytes must be a whole number, at least 16; got ${maxLineBytes}`)
  }
  return stream(async function* () {
    if (signal?.aborted) return
    const bytes = await openBytes(source, { from, follow, signal })
    yield* splitLines(bytes, { from, maxLineBytes, signal })
  })
}
