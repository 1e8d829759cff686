import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashText } from '../../src/dataflow/line-hash.ts'
import { ownersOf, PARTITIONS, partitionOf } from '../../src/dataflow/partitions.ts'

test('partitions are a format: peers of all versions and machines find the same ones', () => {
  deepStrictEqual(
    ['', 'ATL', 'naïve', 0, 7, -1, 2.5, 1e300, Number.NaN, true, false].map(partitionOf),
    [0, 35, 911, 0, 708, 825, 481, 225, 901, 183, 0]
  )
})

test('keys that a Map holds for equal have one partition', () => {
  strictEqual(partitionOf(-0), partitionOf(0))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double(), fc.boolean()), key => partitionOf(key) < PARTITIONS)
  )
})

test('other keys are refused', () => {
  throws(() => partitionOf(undefined), {
    name: 'TypeError',
    message: 'key must be a string, a number or a boolean; got undefined'
  })
})

test('keys fall evenly into partitions', () => {
  for (const key of [(n: number) => `user ${n}`, (n: number) => n, (n: number) => n / 7]) {
    const counts = new Array(PARTITIONS).fill(0)
    for (let n = 0; n < 100 * PARTITIONS; n++) counts[partitionOf(key(n))]++
    ok(
      Math.max(...counts) < 160 && Math.min(...counts) > 50,
      `${Math.min(...counts)} to ${Math.max(...counts)}`
    )
  }
})

test('when a member comes only partitions of its own change hands, and shares are about equal', () => {
  const seeds = (...names: string[]) => Uint32Array.from(names, hashText)
  const before = ownersOf(seeds('ann', 'bob', 'cid'))
  const after = ownersOf(seeds('ann', 'bob', 'cid', 'dan'))
  after.forEach((owner, partition) => {
    if (owner !== 3) strictEqual(owner, before[partition])
  })
  for (let owner = 0; owner < 4; owner++) {
    const share = after.filter(one => one === owner).length
    ok(share > 190 && share < 330, `${share} of 1024`)
  }
})
