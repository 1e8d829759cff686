import { chunkAt, stream } from '../stream.ts'
import type { Chunk, Stream } from '../types.ts'
import { type BadRecordOptions, BadRecords, type Fallible, fallible } from './bad-records.ts'
import { fieldParser } from './csv-fields.ts'
import { CsvItems } from './csv-items.ts'
import { openBytes } from './open-bytes.ts'
import { saidBy } from './source-error.ts'
import { splitRecords } from './split-records.ts'

/** A row by the names of its columns: text, or numbers too where they are cast. */
export type CsvRow<Cast extends boolean = false> = Record<
  string,
  Cast extends true ? string | number : string
>

export interface CsvOptions<Cast extends boolean = false, Item = CsvRow<Cast>> extends BadRecordOptions {
  /** Names of the columns, for files without a header row. Default: each file's first row names them. */
  readonly columns?: readonly string[]
  /** What stands between fields, one ASCII character. Default `,`. */
  readonly delimiter?: string
  /** What stands around a field that holds delimiters, line ends or itself, doubled: one ASCII character, or false. Default `"`. */
  readonly quote?: string | false
  /** Whether a field that is a number as JSON writes it, and that a number can hold, becomes one: `1.5`, not `007`. Default false. */
  readonly cast?: Cast
  /** Makes the item of a row, or throws: a schema's `parse`, say. Default: the row. */
  readonly as?: (row: CsvRow<Cast>) => Item
  /** Uncompressed bytes to leave out: the `position.bytes` of the last chunk of an earlier run. Default 0. */
  readonly from?: number
  /** Whether to wait at the end of a plain file for more of it, and to go on when another takes its name. Default false. */
  readonly follow?: boolean
  /** Ends the stream before the next chunk; nothing is thrown. */
  readonly signal?: AbortSignal
  /** Longest row in bytes. Default 1 MiB. */
  readonly maxRowBytes?: number
}

/**
 * The rows of comma-separated values (RFC 4180), by the names of their columns: a file, a directory (each of whose files has a
 * header of its own), `-` for standard input, or an http(s) address, plain or compressed, as `lines` reads them. Rows end
 * with LF or CRLF outside of quotes; blank lines are left out, and so is a byte-order mark.
 *
 * A row with other than as many fields as columns, with quotes that do not pair, longer than `maxRowBytes`, or refused by
 * `as` goes by `onError`; `failed` counts those left out. A quote that is never closed costs its line, not what follows.
 *
 * A chunk is the rows that end in 64 KiB, and its position is exact, right after its last row. Going on at a byte seeks in a
 * plain file where `columns` are given; otherwise what comes before is read for the header, but not parsed. Of a followed file a row is
 * handed out once its end is written; another that takes its name has a header of its own.
 *
 * @throws RangeError or TypeError for options out of range; the stream throws SourceError, naming the row, the header being
 * row 1, or saying why the source cannot be read.
 */
export function csv<Cast extends boolean = false, Item = CsvRow<Cast>>(
  source: string | URL,
  options: CsvOptions<Cast, Item> = {}
): Stream<Item> & Fallible {
  const { columns, delimiter = ',', quote = '"', cast = false, from = 0, follow = false, signal } = options
  const { maxRowBytes = 1024 * 1024 } = options
  checkMark('delimiter', delimiter)
  if (quote !== false) checkMark('quote', quote)
  if (quote === delimiter) throw new RangeError(`csv: quote and delimiter must differ; got ${quote} for both`)
  checkWhole('from', from, 0)
  checkWhole('maxRowBytes', maxRowBytes, 16)
  const bad = new BadRecords('csv', options.onError)
  const form = {
    delimiter: delimiter.charCodeAt(0),
    quote: quote === false ? -1 : quote.charCodeAt(0),
    maxRecordBytes: maxRowBytes
  }
  // Without `as` the item is the row.
  const as = (options.as ?? (row => row)) as (row: Record<string, string | number>) => Item
  const table = { columns, cast: cast === true, as, source: String(source), from, stops: bad.stops }

  async function* rows(): AsyncGenerator<Chunk<Item>> {
    if (signal?.aborted) return
    const header = columns === undefined
    const items = new CsvItems({ ...table, parse: await fieldParser({ delimiter, quote }) })
    const bytes = await openBytes(source, { from: header ? 0 : from, resume: from, follow, signal })
    for await (const block of splitRecords(bytes, { name: table.source, form, header, from, signal })) {
      const { items: good, wrong } = items.take(block)
      if (bad.stops && wrong.length > 0 && good.length > 0) yield good
      await bad.settle(wrong)
      if (!block.header) yield chunkAt(good, block.position)
    }
  }
  const said = async function* () {
    try {
      yield* rows()
    } catch (error) {
      throw saidBy('csv', error)
    }
  }
  return fallible(stream(said), () => bad.count)
}

function checkMark(name: string, mark: string): void {
  if (mark.length !== 1 || mark >= '\x80' || mark === '\n' || mark === '\r') {
    throw new RangeError(`csv: ${name} must be one ASCII character, no line end; got ${JSON.stringify(mark)}`)
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`csv: ${name} must be a whole number of bytes, at least ${least}; got ${value}`)
  }
}
