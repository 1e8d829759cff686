import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfusionMatrix } from '../../src/dataflow/confusion-matrix.ts'

const CLASSES = ['cat', 'dog', 'frog']
const pairs = fc.array(fc.tuple(fc.nat(2), fc.nat(2)))

test('every figure is what counting the pairs by hand gives', () => {
  fc.assert(
    fc.property(pairs, items => {
      const matrix = new ConfusionMatrix(CLASSES)
      for (const [truth, predicted] of items) matrix.add(truth, predicted)
      strictEqual(matrix.total, items.length)
      strictEqual(
        matrix.accuracy,
        items.filter(([truth, predicted]) => truth === predicted).length / items.length
      )
      for (const one of [0, 1, 2]) {
        const right = items.filter(([truth, predicted]) => truth === one && predicted === one).length
        strictEqual(matrix.recall(one), right / items.filter(([truth]) => truth === one).length)
        strictEqual(matrix.precision(one), right / items.filter(([, predicted]) => predicted === one).length)
        for (const other of [0, 1, 2]) {
          const both = items.filter(([truth, predicted]) => truth === one && predicted === other)
          strictEqual(matrix.count(one, other), both.length)
        }
      }
    })
  )
})

test('the pairs confused most often come first, never a class with itself', () => {
  const matrix = new ConfusionMatrix(CLASSES)
  for (let i = 0; i < 8; i++) matrix.add(0, 0)
  for (let i = 0; i < 2; i++) matrix.add(0, 1)
  for (let i = 0; i < 3; i++) matrix.add(2, 1)
  matrix.add(1, 0)
  const frogs = { truth: 'frog', predicted: 'dog', count: 3, share: 1 }
  const cats = { truth: 'cat', predicted: 'dog', count: 2, share: 0.2 }
  deepStrictEqual(matrix.topConfusions(), [
    frogs,
    cats,
    { truth: 'dog', predicted: 'cat', count: 1, share: 1 }
  ])
  deepStrictEqual(matrix.topConfusions(2), [frogs, cats])
})

test('classes that there are not are refused, and nothing is counted', () => {
  const matrix = new ConfusionMatrix(CLASSES)
  for (const [truth, predicted, wrong] of [
    [3, 0, 3],
    [0, -1, -1],
    [0, 1.5, 1.5],
    [Number.NaN, 0, Number.NaN]
  ]) {
    throws(() => matrix.add(truth, predicted), {
      name: 'RangeError',
      message: `confusionMatrix: wanted classes from 0 to 2; got ${wrong}`
    })
  }
  strictEqual(matrix.total, 0)
  throws(() => new ConfusionMatrix([]), { message: 'confusionMatrix: wanted one class at least; got none' })
})
