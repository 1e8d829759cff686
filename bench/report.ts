import { table } from '../src/cli/table.ts'

/** One figure of a bench. */
export interface Row {
  readonly bench: string
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the value is compared with, and how much better ours is: ours over theirs where more is better. */
  readonly peer?: string
  readonly ratio?: number
  /** Whatever else tells one row from another, or a reader needs. */
  readonly [more: string]: string | number | undefined
}

export interface Report {
  readonly rows: readonly Row[]
  /** Adds a figure; with --json it is printed at once. */
  add(row: Row): void
  /** A line for people, on stderr: what is measured, what is missing. */
  say(text: string): void
  /** Prints the table, where that is wanted. */
  close(): void
}

/** Where a bench's figures go: with `json` one object a line on stdout, else a table at the end. */
export function openReport(json: boolean): Report {
  const rows: Row[] = []
  return {
    rows,
    add(row) {
      if (!Number.isFinite(row.value)) throw new Error(`${row.bench}: ${row.name} is ${row.value}`)
      rows.push(row)
      if (json) console.log(JSON.stringify(row))
    },
    say: text => console.error(text),
    close() {
      if (!json && rows.length > 0) console.log(rowTable(rows))
    }
  }
}

/** Rows as a table with a column for every field that one of them has, but for the bench's name. */
export function rowTable(rows: readonly Row[]): string {
  const { fields, cells, right } = rowCells(rows)
  return table([fields, ...cells], right)
}

/** The same as a Markdown table. */
export function markdownTable(rows: readonly Row[]): string {
  const { fields, cells, right } = rowCells(rows)
  const line = (values: readonly string[]) => `| ${values.join(' | ')} |`
  const rule = fields.map((_, i) => (right.includes(i) ? '---:' : '---'))
  return [fields, rule, ...cells].map(line).join('\n')
}

function rowCells(rows: readonly Row[]) {
  const fields = [...new Set(rows.flatMap(row => Object.keys(row)))].filter(field => field !== 'bench')
  const cells = rows.map(row => fields.map(field => cell(row[field])))
  const right = fields.keys().filter(i => rows.some(row => typeof row[fields[i] ?? ''] === 'number'))
  return { fields, cells, right: [...right] }
}

function cell(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? ''
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
