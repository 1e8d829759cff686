import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { driftsIn, findDrifts } from '../../src/cli/demo-sentiment-drifts.ts'

const drifts = [
  { kind: 'natural', what: 'a', at: 100 },
  { kind: 'induced', what: 'b', at: 200 },
  { kind: 'induced', what: 'c', at: 300 }
] as const

test('a drift is found by the first alarm before the next drift; others are false', () => {
  const { found, falseAlarms } = findDrifts(drifts, [50, 101, 150, 300, 301, 900])
  deepStrictEqual(
    found.map(({ alarm, delay }) => [alarm, delay]),
    [
      [101, 1],
      [300, 100],
      [301, 1]
    ]
  )
  strictEqual(falseAlarms, 3)
})

test('a drift without an alarm was not found', () => {
  const { found, falseAlarms } = findDrifts(drifts, [100, 350])
  deepStrictEqual(
    found.map(({ delay }) => delay),
    [undefined, undefined, 50]
  )
  strictEqual(falseAlarms, 1)
})

test('the natural drift is where ham begins to come every day', () => {
  const mail = (day: number) => ({ text: '', label: 'ham', time: Date.UTC(2002, 6, day) })
  deepStrictEqual(
    driftsIn([mail(7), mail(8), mail(9), mail(10)]).map(({ kind, at }) => [kind, at]),
    [
      ['natural', 2],
      ['induced', 3000],
      ['induced', 4500]
    ]
  )
})
