import { deepStrictEqual, match, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ALIVE,
  CLOSE,
  channelLimit,
  decodeChannelMessage,
  encodeHello,
  encodeNumber,
  encodeOpen,
  HELLO,
  MESSAGE,
  OPEN
} from '../../src/net/channel-messages.ts'
import { joined } from './deltas.ts'

const u32 = fc.nat(0xffffffff)
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }).filter(text => text.length <= 64)
const opening = fc.record({ number: u32, name }, { noNullPrototype: true })
const hello = fc.record(
  {
    swarm: fc.string({ maxLength: 60 }),
    job: fc.string({ maxLength: 30 }),
    jobText: fc.string({ maxLength: 1000 }),
    start: fc.maxSafeNat(),
    channels: fc.array(opening, { maxLength: 64 })
  },
  { noNullPrototype: true }
)

test('what is said comes back as it was, and fits its limit', () => {
  fc.assert(
    fc.property(hello, opening, u32, fc.uint8Array(), (first, open, number, bytes) => {
      const said = [
        [HELLO, joined(encodeHello(first)), { type: 'hello', ...first }],
        [OPEN, joined(encodeOpen(open)), { type: 'open', ...open }],
        [CLOSE, joined([encodeNumber(number)]), { type: 'close', number }],
        [ALIVE, new Uint8Array(0), { type: 'alive' }],
        [MESSAGE, joined([bytes, encodeNumber(number)]), { type: 'message', to: number, bytes }]
      ] as const
      for (const [type, encoded, message] of said) {
        deepStrictEqual(decodeChannelMessage(type, encoded), message)
        strictEqual(encoded.length <= (channelLimit(type) ?? 0), true)
      }
    })
  )
})

test('a message begins where its buffer does, and is not copied', () => {
  const encoded = joined([Uint8Array.of(1, 2, 3), encodeNumber(7)])
  const message = decodeChannelMessage(MESSAGE, encoded)
  strictEqual(message.type, 'message')
  if (message.type !== 'message') return
  strictEqual(message.bytes.buffer, encoded.buffer)
  strictEqual(message.bytes.byteOffset, 0)
})

test('whatever is cut short or too long is refused with words', () => {
  const one = { number: 1, name: 'words' }
  const whole = [
    [HELLO, joined(encodeHello({ swarm: 's', job: 'j', jobText: '{}', start: 1, channels: [one, one] }))],
    [OPEN, joined(encodeOpen(one))],
    [CLOSE, joined([encodeNumber(1)])],
    [ALIVE, new Uint8Array(0)]
  ] as const
  for (const [type, bytes] of whole) {
    for (let length = 0; length < bytes.length; length++) refused(type, bytes.slice(0, length))
    refused(type, joined([bytes, Uint8Array.of(0)]))
  }
  refused(MESSAGE, new Uint8Array(3))
  refused(99, new Uint8Array(0))
})

test('any bytes at all are a message or refused', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
      try {
        decodeChannelMessage(type, bytes.slice())
      } catch (error) {
        strictEqual(error instanceof Error && error.name, 'CodecError')
      }
    })
  )
})

test('a name has 1 to 64 characters, and a hello at most 64 channels', () => {
  refused(OPEN, joined(encodeOpen({ number: 1, name: '' })))
  refused(OPEN, joined(encodeOpen({ number: 1, name: 'x'.repeat(65) })))
  decodeChannelMessage(OPEN, joined(encodeOpen({ number: 1, name: '€'.repeat(64) })))
  const count = (channels: number) => {
    const bytes = joined(encodeHello({ swarm: '', job: '', jobText: '', start: 0, channels: [] }))
    new DataView(bytes.buffer).setUint32(bytes.length - 4, channels, true)
    return joined([bytes, new Uint8Array(7 * 64)])
  }
  refused(HELLO, count(65), /the number of channels must be at most 64; got 65/)
})

function refused(type: number, bytes: Uint8Array<ArrayBuffer>, reason = /./): void {
  throws(
    () => decodeChannelMessage(type, bytes),
    (error: Error) => {
      strictEqual(error.name, 'CodecError')
      match(error.message, reason)
      return true
    }
  )
}
