import { checkGrowingFileOptions, type GrowingFileOptions } from './file-growing.ts'
import { type Written, writeItems } from './file-items.ts'
import { textLine } from './text-line.ts'

/**
 * Writes strings to a file, one a line; one that holds line ends becomes several lines. All else is as with `ndjsonFile`.
 *
 * @throws RangeError for options out of range; the sink rejects with SinkError where the file cannot be written or an item is
 * no string.
 */
export function linesFile(
  path: string,
  options: GrowingFileOptions = {}
): (items: AsyncIterable<string>) => Promise<Written> {
  checkGrowingFileOptions('linesFile', options)
  const format = {
    header: () => '',
    line: (item: string, index: number) => textLine('linesFile', item, index)
  }
  return items => writeItems(items, path, 'linesFile', format, options)
}
