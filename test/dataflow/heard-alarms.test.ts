import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeardAlarms } from '../../src/dataflow/heard-alarms.ts'

const alarm = (number: number, origin = 'a', session = 1) =>
  ({ origin, session, number, stage: 0, time: 0, magnitude: 0 }) as const

test('an alarm is new once, in whatever order they come', () => {
  const some = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom('a', 'b'), fc.nat(1)))
  fc.assert(
    fc.property(some, came => {
      const heard = new HeardAlarms()
      const known = new Set<string>()
      for (const [number, origin, session] of came) {
        const key = `${number} ${origin} ${session}`
        strictEqual(heard.add(alarm(number, origin, session)), !known.has(key))
        known.add(key)
      }
      strictEqual(heard.count, known.size)
      deepStrictEqual(
        heard.last.map(({ number, origin, session }) => `${number} ${origin} ${session}`),
        [...known].slice(-64)
      )
    })
  )
})

test('one that is 64 numbers late counts as heard', () => {
  const heard = new HeardAlarms()
  strictEqual(heard.add(alarm(100)), true)
  strictEqual(heard.add(alarm(36)), false)
  strictEqual(heard.add(alarm(37)), true)
  strictEqual(heard.last.length, 2)
})

test('of more than 1024 sessions the one that was silent for longest is forgotten', () => {
  const heard = new HeardAlarms()
  for (let i = 0; i < 1024; i++) heard.add(alarm(1, `p${i}`))
  strictEqual(heard.add(alarm(2, 'p0')), true)
  heard.add(alarm(1, 'another'))
  strictEqual(heard.add(alarm(2, 'p0')), false)
  strictEqual(heard.add(alarm(1, 'p1')), true)
})
