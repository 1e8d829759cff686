import { deepStrictEqual, notDeepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { shuffled } from '../../src/sources/image-order.ts'

test('an order has every place once, is the same for the same seed and another for another', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer(), (length, seed) => {
      const order = shuffled(length, seed)
      deepStrictEqual(
        [...order].sort((a, b) => a - b),
        [...new Array(length).keys()]
      )
      deepStrictEqual(shuffled(length, seed), order)
      if (length >= 20) notDeepStrictEqual(shuffled(length, seed ^ 1), order)
    })
  )
})

test('every image comes to every place equally often', () => {
  const [length, seeds] = [4, 8000]
  const counts = Array.from({ length }, () => new Array(length).fill(0))
  for (let seed = 0; seed < seeds; seed++) {
    for (const [place, image] of shuffled(length, seed).entries()) counts[place][image]++
  }
  // 2,000 are expected; five standard deviations of a binomial count are 194.
  for (const count of counts.flat()) ok(Math.abs(count - seeds / length) < 194, `${count} of ${seeds}`)
})
