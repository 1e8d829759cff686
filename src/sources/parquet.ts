import type { AsyncBuffer, Compressors } from 'hyparquet'
import { chunkAt, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { inNode } from './bytes.ts'
import { networkReason } from './http.ts'
import { rowsOf } from './parquet-rows.ts'
import { reasonOf, SourceError, saidBy } from './source-error.ts'

export interface ParquetOptions {
  /** Columns to read; the others are left where they are. Default: all. */
  readonly columns?: readonly string[]
  /** Rows to leave out: the `position.bytes` of the last chunk of an earlier run, which here counts rows. Default 0. */
  readonly from?: number
  /** Ends the stream before the next chunk; nothing is thrown. */
  readonly signal?: AbortSignal
  /** Whether 64-bit integers stay BigInt; otherwise they become numbers, and one that no number holds is an error. Default false. */
  readonly bigints?: boolean
  /**
   * What decompresses a page, by the codec's name, to a length in bytes; adds to snappy, and in Node to gzip, zstd and brotli. The
   * package hyparquet-compressors has all.
   */
  readonly decompress?: Compressors
}

/** Rows in a chunk. */
const CHUNK_ROWS = 4096

/**
 * The rows of a Parquet file as objects by the names of their columns: of a file, an http(s) address (of which only the columns
 * wanted are fetched, where the server can do that), or bytes. Timestamps are Dates, lists arrays, structs objects, and what is
 * missing is null or undefined.
 *
 * Positions count rows, not bytes, since a row has no place of its own in such a file; going on at a row skips the row groups
 * before it. In memory are the decoded columns of one row group, and of the next one while that is read.
 *
 * @throws RangeError for options out of range; the stream throws SourceError, in one line, where the source cannot be read, is no
 * Parquet file or is cut off, lacks a column, or needs a codec that is not there.
 */
export function parquet<Row = Record<string, unknown>>(
  source: string | URL | ArrayBuffer | Uint8Array,
  options: ParquetOptions = {}
): Stream<Row> {
  const { columns, from = 0, signal, bigints = false, decompress = {} } = options
  if (!Number.isSafeInteger(from) || from < 0) {
    throw new RangeError(`parquet: from must be a whole number of rows, at least 0; got ${from}`)
  }
  const name = typeof source === 'string' || source instanceof URL ? String(source) : 'the bytes'

  async function* rows(): AsyncGenerator<Chunk<Row>> {
    if (signal?.aborted) return
    const { file, close } = await open(source, signal)
    try {
      const { parquetMetadataAsync, parquetScan, parquetSchema } = await import('hyparquet')
      const metadata = await parquetMetadataAsync(file)
      const all = parquetSchema(metadata).children.map(child => child.element.name)
      const wanted = [...(columns ?? all)]
      checkColumns(name, wanted, all)
      const total = Number(metadata.num_rows)
      if (from > total) {
        throw new SourceError(
          `parquet: wanted to go on at row ${from} of ${name}, which has ${total}; it has changed, start from 0`
        )
      }
      const compressors = { ...(await decompressHere()), ...decompress }
      const scan = await parquetScan({ file, metadata, columns: wanted, compressors })
      for (const { rowStart, rowEnd } of scan.ranges) {
        if (rowEnd <= from) continue
        const read = wanted.map(
          async column => [column, await scan.readColumn({ column, rowStart, rowEnd })] as const
        )
        const group = await Promise.all(read)
        for (let start = Math.max(rowStart, from); start < rowEnd; start += CHUNK_ROWS) {
          if (signal?.aborted) return
          const end = Math.min(rowEnd, start + CHUNK_ROWS)
          const items = rowsOf(group, { start: start - rowStart, end: end - rowStart, bigints })
          yield chunkAt(items as Row[], { bytes: end, totalBytes: total, share: end / total })
        }
      }
    } catch (error) {
      if (!signal?.aborted) throw error instanceof SourceError ? error : unreadable(name, error)
    } finally {
      await close()
    }
  }
  const said = async function* () {
    try {
      yield* rows()
    } catch (error) {
      throw saidBy('parquet', error)
    }
  }
  return stream(said)
}

interface Opened {
  readonly file: AsyncBuffer
  close(): Promise<void>
}

async function open(
  source: string | URL | ArrayBuffer | Uint8Array,
  signal: AbortSignal | undefined
): Promise<Opened> {
  const close = async () => {}
  if (source instanceof ArrayBuffer) return { file: source, close }
  if (source instanceof Uint8Array) return { file: new Uint8Array(source).buffer, close }
  if (/^https?:/i.test(String(source))) return { file: await remote(String(source), signal), close }
  if (!inNode) {
    throw new SourceError(
      `parquet: wanted an http or https address or bytes, all a browser can read; got ${source}`
    )
  }
  return (await import('./file-parquet.ts')).openParquetFile(source)
}

/** A file at an address, read in ranges. */
async function remote(url: string, signal: AbortSignal | undefined): Promise<AsyncBuffer> {
  const refused = (error: unknown) => {
    const reason = networkReason(error)
    return new SourceError(
      `parquet: ${url} cannot be read (${reason}); check the address, the network and the server`,
      { cause: error }
    )
  }
  const { asyncBufferFromUrl } = await import('hyparquet')
  const requestInit = signal === undefined ? {} : { signal }
  const file = await asyncBufferFromUrl({ url, requestInit }).catch(error => {
    throw refused(error)
  })
  return {
    byteLength: file.byteLength,
    async slice(start, end) {
      try {
        return await file.slice(start, end)
      } catch (error) {
        throw refused(error)
      }
    }
  }
}

async function decompressHere(): Promise<Compressors> {
  return inNode ? (await import('./file-parquet.ts')).nodeDecompress : {}
}

function checkColumns(name: string, wanted: readonly string[], all: readonly string[]): void {
  const missing = wanted.find(column => !all.includes(column))
  if (missing !== undefined) {
    throw new SourceError(`parquet: ${name} has no column ${missing}; it has ${all.join(', ')}`)
  }
}

/** What hyparquet says against a file, in one line. */
function unreadable(name: string, cause: unknown): SourceError {
  const reason = reasonOf(cause)
  const codec = /unsupported compression codec: (\w+)/.exec(reason)?.[1]
  if (codec !== undefined) {
    return new SourceError(
      `parquet: ${name} is compressed with ${codec}, which nothing here decompresses; give decompress.${codec}, from hyparquet-compressors, say`,
      { cause }
    )
  }
  return new SourceError(
    `parquet: ${name} is no Parquet file, or damaged or cut off (${reason}); get the file again`,
    { cause }
  )
}
