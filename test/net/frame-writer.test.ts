import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { HEADER_BYTES, MAX_WRITE_BYTES } from '../../src/net/frame.ts'
import { frameReader } from '../../src/net/frame-reader.ts'
import { frameWriter, type Priority } from '../../src/net/frame-writer.ts'

/** The messages in some writes: type and length. */
function read(writes: readonly Uint8Array[]): [number, number][] {
  const seen: [number, number][] = []
  const reader = frameReader({
    limits: () => 2 ** 20,
    onMessage: (type, bytes) => {
      ok(bytes.every(byte => byte === type))
      seen.push([type, bytes.length])
    }
  })
  for (const write of writes) reader.push(write)
  return seen
}

test('whatever is added and taken by turns, each priority comes in order, whole, and once', () => {
  const messages = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 40_000 }), fc.nat({ max: 2 })), {
    maxLength: 40
  })
  fc.assert(
    fc.property(messages, messages => {
      const writer = frameWriter()
      const writes: Uint8Array[] = []
      for (const [place, [bulk, length, takes]] of messages.entries()) {
        const priority: Priority = bulk ? 'bulk' : 'control'
        writer.add(place, [new Uint8Array(length).fill(place)], priority)
        for (let i = 0; i < takes; i++) writes.push(...taken(writer.take()))
      }
      for (let write = writer.take(); write !== undefined; write = writer.take()) writes.push(write)
      strictEqual(writer.waiting, 0)
      ok(writes.every(write => write.length <= MAX_WRITE_BYTES))
      const seen = read(writes)
      for (const wanted of [true, false]) {
        deepStrictEqual(
          seen.filter(([place]) => messages[place][0] === wanted),
          [...messages.entries()]
            .filter(([, [bulk]]) => bulk === wanted)
            .map(([at, [, length]]) => [at, length])
        )
      }
    })
  )
})

test('what was cleared is not written', () => {
  const writer = frameWriter()
  for (const priority of ['bulk', 'control'] as const) writer.add(1, [new Uint8Array(50_000)], priority)
  ok(writer.take() !== undefined)
  writer.clear()
  strictEqual(writer.waiting, 0)
  strictEqual(writer.take(), undefined)
  writer.add(2, [Uint8Array.of(2)], 'bulk')
  strictEqual(writer.waiting, HEADER_BYTES + 1)
  deepStrictEqual(read(taken(writer.take())), [[2, 1]])
})

function taken(write: Uint8Array | undefined): Uint8Array[] {
  return write === undefined ? [] : [write]
}
