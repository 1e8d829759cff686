import { createReadStream, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { BLOCK_BYTES, type ByteSource } from './bytes.ts'
import { compressionByName } from './compression.ts'
import { SourceError } from './source-error.ts'

export interface OpenOptions {
  /** Uncompressed bytes to leave out. */
  readonly from: number
  /** Where the reader goes on, if that is further: a followed file that is shorter is another one. Default 0. */
  readonly resume?: number
  readonly follow: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Opens what a path names: a file, plain or compressed, a directory, or a named pipe.
 *
 * @throws SourceError where it cannot be read.
 */
export async function openPath(source: string | URL, options: OpenOptions): Promise<ByteSource> {
  const path = source instanceof URL || source.startsWith('file:') ? fileURLToPath(source) : source
  const found = await statOf(path)
  if (options.follow) {
    if (!found.isFile() || compressionByName(path) !== undefined) {
      throw new SourceError(`lines: wanted a plain file to follow; ${path} is ${kindOf(found)}`)
    }
    return (await import('./file-follow.ts')).followedFile(path, options)
  }
  if (found.isDirectory()) return (await import('./file-directory.ts')).directory(path, options.from)
  if (found.isFile()) {
    const { fileList } = await import('./file-list.ts')
    return fileList(path, [{ path, size: found.size }], options.from)
  }
  const { pipe } = await import('./file-stdin.ts')
  return pipe(createReadStream(path, { highWaterMark: BLOCK_BYTES }), path, options)
}

/** What a path names. */
export async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** The file's bytes from `start` on. */
export async function* readBlocks(
  handle: FileHandle,
  path: string,
  start: number
): AsyncGenerator<Uint8Array> {
  let at = start
  for (;;) {
    // A new block each time: a decompressor still reads the last one while the next is filled.
    const block = new Uint8Array(BLOCK_BYTES)
    const bytesRead = await readAt(handle, path, block, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield block.subarray(0, bytesRead)
  }
}

/** Reads at most a block; 0 at the end. */
export async function readAt(
  handle: FileHandle,
  path: string,
  block: Uint8Array,
  at: number
): Promise<number> {
  try {
    return (await handle.read(block, 0, block.length, at)).bytesRead
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** What the system says against reading a path, in one line. */
export function unreadable(path: string, cause: unknown): SourceError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SourceError(
      `lines: no file ${path}; give a file, a directory, a URL, or - for standard input`,
      { cause }
    )
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SourceError(
      `lines: no permission to read ${path}; change its permissions or give another file`,
      { cause }
    )
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SourceError(`lines: ${path} cannot be read (${reason}); check the disk, or give another file`, {
    cause
  })
}

function kindOf(found: Stats): string {
  return found.isDirectory() ? 'a directory' : found.isFile() ? 'compressed' : 'no file'
}
