import { deepStrictEqual, doesNotThrow, throws } from 'node:assert'
import { test } from 'node:test'
import {
  checkBetween,
  checkError,
  checkNumber,
  checkShare,
  checkWhole,
  savedValues
} from '../../src/drift/detector.ts'

test('values are refused by who wants what', () => {
  doesNotThrow(() => checkNumber('x', -1e100))
  throws(() => checkNumber('x', 1.1e100), RangeError)
  throws(
    () => checkNumber('x', Number.NaN),
    /^RangeError: x: each value must be a number, at most 1e100 in size; got NaN$/
  )
  doesNotThrow(() => [0, 1].forEach(value => void checkError('x', value)))
  throws(() => checkError('x', 0.5), /0 \(right\) or 1 \(wrong\); got 0.5/)
  doesNotThrow(() => checkShare('x', 0.5))
  throws(() => checkShare('x', Number.NaN), /from 0 to 1; got NaN/)
})

test('options are refused on both sides of their bounds', () => {
  doesNotThrow(() => checkBetween('x', 'rate', 0.5, 0, 1))
  throws(() => checkBetween('x', 'rate', 0, 0, 1), /x: rate must be above 0 and below 1; got 0/)
  throws(() => checkBetween('x', 'rate', 1, 0, 1), /got 1/)
  throws(
    () => checkBetween('x', 'rate', Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY),
    /above 0; got Inf/
  )
  doesNotThrow(() => [2, 4].forEach(value => void checkWhole('x', 'size', value, 2, 4)))
  throws(() => checkWhole('x', 'size', 1, 2, 4), /x: size must be a whole number from 2 to 4; got 1/)
  throws(() => checkWhole('x', 'size', 5, 2, 4), /got 5/)
  throws(() => checkWhole('x', 'size', 2.5, 2, 4), /got 2.5/)
})

test('saved values are as many as they must be, and finite', () => {
  const state = (values: number[]) => ({ detector: 'x', options: {}, values })
  deepStrictEqual(savedValues(state([1, 2]), 2), [1, 2])
  throws(() => savedValues(state([1]), 2), /^RangeError: x: a saved state must hold 2 finite numbers; got 1$/)
  throws(() => savedValues(state([1, Number.NaN]), 2), RangeError)
})
