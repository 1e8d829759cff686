import { stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import { BLOCK_BYTES, type ByteSource, skipBytes } from './bytes.ts'
import { splitLines } from './split-lines.ts'

/** Characters gathered before they are encoded; UTF-8 makes at most three bytes of one. */
const GATHERED = BLOCK_BYTES / 3

/**
 * Strings as a stream of lines: each string is a line, or several where it has line ends inside. Of an array the share is
 * known, in strings. `from` is the number of UTF-8 bytes to leave out, each string's line end counted as one.
 */
export function linesOf(
  strings: Iterable<string> | AsyncIterable<string>,
  { from = 0 }: { readonly from?: number } = {}
): Stream<string> {
  const total = Array.isArray(strings) ? strings.length : undefined
  let taken = 0

  async function* blocks(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    let text = ''
    for await (const string of strings) {
      taken++
      text += string.endsWith('\n') ? string : `${string}\n`
      if (text.length < GATHERED) continue
      yield encoder.encode(text)
      text = ''
      // Nothing here waits for anything, and signals and timers need their turn.
      await new Promise(resolve => setTimeout(resolve))
    }
    if (text !== '') yield encoder.encode(text)
  }

  const source: ByteSource = {
    live: false,
    blocks: skipBytes(blocks(), from, 'the strings'),
    position: bytes => (total ? { bytes, share: taken / total } : { bytes })
  }
  return stream(() => splitLines(source, { from }))
}
