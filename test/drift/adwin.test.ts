import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { adwin } from '../../src/drift/adwin.ts'
import { alarmsOf, congruentialErrors } from './alarms.ts'

test('a rise is found at a check soon after it, and again until the window is of the new mean only', () => {
  const alarms = alarmsOf(
    adwin(),
    congruentialErrors(i => (i < 1000 ? 0.2 : 0.8), 3000)
  )
  ok(
    alarms.length > 0 && alarms.every(place => place > 1000 && place < 1500 && place % 32 === 0),
    `${alarms}`
  )
})

test('a fall is no drift, but the window forgets what was before it', () => {
  const detector = adwin()
  const values = congruentialErrors(i => (i < 1000 ? 0.8 : 0.2), 3000)
  deepStrictEqual(alarmsOf(detector, values), [])
  // Clock, then the width.
  ok((detector.save().values[1] ?? 0) < 2100)
})

test('checks come with the clock', () => {
  const values = congruentialErrors(i => (i < 1000 ? 0.2 : 0.8), 3000)
  const [first = 0] = alarmsOf(adwin({ clock: 1 }), values)
  const [later = 0] = alarmsOf(adwin({ clock: 500 }), values)
  ok(first < 1064 && later === 1500)
})

test('adding a constant to every value changes no verdict', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 64 }), { minLength: 64, maxLength: 600, size: 'max' }),
      fc.integer({ min: -100, max: 100 }),
      (values, shift) => {
        const shifted = values.map(x => x / 8 + shift)
        deepStrictEqual(
          alarmsOf(adwin(), shifted),
          alarmsOf(
            adwin(),
            values.map(x => x / 8)
          )
        )
      }
    ),
    { numRuns: 50 }
  )
})

test('the state grows with the logarithm of what it has seen', () => {
  const detector = adwin()
  for (let i = 0; i < 100_000; i++) detector.update(i % 2)
  ok(detector.save().values.length < 200)
})

test('options out of range are refused', () => {
  throws(() => adwin({ delta: 1 }), /^RangeError: adwin: delta must be above 0 and below 1; got 1$/)
  throws(() => adwin({ clock: 0 }), /adwin: clock must be a whole number/)
  throws(() => adwin({ minPart: 0.5 }), /adwin: minPart must be a whole number/)
})
