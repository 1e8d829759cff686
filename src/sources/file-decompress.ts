import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BLOCK_BYTES } from './bytes.ts'
import { type Compression, damaged } from './compression.ts'

/**
 * Decompresses a stream with node:zlib, off the event loop; blocks of `blocks` must stay as they are once handed out.
 *
 * @throws SourceError where the bytes are damaged or end early.
 */
export async function* decompressWithZlib(
  blocks: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string
): AsyncGenerator<Uint8Array> {
  const create = compression === 'gzip' ? createGunzip : createZstdDecompress
  const plain = create({ chunkSize: BLOCK_BYTES })
  // Errors of either end reach the reader through `plain`, which the pipeline destroys.
  pipeline(Readable.from(blocks, { highWaterMark: 1 }), plain, () => {})
  try {
    for await (const block of plain) yield block
  } catch (error) {
    if (isZlibError(error)) throw damaged(name, compression, error)
    throw error
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_)/.test(String(error.code))
}
