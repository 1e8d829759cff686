import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { confusionTable } from '../../src/cli/confusion-table.ts'
import { ConfusionMatrix } from '../../src/dataflow/confusion-matrix.ts'

test('a matrix is printed with recall and precision, and the pairs confused most often', () => {
  const matrix = new ConfusionMatrix(['cat', 'dog', 'newt'])
  for (let i = 0; i < 1500; i++) matrix.add(0, i < 1200 ? 0 : 1)
  for (let i = 0; i < 8; i++) matrix.add(1, i < 7 ? 1 : 0)
  deepStrictEqual(confusionTable(matrix).split('\n'), [
    'truth       0    1  2  items  recall  precision',
    '──────  ─────  ───  ─  ─────  ──────  ─────────',
    '0 cat   1,200  300  ·  1,500  80.0 %     99.9 %',
    '1 dog       1    7  ·      8  87.5 %      2.3 %',
    '2 newt      ·    ·  ·      0       –          –',
    '',
    'cat taken for dog: 300 (20.0 %)',
    'dog taken for cat: 1 (12.5 %)'
  ])
})

test('of many classes only recall and precision are printed, and nothing of confusions where there are none', () => {
  const matrix = new ConfusionMatrix(Array.from({ length: 13 }, (_, i) => `class ${i}`))
  for (let one = 0; one < 13; one++) matrix.add(one, one)
  const lines = confusionTable(matrix).split('\n')
  strictEqual(lines[0], 'truth        items   recall  precision')
  strictEqual(lines.length, 15)
  ok(lines[14].startsWith('12 class 12      1  100.0 %'), lines[14])
})
