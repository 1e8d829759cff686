import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { Redials } from '../../src/net/redials.ts'
import { member } from './attacks.ts'

const ADDRESSES = ['/ip4/192.0.2.7/tcp/4001']
const peer = (name: string, start = 1, addresses = ADDRESSES) =>
  member({ age: { start, peer: name }, addresses })
/** Whom the peer `0`, which can be dialled, dials. */
const begun = (redials: Redials, names: readonly string[], now: number) =>
  redials
    .begin(
      ['0', ...names].map(name => peer(name)),
      new Set(),
      now
    )
    .map(({ age }) => age.peer)

test('of two peers one dials: the lesser, or the one that cannot be dialled', () => {
  for (const [a, b] of [
    [ADDRESSES, ADDRESSES],
    [ADDRESSES, []],
    [[], ADDRESSES],
    [[], []]
  ]) {
    const members = [peer('a', 1, a), peer('b', 1, b)]
    const dial = (self: string) => new Redials(self, () => 0).begin(members, new Set(), 0).length
    const lesser = a.length > 0 === b.length > 0 || a.length === 0
    deepStrictEqual([dial('a'), dial('b')], lesser ? [1, 0] : [0, 1])
  }
})

test('nobody is dialled to whom there is a stream', () => {
  const redials = new Redials('0', () => 0)
  const dialled = redials.begin([peer('0'), peer('a'), peer('b')], new Set(['a']), 0)
  deepStrictEqual(
    dialled.map(({ age }) => age.peer),
    ['b']
  )
})

test('a peer that cannot be reached is dialled more and more seldom, every 30 s in the end', () => {
  const redials = new Redials('0', () => 0)
  const times: number[] = []
  for (let now = 0; now < 200_000; now += 250) {
    for (const name of begun(redials, ['a'], now)) {
      times.push(now)
      redials.ended(name, true, now)
    }
  }
  const waits = times.slice(1).map((time, i) => time - times[i])
  deepStrictEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000])
})

test('nobody is dialled twice at once, and at most eight are', () => {
  const redials = new Redials('0', () => 0)
  const names = Array.from({ length: 12 }, (_, i) => `peer ${i}`)
  deepStrictEqual(begun(redials, names, 0), names.slice(0, 8))
  deepStrictEqual(begun(redials, names, 60_000), [])
  redials.ended('peer 3', false, 60_000)
  redials.broken('peer 3', 0, 60_000)
  deepStrictEqual(begun(redials, names, 60_000), ['peer 8'])
})

test('a link that breaks at once counts as a failure, one that lasted does not', () => {
  for (const [lasted, wait] of [
    [100, 16_000],
    [10_000, 500]
  ]) {
    const redials = new Redials('0', () => 0)
    for (let failure = 0; failure < 5; failure++) {
      begun(redials, ['a'], failure * 60_000)
      redials.ended('a', true, failure * 60_000)
    }
    begun(redials, ['a'], 300_000)
    redials.ended('a', false, 300_000)
    redials.broken('a', lasted, 300_000)
    deepStrictEqual(begun(redials, ['a'], 300_000 + wait - 1), [])
    deepStrictEqual(begun(redials, ['a'], 300_000 + wait), ['a'])
  }
})

test('a later process of a peer is dialled at once, and one with nothing to share after five minutes', () => {
  const redials = new Redials('0', () => 0)
  begun(redials, ['a'], 0)
  redials.ended('a', false, 0)
  redials.putOff('a', 0)
  redials.broken('a', 0, 0)
  deepStrictEqual(begun(redials, ['a'], 299_999), [])
  strictEqual(redials.begin([peer('a', 2)], new Set(), 1000).length, 1)
  redials.ended('a', false, 1000)
  redials.putOff('a', 1000)
  deepStrictEqual(begun(redials, ['a'], 301_000), ['a'])
})

test('a peer that is no member any more is forgotten, with what it failed', () => {
  const redials = new Redials('0', () => 0)
  begun(redials, ['a'], 0)
  redials.ended('a', true, 0)
  deepStrictEqual(begun(redials, ['b'], 1), ['b'])
  deepStrictEqual(begun(redials, ['a'], 1), ['a'])
})
