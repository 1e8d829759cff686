import type { MailDrift } from './demo-sentiment-drifts.ts'
import type { MailRecord } from './demo-sentiment-record.ts'

const ROWS = 10
const AXIS = 6
const MOST_COLUMNS = 110

/** What is drawn in a color of its own. */
export type ChartPart = 'with' | 'without' | 'training' | 'alarm'

/** Colors a text; where there are no colors, shapes tell the parts apart. */
export type Paint = (part: ChartPart, text: string) => string

/** In the upper half of a row, and in the lower one. */
const SHAPES = { with: ['▀', '▄'], without: ['˙', '.'] } as const

/**
 * The accuracy of both models as lines of text at most `width` wide, over the `total` mails of the stream; below it when mails were
 * learned, when alarms came, and when drifts began.
 */
export function chartOf(
  record: MailRecord,
  drifts: readonly MailDrift[],
  total: number,
  width: number,
  paint: Paint
): string {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, width - AXIS - 1))
  const columnOf = (mail: number) => Math.min(columns - 1, Math.floor(((mail - 1) / total) * columns))
  const blank = () => Array<string>(columns).fill(' ')
  const rows = Array.from({ length: ROWS }, blank)
  // Of the points in one column the last is drawn, and the model that adapts over the other.
  const latest = new Map(record.points.map(point => [columnOf(point.mails), point]))
  for (const [column, { adapting, still }] of latest) {
    for (const [part, value] of [
      ['without', still],
      ['with', adapting]
    ] as const) {
      const level = Math.round(value * (2 * ROWS - 1))
      rows[ROWS - 1 - Math.floor(level / 2)][column] = paint(part, SHAPES[part][1 - (level % 2)])
    }
  }
  const below = blank()
  for (const { from, to } of record.trainings) {
    for (let column = columnOf(from + 1); column <= columnOf(to); column++)
      below[column] = paint('training', '━')
  }
  for (const mail of record.alarms) below[columnOf(mail)] = paint('alarm', '▲')
  let begins = ''
  for (const { kind, at } of drifts) begins = `${begins.padEnd(columnOf(at + 1))}╎${kind}`
  return [
    ...rows.map((row, i) => `${axis(i)}┤${row.join('')}`),
    `${' '.repeat(AXIS)}└${'─'.repeat(columns)}`,
    `${' '.repeat(AXIS)} ${below.join('')}`,
    `${'drifts'.padEnd(AXIS)} ${begins}`,
    `${paint('with', '▄▀')} with adaptation  ${paint('without', '.˙')} without  ${paint('training', '━')} the first one learns  ${paint('alarm', '▲')} it finds a drift`
  ].join('\n')
}

/** What stands before a row: that of 100 %, of 50 % and of 0 %. */
function axis(row: number): string {
  const share = row === 0 ? '100 %' : row === ROWS - 1 ? '0 %' : row === ROWS / 2 ? '50 %' : ''
  return share.padStart(AXIS)
}
