import { chunksOf } from '../stream.ts'
import type { Position } from '../types.ts'
import { GrowingFile, type GrowingFileOptions } from './file-growing.ts'
import { SinkError } from './sink-error.ts'

/** What was written when the stream is over. */
export interface Written {
  readonly items: number
}

/** How items become lines. */
export interface LineFormat<Item> {
  /** What each file begins with, empty for nothing; undefined where only an item can tell, and there is none. */
  header(first: Item | undefined): string | undefined
  /** An item as text that ends a line. */
  line(item: Item, index: number): string
}

/**
 * Writes a stream to a growing file, which is opened before the first item is asked for, where its header is known by then.
 *
 * However the stream ends, what came before is written and the file closed; then its error goes on.
 */
export async function writeItems<Item>(
  items: AsyncIterable<Item>,
  path: string,
  sink: string,
  format: LineFormat<Item>,
  options: GrowingFileOptions
): Promise<Written> {
  const { commit } = options
  const named = { ...options, ...(commit && { commit: namedCommit(sink, commit) }) }
  const open = async (first?: Item) => {
    const header = format.header(first)
    return header === undefined ? undefined : GrowingFile.open(sink, path, header, named)
  }
  let file = await open()
  let count = 0
  try {
    for await (const chunk of chunksOf(items)) {
      for (const item of chunk) {
        file ??= await open(item)
        const full = file?.add(format.line(item, count))
        count++
        if (full !== undefined) await full
      }
      if (chunk.position !== undefined) file?.reached(chunk.position)
    }
  } finally {
    await file?.close()
  }
  return { items: count }
}

function namedCommit(sink: string, commit: (position: Position) => unknown) {
  return async (position: Position) => {
    try {
      await commit(position)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new SinkError(`${sink}: commit: ${reason}`, { cause })
    }
  }
}
