import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { spearman } from '../../src/models/spearman.ts'

const close = (actual: number, expected: number) =>
  ok(Math.abs(actual - expected) < 1e-12, `${actual}, not ${expected}`)

test('lists in the same order have 1, in the opposite order -1, whatever the distances', () => {
  close(spearman([1, 2, 3, 10], [0, 0.1, 0.2, 99]), 1)
  close(spearman([1, 2, 3, 10], [5, 4, 3, -7]), -1)
})

test('equal values share their mean rank', () => {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
  close(spearman([1, 2, 2, 3], [1, 2, 3, 4]), 4.5 / Math.sqrt(4.5 * 5))
})

test('without ties it is 1 - 6 Σd² / (n³ - n)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 30 }).chain(n => fc.tuple(permutation(n), permutation(n))),
      ([a, b]) => {
        const squares = a.reduce((sum, rank, i) => sum + (rank - b[i]) ** 2, 0)
        ok(Math.abs(spearman(a, b) - (1 - (6 * squares) / (a.length ** 3 - a.length))) < 1e-9)
      }
    )
  )
})

test('one pair, none, or a list of equal values have no correlation', () => {
  for (const [a, b] of [
    [[], []],
    [[1], [2]],
    [
      [1, 1],
      [1, 2]
    ]
  ])
    strictEqual(spearman(a, b), Number.NaN)
})

function permutation(n: number): fc.Arbitrary<number[]> {
  return fc.shuffledSubarray(
    Array.from({ length: n }, (_, i) => i),
    { minLength: n }
  )
}
