import type { Row } from './report.ts'

const HEADINGS =
  '| peers | interval, words | rule | rate | held-out loss | over one | WS-353 | below one | SimLex-999 | rows a pack |'

/** The rows of the merging bench as a Markdown table, with the digits that its bars need. */
export function mergingTable(rows: readonly Row[]): string {
  const lines = rows.map(row => {
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
      number('pack_rows').toLocaleString('en-US')
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [HEADINGS, '|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|', ...lines].join('\n')
}
