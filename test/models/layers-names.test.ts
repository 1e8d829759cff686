import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { NumberedRows } from '../../src/models/layers-names.ts'

test('rows go by their numbers, and there are no others', () => {
  const names = new NumberedRows(4)
  deepStrictEqual([...names.keys(1, 3)], [1, 0, 2, 0])
  deepStrictEqual([names.find(3, 0), names.find(4, 0), names.find(1, 1)], [3, -1, -1])
  deepStrictEqual(names.text(), '')
  throws(() => names.admit('word'), /layers: a network has 4 rows and gets no others; got "word"$/)
})
