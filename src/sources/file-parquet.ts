import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { AsyncBuffer, Compressors } from 'hyparquet'
import { openFile, readAt, statOf } from './file.ts'
import { SourceError } from './source-error.ts'

/**
 * A file that is read where it is wanted.
 *
 * @throws SourceError where it cannot be.
 */
export async function openParquetFile(
  source: string | URL
): Promise<{ readonly file: AsyncBuffer; close(): Promise<void> }> {
  const path = source instanceof URL || source.startsWith('file:') ? fileURLToPath(source) : source
  const found = await statOf(path)
  if (!found.isFile()) {
    throw new SourceError(`parquet: wanted a file, since Parquet is read from its end; ${path} is none`)
  }
  const handle = await openFile(path)
  const file: AsyncBuffer = {
    byteLength: found.size,
    async slice(start, end = found.size) {
      const bytes = new Uint8Array(end - start)
      for (let filled = 0; filled < bytes.length; ) {
        const read = await readAt(handle, path, bytes.subarray(filled), start + filled)
        if (read === 0) throw new SourceError(`parquet: ${path} has become shorter; get the file again`)
        filled += read
      }
      return bytes.buffer
    }
  }
  return { file, close: () => handle.close() }
}

/** What Node decompresses, to no more than the page's own length. */
export const nodeDecompress: Compressors = {
  GZIP: (bytes, length) => gunzipSync(bytes, limit(length)),
  BROTLI: (bytes, length) => brotliDecompressSync(bytes, limit(length)),
  ZSTD: (bytes, length) => zstdDecompressSync(bytes, limit(length))
}

function limit(length: number) {
  return { maxOutputLength: Math.max(1, length) }
}
