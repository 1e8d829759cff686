import type { Store } from '../types.ts'

/** Where the files of a saved model are: a store, or a function that gives a file whole and rejects where there is none. */
export type SavedSource = Pick<Store, 'place' | 'size' | 'read'> | ((name: string) => Promise<Uint8Array>)

/** A saved model that cannot be read; the message is one line that begins with the file. */
export class SavedModelError extends Error {
  override readonly name = 'SavedModelError'
}

/**
 * The whole file.
 * @throws SavedModelError where there is none.
 */
export async function readFile(source: SavedSource, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === 'function') return Uint8Array.from(await source(name))
  const size = await source.size(name)
  if (size === undefined) throw new SavedModelError(`there is no file ${name}`)
  return source.read(name, 0, size)
}

/**
 * What `read` gives for the file.
 * @throws SavedModelError, one line that begins with the file, whatever `read` throws.
 */
export async function readingModel<Result>(
  source: SavedSource,
  name: string,
  read: (bytes: Uint8Array<ArrayBuffer>) => Promise<Result>
): Promise<Result> {
  try {
    return await read(await readFile(source, name))
  } catch (cause) {
    const place = typeof source === 'function' ? name : `${source.place}/${name}`
    throw new SavedModelError(`${place}: ${firstLine(cause)}`, { cause })
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
