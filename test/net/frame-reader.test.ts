import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { BULK, CRITICAL, MAX_FRAME_BYTES, MORE } from '../../src/net/frame.ts'
import { frameReader } from '../../src/net/frame-reader.ts'

const KNOWN = 1
const LARGE = 2
const UNKNOWN = 9
const limits = (type: number) => ({ [KNOWN]: 1000, [LARGE]: 64 << 20 })[type]

function frame(
  type: number,
  flags: number,
  payload: Uint8Array | number[],
  length = payload.length
): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length)
  bytes.set([type, flags])
  new DataView(bytes.buffer).setUint32(4, length, true)
  bytes.set(payload, 8)
  return bytes
}

function collector() {
  const messages: [type: number, message: number[]][] = []
  return {
    messages,
    reader: frameReader({ limits, onMessage: (type, bytes) => messages.push([type, [...bytes]]) })
  }
}

test('a message is its fragments joined, and the lanes do not disturb each other', () => {
  const { messages, reader } = collector()
  reader.push(frame(LARGE, BULK | MORE, [1, 2]))
  reader.push(frame(KNOWN, 0, [7]))
  reader.push(frame(LARGE, MORE, [8]))
  reader.push(frame(LARGE, BULK, [3]))
  reader.push(frame(LARGE, 0, []))
  deepStrictEqual(messages, [
    [KNOWN, [7]],
    [LARGE, [1, 2, 3]],
    [LARGE, [8]]
  ])
  strictEqual(reader.unfinished, false)
  strictEqual(reader.held, 0)
})

test('a message has a buffer of its own, of its size', () => {
  const seen: Uint8Array[] = []
  const reader = frameReader({ limits, onMessage: (_type, bytes) => seen.push(bytes) })
  const bytes = frame(KNOWN, 0, [1, 2, 3, 4, 5])
  for (const byte of bytes) reader.push(Uint8Array.of(byte))
  reader.push(bytes)
  bytes.fill(0)
  deepStrictEqual(
    seen.map(message => [message.byteOffset, message.buffer.byteLength, message[4]]),
    [
      [0, 5, 5],
      [0, 5, 5]
    ]
  )
})

test('claims beyond a limit are refused at the header', () => {
  const refused: [bytes: Uint8Array[], error: RegExp][] = [
    [
      [frame(LARGE, 0, [], MAX_FRAME_BYTES + 1)],
      /frame of type 2 with 8388609 bytes or more; at most 8388608/
    ],
    [[frame(KNOWN, 0, [], 1001)], /message of type 1 with 1001 bytes or more; at most 1000/],
    [[frame(KNOWN, MORE, new Uint8Array(600)), frame(KNOWN, 0, [], 401)], /type 1 with 1001 bytes/],
    [[frame(KNOWN, MORE, [])], /empty fragment/],
    [[frame(KNOWN, MORE, [1]), frame(LARGE, 0, [1])], /frame of type 2 within a message of type 1/],
    [[frame(UNKNOWN, CRITICAL, [1])], /type 9, which this version does not know and may not skip/],
    [
      Array.from({ length: 9 }, () => frame(UNKNOWN, MORE, new Uint8Array(MAX_FRAME_BYTES))),
      /message of type 9/
    ]
  ]
  for (const [pushes, error] of refused) {
    const { messages, reader } = collector()
    throws(() => {
      for (const bytes of pushes) reader.push(bytes)
    }, error)
    deepStrictEqual(messages, [])
  }
})

test('messages of unknown types are skipped and held nowhere', () => {
  const { messages, reader } = collector()
  reader.push(frame(UNKNOWN, MORE, new Uint8Array(100_000)))
  reader.push(frame(UNKNOWN, 0, new Uint8Array(100_000), 200_000))
  strictEqual(reader.held, 0)
  reader.push(new Uint8Array(100_000))
  reader.push(frame(KNOWN, 0, [1]))
  deepStrictEqual(messages, [[KNOWN, [1]]])
})

test('memory grows with what comes, not with what is claimed', () => {
  const { reader } = collector()
  const bytes = frame(LARGE, BULK, [], 8_000_000)
  reader.push(bytes)
  strictEqual(reader.held, 0)
  for (let came = 0; came < 1_000_000; came += 10_000) {
    ok(reader.held < 2 * came + 1)
    reader.push(new Uint8Array(10_000))
  }
})

test('any bytes at all are read or refused, with memory below twice what came', () => {
  const wild = fc.uint8Array({ maxLength: 300 })
  const nearlyValid = fc
    .record({
      type: fc.constantFrom(KNOWN, LARGE, UNKNOWN),
      flags: fc.integer({ min: 0, max: 7 }),
      payload: fc.uint8Array({ maxLength: 400 }),
      lie: fc.option(fc.nat({ max: 2000 }), { freq: 8 })
    })
    .map(({ type, flags, payload, lie }) => frame(type, flags, payload, lie ?? payload.length))
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: nearlyValid }, { weight: 1, arbitrary: wild })),
      all => {
        const { reader } = collector()
        let came = 0
        try {
          for (const bytes of all) {
            came += bytes.length
            reader.push(bytes)
            ok(reader.held <= 2 * came)
          }
        } catch (error) {
          ok(error instanceof Error && error.message.startsWith('link: '), String(error))
        }
      }
    )
  )
})
