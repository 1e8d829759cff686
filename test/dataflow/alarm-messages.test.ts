import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import {
  type AlarmMessage,
  decodeAlarmMessage,
  encodeAlarmMessage
} from '../../src/dataflow/alarm-messages.ts'

const count = fc.nat(2 ** 31 - 1)
/** No alarm is of a later stage than its message. */
const LATEST = 2 ** 40
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0)
const plain = { noNullPrototype: true }
const alarm = fc.record(
  {
    origin: fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
    session: fc.nat(2 ** 31).map(value => value * 2 ** 10),
    number: fc.integer({ min: 1, max: 2 ** 40 }),
    stage: count,
    time: number,
    magnitude: number
  },
  plain
)
const messages: fc.Arbitrary<AlarmMessage> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('hello' as const),
      stage: fc.constant(LATEST),
      alarms: fc.array(alarm, { maxLength: 64 })
    },
    plain
  ),
  fc.record({ kind: fc.constant('alarm' as const), stage: fc.constant(LATEST), alarm }, plain),
  fc.record({ kind: fc.constant('stage' as const), stage: count }, plain),
  fc.record(
    {
      kind: fc.constant('losses' as const),
      stage: fc.nat(2 ** 30).map(half => 2 * half + 1),
      count: fc.integer({ min: 1, max: 100 }),
      mean: fc.double({ min: -1e100, max: 1e100, noNaN: true }).map(value => value + 0)
    },
    plain
  )
)

test('a message comes back as it was', () => {
  fc.assert(
    fc.property(messages, message =>
      deepStrictEqual(decodeAlarmMessage(encodeAlarmMessage(message)), message)
    )
  )
})

test('a message that is cut off, and any other bytes, are none', () => {
  fc.assert(
    fc.property(messages, fc.double({ min: 0, max: 0.999, noNaN: true }), (message, share) => {
      const bytes = encodeAlarmMessage(message)
      strictEqual(decodeAlarmMessage(bytes.subarray(0, Math.floor(bytes.length * share))), undefined)
    })
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      const message = decodeAlarmMessage(bytes)
      // By chance it may be one.
      if (message !== undefined) deepStrictEqual(decodeAlarmMessage(encodeAlarmMessage(message)), message)
    })
  )
})

test('fields out of range make a message none', () => {
  const fine = ['a', 1, 1, 0, 5, 0.5]
  const none = (fields: unknown) => strictEqual(decodeAlarmMessage(encode(fields)), undefined)
  strictEqual(decodeAlarmMessage(encode([1, 0, fine]))?.kind, 'alarm')
  const wrong: readonly unknown[] = [
    '',
    'a'.repeat(129),
    1,
    -1,
    1.5,
    2 ** 48,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    null
  ]
  const refused = [
    [0, 1, 2, 8],
    [3, 4, 5, 6, 7, 8],
    [3, 4, 5, 6, 7, 8],
    [3, 4, 5, 6, 7, 8],
    [0, 6, 7, 8],
    [0, 6, 7, 8]
  ]
  for (const [place, some] of refused.entries()) {
    for (const i of some) none([1, 9, fine.with(place, wrong[i] as string)])
  }
  none([1, 9, fine.with(2, 0)])
  none([1, 9, fine.with(3, 10)])
  none([1, -1, fine])
  none([1, 0])
  none([0, 0, [fine, []]])
  none([0, 0, fine[0]])
  none([0, 0, Array.from({ length: 65 }, () => fine)])
  none([4, 0, fine])
  strictEqual(decodeAlarmMessage(encode([3, 1, 100, 1]))?.kind, 'losses')
  none([3, 2, 100, 1])
  none([3, 1, 0, 1])
  none([3, 1, 101, 1])
  none([3, 1, 1, 1e101])
  none({})
})
