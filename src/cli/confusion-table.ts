import type { ConfusionMatrix } from '../dataflow/confusion-matrix.ts'
import { count, table } from './table.ts'

/** Most classes whose pairs fit on a screen. */
const MOST_COLUMNS = 12

/**
 * A confusion matrix as text: a row for each class that was true, its items by the numbers of the classes predicted (up to 12 classes),
 * its recall and its precision; then the pairs confused most often.
 */
export function confusionTable(matrix: ConfusionMatrix): string {
  const { classes } = matrix
  const columns = classes.length <= MOST_COLUMNS ? classes.map((_, one) => one) : []
  const rows = [
    ['truth', ...columns.map(String), 'items', 'recall', 'precision'],
    ...classes.map((name, truth) => [
      `${truth} ${name}`,
      ...columns.map(predicted => cell(matrix.count(truth, predicted))),
      count(matrix.ofTruth(truth)),
      percent(matrix.recall(truth)),
      percent(matrix.precision(truth))
    ])
  ]
  const right = rows[0].map((_, column) => column).slice(1)
  const pairs = matrix
    .topConfusions()
    .map(
      ({ truth, predicted, count: times, share }) =>
        `${truth} taken for ${predicted}: ${count(times)} (${percent(share)})`
    )
  return [table(rows, right), ...(pairs.length > 0 ? ['', ...pairs] : [])].join('\n')
}

/** What never happened is not to catch the eye. */
function cell(items: number): string {
  return items === 0 ? '·' : count(items)
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`
}
