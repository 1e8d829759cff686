import type { Readable } from 'node:stream'
import { type ByteSource, skipBytes, type TextStart } from './bytes.ts'
import { decompress, sniff } from './compression.ts'
import { unreadable } from './file.ts'

export interface PipeOptions {
  readonly from: number
  readonly signal: AbortSignal | undefined
}

/** Standard input: text, plain or compressed, with its lines handed out as they come. */
export function standardInput(options: PipeOptions): ByteSource {
  return pipe(process.stdin, 'standard input', options)
}

/** Text that comes through a pipe, plain or compressed; it is read once and its end is not known. */
export function pipe(input: Readable, name: string, { from, signal }: PipeOptions): ByteSource {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    // Destroyed rather than left: a read that waits for a quiet pipe would keep the process alive.
    const stop = () => input.destroy()
    signal?.addEventListener('abort', stop)
    try {
      for await (const block of input) yield block
    } catch (error) {
      if (!signal?.aborted) throw unreadable(name, error)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
  async function* blocks(): AsyncGenerator<Uint8Array | TextStart> {
    const { compression, blocks: raw } = await sniff(bytes())
    const plain = compression === undefined ? raw : decompress(raw, compression, name)
    if (from === 0) yield { name, at: 0 }
    yield* skipBytes(plain, from, name)
  }
  return { live: true, blocks: blocks(), position: bytes => ({ bytes }) }
}
