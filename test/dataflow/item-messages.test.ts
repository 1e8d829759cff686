import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { decodeMessage, encodeMessage, type Message } from '../../src/dataflow/item-messages.ts'

const bytes = new Uint8Array([1, 2, 3])
const partitions = Uint16Array.of(0, 1023, 512)
const messages: Message[] = [
  {
    kind: 'hello',
    session: 2 ** 48,
    heard: 0,
    leaving: true,
    watermark: -Infinity,
    members: ['a', 'b'],
    moving: partitions
  },
  { kind: 'batch', session: 5, sequence: 7, seen: 3, form: 1, partitions, bytes },
  { kind: 'answer', session: 5, sequence: 7, refused: partitions },
  { kind: 'watermark', watermark: Number.POSITIVE_INFINITY },
  { kind: 'state', session: 5, handover: 1, last: false, partitions: new Uint16Array(0), form: 0, bytes },
  { kind: 'taken', session: 5, handover: 1, taken: true }
]

for (const message of messages) {
  test(`a message of kind ${message.kind} comes back as it was, and cut short is none`, () => {
    const coded = encodeMessage(message)
    deepStrictEqual(decodeMessage(coded), message)
    for (let length = 0; length < coded.length; length++)
      strictEqual(decodeMessage(coded.subarray(0, length)), undefined)
  })
}

test('bytes and values that are no message are none, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.nat(6),
      (noise, values, kind) => {
        decodeMessage(noise)
        const message = decodeMessage(encode([kind, ...values]))
        ok(message === undefined || message.kind === 'watermark', 'no message is made of JSON alone but that')
      }
    )
  )
  for (const odd of [
    [2, 1, 1, new Uint8Array(3)], // half a partition
    [2, 1, 1, new Uint8Array([0, 4])], // partition 1024
    [2, -1, 1, new Uint8Array(0)],
    [1, 1, 1, 1, 2, new Uint8Array(0), new Uint8Array(0)], // form 2
    [9, 1, 1],
    'batch'
  ]) {
    strictEqual(decodeMessage(encode(odd)), undefined)
  }
})
