import { deepStrictEqual, doesNotThrow, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Origin, Ranges, Vector } from '../../src/net/messages.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'
import {
  beyond,
  checkRanges,
  checkVector,
  contains,
  divide,
  joined,
  lastOf,
  packsIn
} from '../../src/net/vector.ts'

const origin = fc.constantFrom('a', 'b', 'c')
const vectors = fc
  .dictionary(origin, fc.integer({ min: 1, max: 6 }))
  .map((held): Vector => new Map(Object.entries(held)))
const ranges = fc
  .dictionary(
    origin,
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(3)).map(([first, more]) => [first, first + more] as const)
  )
  .map((packs): Ranges => new Map(Object.entries(packs)))

/** Every pack by itself. */
function packsOf(packs: Ranges): string[] {
  return [...packs]
    .flatMap(([origin, [first, last]]) =>
      Array.from({ length: last - first + 1 }, (_, i) => `${origin}${first + i}`)
    )
    .sort()
}

const heldBy = (vector: Vector) => (pack: string) => Number(pack.slice(1)) <= lastOf(vector, pack[0])

test('divide tells what is held from what is next, and that there is a hole', () => {
  fc.assert(
    fc.property(ranges, vectors, (packs, vector) => {
      const hole = [...packs].some(([origin, [first]]) => first > lastOf(vector, origin) + 1)
      const parts = divide(packs, vector)
      strictEqual(parts === undefined, hole)
      if (parts === undefined) return
      deepStrictEqual(packsOf(parts.old), packsOf(packs).filter(heldBy(vector)))
      deepStrictEqual(
        packsOf(parts.fresh),
        packsOf(packs).filter(pack => !heldBy(vector)(pack))
      )
    })
  )
})

test('beyond gives all packs of one vector that another has not', () => {
  fc.assert(
    fc.property(vectors, vectors, (vector, other) => {
      const all: Ranges = new Map([...vector].map(([origin, last]) => [origin, [1, last]]))
      deepStrictEqual(
        packsOf(beyond(vector, other)),
        packsOf(all).filter(pack => !heldBy(other)(pack))
      )
    })
  )
})

test('joined holds the packs of both, or there is none where they do not meet', () => {
  fc.assert(
    fc.property(ranges, ranges, (earlier, later) => {
      const meet = [...later].every(([origin, [first]]) => {
        const before = earlier.get(origin)
        return before === undefined || before[1] + 1 === first
      })
      const both = joined(earlier, later)
      strictEqual(both !== undefined, meet)
      if (both === undefined) return
      deepStrictEqual(packsOf(both), [...packsOf(earlier), ...packsOf(later)].sort())
      strictEqual(packsIn(both), packsOf(both).length)
    })
  )
})

test('contains says whether every pack is there', () => {
  fc.assert(
    fc.property(ranges, ranges, (packs, part) => {
      strictEqual(
        contains(packs, part),
        packsOf(part).every(pack => packsOf(packs).includes(pack))
      )
    })
  )
})

test('numbers that are no pack, and packs that this peer has not made, are refused', () => {
  const made = new Map<Origin, number>([['me/1', 2]])
  for (const last of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    throws(() => checkVector(new Map([['a', last]]), made), ProtocolError, `${last}`)
    throws(() => checkRanges(new Map([['a', [1, last]]]), made), ProtocolError, `1 to ${last}`)
  }
  throws(() => checkRanges(new Map([['a', [3, 2]]]), made), /got 3 to 2/)
  throws(() => checkRanges(new Map(), made), /one pack or more wanted/)
  throws(() => checkVector(new Map([['me/1', 3]]), made), /this peer made 2; got a claim of 3/)
  doesNotThrow(() => checkVector(new Map(Object.entries({ 'me/1': 2, 'me/0': 9, a: 2 ** 53 - 1 })), made))
  doesNotThrow(() => checkVector(new Map(), made))
})
