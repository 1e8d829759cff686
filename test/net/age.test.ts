import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkAge, compareAges, isOlder } from '../../src/net/age.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'

const age = fc.record({ start: fc.nat({ max: 3 }), peer: fc.constantFrom('a', 'b', 'B', 'ab') })

test('of two peers one is older, unless they are the same', () => {
  fc.assert(
    fc.property(age, age, (a, b) => {
      const same = a.start === b.start && a.peer === b.peer
      strictEqual(Number(isOlder(a, b)) + Number(isOlder(b, a)), same ? 0 : 1)
      strictEqual(compareAges(a, b), isOlder(a, b) ? -1 : same ? 0 : 1)
    })
  )
})

test('who is older than an older one is older', () => {
  fc.assert(
    fc.property(age, age, age, (a, b, c) => {
      if (isOlder(a, b) && isOlder(b, c)) strictEqual(isOlder(a, c), true)
    })
  )
})

test('the earlier start counts first, then the lesser id', () => {
  const ages = [
    { start: 2, peer: 'a' },
    { start: 1, peer: 'c' },
    { start: 1, peer: 'b' }
  ]
  deepStrictEqual(
    ages.sort(compareAges).map(age => age.peer),
    ['b', 'c', 'a']
  )
})

test('an age that no peer can have is refused', () => {
  checkAge({ start: 0, peer: 'a' })
  for (const start of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    throws(() => checkAge({ start, peer: 'a' }), ProtocolError)
  }
  throws(() => checkAge({ start: 1, peer: '' }), /age: peer must have 1 to 128 characters; got 0/)
  throws(() => checkAge({ start: 1, peer: 'a'.repeat(129) }), ProtocolError)
})
