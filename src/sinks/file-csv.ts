import { type Options, stringify } from 'csv-stringify/sync'
import { checkGrowingFileOptions, type GrowingFileOptions } from './file-growing.ts'
import { type LineFormat, type Written, writeItems } from './file-items.ts'
import { SinkError } from './sink-error.ts'

export interface CsvFileOptions extends GrowingFileOptions {
  /** Columns to write, in this order; what else an item has is left out. Default: what the first item has, and then no item may have more. */
  readonly columns?: readonly string[]
  /** What stands between fields. Default `,`. */
  readonly delimiter?: string
}

/**
 * Writes objects to a file as comma-separated values (RFC 4180, lines ending with LF): a header row with the columns, then a
 * row for each. What is missing or null is an empty field, a Date is written as ISO 8601, a list or an object as JSON.
 *
 * The file grows, is rotated and gone on with as that of `ndjsonFile`; each file has its header, and one whose header is
 * another is not gone on with. Where no `columns` are given, a stream without items leaves no file.
 *
 * @throws RangeError for options out of range; the sink rejects with SinkError, in one line, where the file cannot be written or
 * an item does not fit the columns.
 */
export function csvFile<Item extends object = Record<string, unknown>>(
  path: string,
  options: CsvFileOptions = {}
): (items: AsyncIterable<Item>) => Promise<Written> {
  const { columns, delimiter = ',' } = options
  checkGrowingFileOptions('csvFile', options)
  if (columns !== undefined && columns.length === 0) {
    throw new RangeError('csvFile: columns must be one at least; got none')
  }
  return items => writeItems(items, path, 'csvFile', new CsvFormat<Item>(columns, delimiter), options)
}

/** Objects as rows; the columns are those given, or the first item's. */
class CsvFormat<Item extends object> implements LineFormat<Item> {
  #columns: readonly string[] | undefined
  /** The columns, where an item may have no other. */
  #only: ReadonlySet<string> | undefined
  readonly #options: Options

  constructor(columns: readonly string[] | undefined, delimiter: string) {
    this.#columns = columns
    this.#options = {
      delimiter,
      quote_record_delimiter: true,
      cast: { boolean: String, date: date => date.toISOString() }
    }
  }

  header(first: Item | undefined): string | undefined {
    if (this.#columns === undefined) {
      if (first === undefined) return undefined
      checkObject(first, 0)
      this.#columns = Object.keys(first)
      this.#only = new Set(this.#columns)
      if (this.#columns.length === 0) throw new SinkError('csvFile: item 0: wanted columns; it has none')
    }
    return this.#row(this.#columns)
  }

  line(item: Item, index: number): string {
    checkObject(item, index)
    const only = this.#only
    const other = only === undefined ? undefined : Object.keys(item).find(name => !only.has(name))
    if (other !== undefined) {
      throw new SinkError(
        `csvFile: item ${index}: ${JSON.stringify(other)} is no column of the first item; say with columns what to write`
      )
    }
    const fields = item as Readonly<Record<string, unknown>>
    const values = (this.#columns ?? []).map(name => fields[name])
    try {
      return this.#row(values)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/\s+/g, ' ') : String(cause)
      throw new SinkError(`csvFile: item ${index}: ${reason}; map it to text and numbers`, { cause })
    }
  }

  #row(values: readonly unknown[]): string {
    // A blank line would be no row.
    const quoted_empty = values.length === 1
    return stringify([values], { ...this.#options, quoted_empty })
  }
}

function checkObject(item: unknown, index: number): void {
  if (typeof item === 'object' && item !== null && !Array.isArray(item)) return
  const got = item === null ? 'null' : Array.isArray(item) ? 'an array' : typeof item
  throw new SinkError(`csvFile: item ${index}: wanted an object; got ${got}, map it to one`)
}
