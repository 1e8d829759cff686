import { checkGrowingFileOptions, type GrowingFileOptions } from './file-growing.ts'
import { type Written, writeItems } from './file-items.ts'
import { ndjsonLine } from './ndjson-line.ts'

/**
 * Writes items to a file as newline-delimited JSON, one a line; compressed where the name ends with `.gz` or `.zst`.
 *
 * The file is there while it grows: a line is in it a second after its item came at the latest. With `rotateBytes` or
 * `rotateSeconds` a file of enough bytes or age is flushed to the disk and renamed, `log.ndjson` to `log-000001.ndjson` and so
 * on, and a new one begun. A file that is there already is refused, or gone on with (`append`).
 *
 * When the stream ends or fails, what came before is written and flushed to the disk. Of a process that is killed the last second
 * may be missing, and the last line be broken off. A disk that is full shows when the next item comes.
 *
 * @throws RangeError for options out of range; the sink rejects with SinkError, in one line, where the file cannot be written or
 * an item is nothing that JSON can hold.
 */
export function ndjsonFile<Item = unknown>(
  path: string,
  options: GrowingFileOptions = {}
): (items: AsyncIterable<Item>) => Promise<Written> {
  checkGrowingFileOptions('ndjsonFile', options)
  const format = {
    header: () => '',
    line: (item: Item, index: number) => ndjsonLine('ndjsonFile', item, index)
  }
  return items => writeItems(items, path, 'ndjsonFile', format, options)
}
