import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Store } from '../types.ts'

const TEMPORARY = '.tmp'

/**
 * A folder as a store; it is made at the first write. A file is written beside its place, flushed, and renamed into it,
 * so at any moment, power cuts included, there is the old file or the new one.
 *
 * `write` rejects with one line that names the file (no space left, no permission, …); the old file is then untouched.
 */
export function fileStore(folder: string): Store {
  const pathOf = (name: string) => {
    if (name !== basename(name) || name === '' || name.startsWith('.')) {
      throw new RangeError(`store: a plain file name wanted; got ${JSON.stringify(name)}`)
    }
    return join(folder, name)
  }
  return {
    place: folder,

    async write(name, parts) {
      const path = pathOf(name)
      const temporary = path + TEMPORARY
      try {
        await mkdir(folder, { recursive: true })
        await writeFlushed(temporary, parts)
        await rename(temporary, path)
        await flushFolder(folder)
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {})
        throw isSystemError(error) ? writeError(path, error) : error
      }
    },

    async size(name) {
      try {
        return (await stat(pathOf(name))).size
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },

    async read(name, offset, length) {
      const file = await open(pathOf(name))
      try {
        const bytes = new Uint8Array(length)
        let filled = 0
        while (filled < length) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
          if (bytesRead === 0) return bytes.subarray(0, filled)
          filled += bytesRead
        }
        return bytes
      } finally {
        await file.close()
      }
    },

    async list() {
      try {
        return (await readdir(folder)).filter(name => !name.endsWith(TEMPORARY))
      } catch (error) {
        if (isMissing(error)) return []
        throw error
      }
    },

    async remove(name) {
      await rm(pathOf(name), { force: true })
    }
  }
}

async function writeFlushed(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
): Promise<void> {
  const file = await open(path, 'w')
  try {
    for await (const part of parts) {
      let written = 0
      while (written < part.length) written += (await file.write(part, written)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file, and needs no flush of it.
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function writeError(path: string, cause: NodeJS.ErrnoException): Error {
  const reason = cause.code === 'ENOSPC' ? 'no space left on the disk' : cause.message
  return new Error(`${path}: not written, ${reason}; what was there before is untouched`, { cause })
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT'
}
