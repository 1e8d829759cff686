import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import { gainOf, shareSent, workersKnown, workersNow } from '../../src/models/layers-merge.ts'

test('a replica that nobody works with sends all it learned, whatever the gain', () => {
  for (const gain of [0, 0.5, 1])
    for (const known of [0, 1, 4]) deepStrictEqual(shareSent(known, 0, 1, gain), 1)
})

test('gain 0 gives the mean of the replicas, gain 1 the sum of up to four', () => {
  deepStrictEqual(shareSent(4, 3, 4, 0), 1 / 4)
  deepStrictEqual(shareSent(4, 3, 4, 1), 1)
  deepStrictEqual(shareSent(4, 3, 4, 0.5), 1 / 2)
  deepStrictEqual(shareSent(16, 15, 16, 1), 1 / 4)
  deepStrictEqual(shareSent(16, 15, 16, 0), 1 / 16)
})

test('before it has heard of the others it takes all of them to be at work', () => {
  deepStrictEqual(shareSent(0, 0, 4, 0), 1 / 4)
})

test('one that packs seldom does not take a few fellows for many', () => {
  deepStrictEqual(workersNow(100, 2), 2)
  deepStrictEqual(shareSent(2, 100, 2, 0), 1 / 2)
})

test('where the others fall silent it comes to send all of its own', () => {
  let known = 0
  for (let pack = 0; pack < 20; pack++) known = workersKnown(known, 0, 8)
  ok(shareSent(known, 0, 8, 0) > 0.99)
})

test('single steps are added; the more of them a pack holds the nearer it comes to the mean, but half as far again is left', () => {
  deepStrictEqual(gainOf(1, 4), 1)
  deepStrictEqual(gainOf(0, 4), 1)
  const shares = [1, 2, 3, 4].map(steps => shareSent(4, 3, 4, gainOf(steps, 4)))
  deepStrictEqual(shares[0], 1)
  for (const [i, share] of shares.entries()) ok(i === 0 || share < shares[i - 1])
  for (const replicas of [2, 4, 8, 64])
    ok(
      Math.abs(shareSent(replicas, replicas - 1, replicas, gainOf(1000, replicas)) * replicas - Math.SQRT2) <
        1e-9
    )
})

test('a replica that trains alone keeps all it learned, whatever the gain', () => {
  deepStrictEqual(shareSent(1, 0, 1, gainOf(1000, 1)), 1)
})
