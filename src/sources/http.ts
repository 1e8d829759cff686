import { type ByteSource, skipBytes, type TextStart } from './bytes.ts'
import { type Compression, decompress, sniff } from './compression.ts'
import { SourceError } from './source-error.ts'

/** The text at an http or https address, plain or compressed. Going on at a byte reads and leaves out what comes before it. */
export function http(
  url: URL,
  { from, signal }: { readonly from: number; readonly signal: AbortSignal | undefined }
): ByteSource {
  let stored: number | undefined // bytes the server sends; unknown where it encodes them on the way
  let storedRead = 0
  let compression: Compression | undefined

  async function* body(response: Response): AsyncGenerator<Uint8Array> {
    const reader = response.body?.getReader()
    if (reader === undefined) return
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        storedRead += next.value.length
        yield next.value
      }
    } catch (error) {
      throw new SourceError(
        `lines: ${url} broke off after ${storedRead} bytes (${networkReason(error)}); try again`,
        {
          cause: error
        }
      )
    } finally {
      await reader.cancel().catch(() => {})
    }
  }

  async function* blocks(): AsyncGenerator<Uint8Array | TextStart> {
    const response = await request(url, signal)
    const length = response.headers.get('content-length')
    if (length !== null && !response.headers.has('content-encoding')) stored = Number(length)
    const sniffed = await sniff(body(response))
    compression = sniffed.compression
    if (from === 0) yield { name: url.href, at: 0 }
    const plain = compression ? decompress(sniffed.blocks, compression, url.href) : sniffed.blocks
    yield* skipBytes(plain, from, url.href)
  }

  return {
    // Without a length it may be an endless feed, whose lines should not wait for a full chunk.
    get live() {
      return stored === undefined
    },
    blocks: blocks(),
    position(bytes) {
      if (stored === undefined || stored === 0) return { bytes }
      if (compression) return { bytes, share: storedRead / stored }
      return { bytes, totalBytes: stored, share: Math.min(1, bytes / stored) }
    }
  }
}

async function request(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  const response = await fetch(url, { signal: signal ?? null }).catch(error => {
    throw new SourceError(
      `lines: no answer from ${url} (${networkReason(error)}); check the address and the network`,
      {
        cause: error
      }
    )
  })
  if (response.ok) return response
  await response.body?.cancel()
  const status = `${response.status} ${response.statusText}`.trim()
  throw new SourceError(`lines: ${url} answered ${status}; wanted 200 and a text, check the address`)
}

/** What went wrong with a request: fetch says `fetch failed` and keeps what happened in its cause. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND') return 'no such host'
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}
