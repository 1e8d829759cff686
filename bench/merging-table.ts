import type { Row } from './report.ts'

// What tells cells apart, and their order.
const ORDER = ['peers', 'interval_words', 'rule', 'rate', 'growth', 'words'] as const
const HEADINGS =
  '| peers | interval, words | rule | rate | held-out loss | over one | WS-353 | below one | SimLex-999 | bytes a word |'

/** The rows of the merging bench as a Markdown table, each cell once, with the digits that its bars need. */
export function mergingTable(rows: readonly Row[]): string {
  const cell = (row: Row) => JSON.stringify(ORDER.map(field => row[field]))
  const last = new Map(rows.map(row => [cell(row), row]))
  const sorted = [...last.values()].sort((a, b) => {
    const field = ORDER.find(name => a[name] !== b[name])
    return field === undefined ? 0 : before(a[field], b[field])
  })
  const lines = sorted.map(row => {
    const number = (name: string) => Number(row[name])
    const cells = [
      String(row.peers),
      number('peers') === 1 ? '' : number('interval_words').toLocaleString('en-US'),
      `${row.rule}${number('growth') > 0 ? `, growth ${row.growth}` : ''}`,
      String(row.rate),
      number('heldout_loss').toFixed(3),
      row.value.toFixed(3),
      number('ws353').toFixed(3),
      (number('ws353_one') - number('ws353')).toFixed(3),
      number('simlex999').toFixed(3),
      number('peers') === 1 ? '' : number('bytes_per_word').toFixed(1)
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [HEADINGS, '|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|', ...lines].join('\n')
}

function before(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : 1
}
