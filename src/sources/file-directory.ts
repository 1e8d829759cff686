import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteSource } from './bytes.ts'
import { statOf, unreadable } from './file.ts'
import { fileList, type StoredFile } from './file-list.ts'
import { SourceError } from './source-error.ts'

/**
 * All files of a directory and of those in it, in the order of their paths; names that begin with a dot are left out.
 *
 * @throws SourceError where there is none.
 */
export async function directory(path: string, from: number): Promise<ByteSource> {
  const files: StoredFile[] = []
  for (const name of (await namesIn(path)).sort()) {
    if (name.split(/[/\\]/).some(part => part.startsWith('.'))) continue
    const file = join(path, name)
    const found = await statOf(file)
    if (found.isFile()) files.push({ path: file, size: found.size })
  }
  if (files.length === 0) {
    throw new SourceError(
      `lines: no files in the directory ${path}; put text files there, or give another one`
    )
  }
  return fileList(path, files, from)
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path, { recursive: true })
  } catch (error) {
    throw unreadable(path, error)
  }
}
