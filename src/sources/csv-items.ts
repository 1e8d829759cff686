import type { BadRecord } from './bad-records.ts'
import { CsvFault, type FieldParser, type Fields, recordText } from './csv-fields.ts'
import { reasonOf, SourceError } from './source-error.ts'
import type { RecordBlock } from './split-records.ts'

export interface CsvItemsOptions<Item> {
  readonly parse: FieldParser
  /** Names of the columns, where no header gives them. */
  readonly columns: readonly string[] | undefined
  readonly cast: boolean
  readonly as: (row: Record<string, string | number>) => Item
  /** What reads, for messages: a file's name and where reading began. */
  readonly source: string
  readonly from: number
  /** Whether what follows a bad row is not wanted. */
  readonly stops: boolean
}

/** A number as JSON writes it; text with a leading zero is a code. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** Makes items of records, by the names of their columns; knows which row it is at. */
export class CsvItems<Item> {
  readonly #options: CsvItemsOptions<Item>
  #columns: readonly string[]
  #text: string | undefined
  #rows = 0

  /** @throws SourceError for names that cannot be columns. */
  constructor(options: CsvItemsOptions<Item>) {
    this.#options = options
    this.#columns = options.columns ?? []
    checkColumns(this.#columns, 'csv: columns')
  }

  /**
   * The items of a block of records; a header gives none, and names the columns of those that follow.
   *
   * @throws SourceError where a header cannot be one.
   */
  take(block: RecordBlock): { readonly items: Item[]; readonly wrong: BadRecord[] } {
    const { parse, stops } = this.#options
    const items: Item[] = []
    const wrong: BadRecord[] = []
    if (block.text !== this.#text) this.#rows = 0
    this.#text = block.text
    const rows = parse(block.records)
    if (block.header) {
      this.#readHeader(rows[0] ?? [])
      return { items, wrong }
    }
    for (let i = 0; i < rows.length; i++) {
      this.#rows++
      const fields = rows[i] as Fields
      try {
        if (fields instanceof CsvFault) throw new Error(fields.reason)
        if (fields.length > 0) items.push(this.#itemOf(fields))
      } catch (cause) {
        const message = `csv: ${this.#place()}: ${reasonOf(cause)}; repair the row, or leave such rows out with onError`
        wrong.push({ text: recordText(block.records, i), error: new SourceError(message, { cause }) })
        if (stops) break
      }
    }
    return { items, wrong }
  }

  #itemOf(fields: readonly string[]): Item {
    const { cast, as } = this.#options
    const columns = this.#columns
    if (fields.length !== columns.length) {
      throw new Error(`it has ${fields.length} fields, wanted ${columns.length} (${columns.join(', ')})`)
    }
    const row: Record<string, string | number> = {}
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as string
      row[columns[i] as string] = cast ? numberOf(field) : field
    }
    return as(row)
  }

  #readHeader(fields: Fields): void {
    this.#rows = 1
    if (fields instanceof CsvFault) {
      throw new SourceError(`csv: ${this.#place()} should name the columns: ${fields.reason}; repair it`)
    }
    checkColumns(fields, `csv: ${this.#place()}`)
    if (fields.length === 0)
      throw new SourceError(`csv: ${this.#place()} should name the columns, and is blank`)
    this.#columns = fields
  }

  #place(): string {
    const { source, from } = this.#options
    return `row ${this.#rows} of ${this.#text ?? source}${from > 0 ? ` after byte ${from}` : ''}`
  }
}

function numberOf(field: string): string | number {
  if (!NUMBER.test(field)) return field
  const value = Number(field)
  const exact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value)
  return exact ? value : field
}

function checkColumns(columns: readonly string[], who: string): void {
  const names = new Set<string>()
  for (const name of columns) {
    if (name === '' || name === '__proto__' || names.has(name)) {
      throw new SourceError(
        `${who}: wanted a name of its own for each column; got ${JSON.stringify(columns)}`
      )
    }
    names.add(name)
  }
}
