import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { AdwinBuckets } from '../../src/drift/adwin-buckets.ts'

/** Counts and sums of the buckets, oldest first. */
function bucketsOf(buckets: AdwinBuckets): [number, number][] {
  const all: [number, number][] = []
  buckets.someOldestFirst((count, sum) => {
    all.push([count, sum])
    return false
  })
  return all
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
}

const step = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: -50, max: 50 }) },
  fc.constant('drop' as const)
)

test('buckets hold the newest values in order, and width, total and variance are theirs', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), steps => {
      const buckets = new AdwinBuckets()
      const held: number[] = []
      for (const step of steps) {
        if (step !== 'drop') {
          buckets.add(step)
          held.push(step)
        } else if (bucketsOf(buckets).length > 1) {
          held.splice(0, bucketsOf(buckets)[0]?.[0])
          buckets.dropOldest()
        }
      }
      let at = 0
      for (const [count, sum] of bucketsOf(buckets)) {
        const values = held.slice(at, at + count)
        deepStrictEqual(
          sum,
          values.reduce((total, x) => total + x, 0)
        )
        at += count
      }
      deepStrictEqual([at, buckets.width], [held.length, held.length])
      if (held.length > 0) ok(Math.abs(buckets.variance - variance(held)) < 1e-6)
    })
  )
})

test('a row has at most five buckets, so a million values are in fewer than a hundred', () => {
  const buckets = new AdwinBuckets()
  for (let i = 0; i < 1_000_000; i++) buckets.add(1)
  const counts = bucketsOf(buckets).map(([count]) => count)
  ok(counts.length < 100)
  deepStrictEqual(
    counts,
    counts.toSorted((a, b) => b - a)
  )
  for (const count of new Set(counts)) ok(counts.filter(other => other === count).length <= 5)
})

test('dropping a whole row drops the rows below it that are empty too', () => {
  const buckets = new AdwinBuckets()
  for (let i = 0; i < 40; i++) buckets.add(i)
  while (bucketsOf(buckets).length > 1) buckets.dropOldest()
  deepStrictEqual(bucketsOf(buckets), [[1, 39]])
  deepStrictEqual([buckets.width, buckets.mean], [1, 39])
})

test('what cannot have been saved is refused', () => {
  const buckets = new AdwinBuckets()
  for (let i = 0; i < 20; i++) buckets.add(i)
  const saved = buckets.save()
  deepStrictEqual(bucketsOf(AdwinBuckets.open(saved)), bucketsOf(buckets))
  const refused = /^RangeError: adwin: a saved state must hold buckets of as many values as its width says$/
  for (const wrong of [
    [],
    saved.slice(0, -1),
    [...saved, 1],
    saved.with(0, 21),
    saved.with(3, 9),
    saved.with(3, -1),
    saved.with(3, 1.5),
    saved.with(1, Number.NaN)
  ]) {
    throws(() => AdwinBuckets.open(wrong), refused, JSON.stringify(wrong))
  }
})
