import { AssertionError } from 'node:assert'

/**
 * Checks every value: |actual - expected| <= absolute + relative * |expected|.
 * A NaN never passes. The message names how many differ, the worst, and the first few.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-5, what = '' } = {}
): void {
  const label = what === '' ? '' : `${what}: `
  if (actual.length !== expected.length) {
    throw new AssertionError({ message: `${label}length ${actual.length}, expected ${expected.length}` })
  }
  const wrong: number[] = []
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i])
    if (error <= absolute + relative * Math.abs(expected[i])) continue
    wrong.push(i)
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error)
  }
  if (wrong.length === 0) return
  const lines = wrong.slice(0, 5).map(i => `  [${i}] got ${actual[i]}, expected ${expected[i]}`)
  throw new AssertionError({
    message: `${label}${wrong.length} of ${expected.length} values differ, worst by ${worst}\n${lines.join('\n')}`
  })
}
