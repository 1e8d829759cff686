import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { createGunzip, createZstdDecompress, gzip, zstdCompress } from 'node:zlib'
import { SinkError } from './sink-error.ts'

export type FileCompression = 'gzip' | 'zstd' | 'none'

export interface AppendOptions {
  /** Who writes, for messages. */
  readonly sink: string
  /** Whether the file may be there already. */
  readonly append: boolean
  readonly compress: FileCompression
  /** What the file begins with; empty for nothing. */
  readonly header: string
}

const COMPRESSORS = { gzip: promisify(gzip), zstd: promisify(zstdCompress) }
const LINE_FEED = 10

/** A file of text that grows by whole blocks; each is a member of its own where the file is compressed. */
export class AppendedFile {
  readonly #path: string
  readonly #options: AppendOptions
  readonly #handle: FileHandle
  #stored = 0

  private constructor(path: string, options: AppendOptions, handle: FileHandle) {
    this.#path = path
    this.#options = options
    this.#handle = handle
  }

  /**
   * Opens a file, and its folder if need be. Where one is gone on with whose last line was broken off, that gets an end.
   *
   * @throws SinkError where it is there already and may not be, where it begins otherwise, or where it cannot be written.
   */
  static async open(path: string, options: AppendOptions): Promise<AppendedFile> {
    const { sink, append, header, compress } = options
    await mkdir(dirname(path), { recursive: true }).catch(error => {
      throw unwritten(sink, path, error)
    })
    const handle = await open(path, append ? 'a+' : 'ax').catch(error => {
      throw codeOf(error) === 'EEXIST' ? alreadyThere(sink, path) : unwritten(sink, path, error)
    })
    const file = new AppendedFile(path, options, handle)
    try {
      file.#stored = (await handle.stat()).size
      if (file.#stored === 0) {
        if (header !== '') await file.write(header)
        return file
      }
      if (header !== '') await file.#checkHeader()
      if (compress === 'none') await file.#endLastLine()
      return file
    } catch (error) {
      await handle.close()
      throw error instanceof SinkError ? error : unwritten(sink, path, error)
    }
  }

  /** Bytes on the disk. */
  get stored(): number {
    return this.#stored
  }

  /**
   * Adds text, whole or not at all, if the disk allows that.
   *
   * @throws SinkError where it cannot be written.
   */
  async write(text: string): Promise<void> {
    const { sink, compress } = this.#options
    const plain = Buffer.from(text)
    try {
      const bytes = compress === 'none' ? plain : await COMPRESSORS[compress](plain)
      for (let written = 0; written < bytes.length; ) {
        written += (await this.#handle.write(bytes, written)).bytesWritten
      }
      this.#stored += bytes.length
    } catch (error) {
      // Half a line, or half a member, would spoil what a later run adds.
      await this.#handle.truncate(this.#stored).catch(() => {})
      throw unwritten(sink, this.#path, error)
    }
  }

  /** Closes the file; what was written is then on the disk, power cuts included. */
  async close(): Promise<void> {
    try {
      await this.#handle.sync()
    } catch (error) {
      // Pipes and devices have nothing to be flushed to.
      if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') {
        throw unwritten(this.#options.sink, this.#path, error)
      }
    } finally {
      await this.#handle.close()
    }
  }

  async #checkHeader(): Promise<void> {
    const { sink, header, compress } = this.#options
    const found = await firstText(this.#path, Buffer.byteLength(header), compress)
    if (found === header) return
    const [got, wanted] = [found, header].map(text => JSON.stringify(text.trimEnd()))
    throw new SinkError(
      `${sink}: ${this.#path} begins with ${got}, and the items with ${wanted}; give another name`
    )
  }

  async #endLastLine(): Promise<void> {
    const last = new Uint8Array(1)
    await this.#handle.read(last, 0, 1, this.#stored - 1)
    if (last[0] !== LINE_FEED) await this.write('\n')
  }
}

export function alreadyThere(sink: string, path: string): SinkError {
  return new SinkError(`${sink}: ${path} exists already; give another name, or go on in it with append: true`)
}

async function firstText(path: string, bytes: number, compress: FileCompression): Promise<string> {
  const raw = createReadStream(path)
  const plain =
    compress === 'none' ? raw : raw.pipe(compress === 'gzip' ? createGunzip() : createZstdDecompress())
  let head = Buffer.alloc(0)
  try {
    for await (const block of plain) {
      head = Buffer.concat([head, block])
      if (head.length >= bytes) break
    }
  } finally {
    raw.destroy()
  }
  return head.subarray(0, bytes).toString()
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function unwritten(sink: string, path: string, cause: unknown): SinkError {
  const message = cause instanceof Error ? cause.message : String(cause)
  const reason = codeOf(cause) === 'ENOSPC' ? 'no space left on the disk' : message
  return new SinkError(`${sink}: ${path}: not written, ${reason}; what was there before is kept`, { cause })
}
