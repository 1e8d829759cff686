import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_WRITE_BYTES, MORE } from '../../src/net/frame.ts'
import { type Link, type LinkOptions, type LinkStream, openLink, type Timer } from '../../src/net/link.ts'
import { FakeStream } from './fake-stream.ts'
import { openStream, testNode, until } from './nodes.ts'

const CONTROL = 1
const BULK = 2
const limits = (type: number) => ({ [CONTROL]: 1 << 20, [BULK]: 64 << 20 })[type]

interface Opened {
  readonly link: Link
  readonly messages: [type: number, message: Uint8Array][]
  readonly over: Promise<Error | undefined>
}

function open(stream: LinkStream, options: Partial<LinkOptions> = {}): Opened {
  const messages: Opened['messages'] = []
  const { promise: over, resolve: onClose } = Promise.withResolvers<Error | undefined>()
  const onMessage: LinkOptions['onMessage'] = (type, message) => void messages.push([type, message])
  return { link: openLink(stream, { limits, onMessage, onClose, ...options }), messages, over }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

/** Delivers on both ends until nothing is in flight. */
async function settle(...streams: FakeStream[]): Promise<void> {
  do {
    for (const stream of streams) stream.deliver()
    await turn()
  } while (streams.some(stream => stream.inFlight > 0))
}

interface Sent {
  readonly type: number
  readonly parts: readonly Uint8Array[]
  readonly priority: 'control' | 'bulk'
}

const sent: fc.Arbitrary<Sent> = fc
  .record({
    type: fc.constantFrom(CONTROL, BULK),
    sizes: fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 100_000 })), { maxLength: 3 }),
    first: fc.nat({ max: 255 })
  })
  .map(({ type, sizes, first }) => {
    const priority = type === BULK ? 'bulk' : 'control'
    return { type, priority, parts: sizes.map(size => new Uint8Array(size).map((_, i) => first + i * 7)) }
  })

/** Fails unless all came whole, and those of one priority in the order in which they were sent. */
function check(all: readonly Sent[], messages: Opened['messages']): void {
  for (const lane of [CONTROL, BULK]) {
    const wanted = all.filter(({ type }) => type === lane).map(({ parts }) => Buffer.concat(parts))
    const came = messages.filter(([type]) => type === lane).map(([, message]) => Buffer.from(message))
    strictEqual(came.length, wanted.length)
    wanted.forEach((message, i) => {
      strictEqual(Buffer.compare(came[i] ?? Buffer.of(), message), 0)
    })
  }
}

test('messages arrive whole and in order, however the stream cuts and delays them', async () => {
  const step = fc.oneof(
    sent.map(message => ({ message, bytes: 0 })),
    fc.nat({ max: 150_000 }).map(bytes => ({ message: undefined, bytes }))
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step), fc.integer({ min: 1, max: 300_000 }), async (steps, window) => {
      const [near, far] = FakeStream.pair(window)
      const { link } = open(near)
      const { messages } = open(far)
      const all: Sent[] = []
      for (const { message, bytes } of steps) {
        if (message) {
          all.push(message)
          link.send(message.type, message.parts, message.priority)
        } else {
          near.deliver(bytes)
          await turn()
        }
      }
      await settle(near)
      check(all, messages)
      strictEqual(link.buffered, 0)
      strictEqual(
        link.bytesOut,
        near.writes.reduce((sum, size) => sum + size, 0)
      )
      ok(near.writes.every(size => size <= MAX_WRITE_BYTES))
    })
  )
})

test('control overtakes bulk that was sent before it', async () => {
  const [near, far] = FakeStream.pair(MAX_WRITE_BYTES)
  const { link } = open(near)
  const { messages } = open(far)
  link.send(BULK, new Uint8Array(1 << 20), 'bulk')
  await turn()
  link.send(CONTROL, Uint8Array.of(1), 'control')
  await settle(near)
  deepStrictEqual(
    messages.map(([type]) => type),
    [CONTROL, BULK]
  )
})

test('small messages that are sent in one go share a write', async () => {
  const [near, far] = FakeStream.pair()
  const { link } = open(near)
  const { messages } = open(far)
  for (let i = 0; i < 100; i++) link.send(CONTROL, Uint8Array.of(i), 'control')
  await settle(near)
  strictEqual(messages.length, 100)
  deepStrictEqual(near.writes, [900])
})

test('a stream that is full is given nothing more, and buffered says what waits', async () => {
  const [near] = FakeStream.pair(20_000)
  const { link } = open(near)
  for (let i = 0; i < 50; i++) link.send(BULK, new Uint8Array(10_000), 'bulk')
  await turn()
  strictEqual(near.writes.length, 2)
  strictEqual(link.buffered, 48 * 10_008)
})

test('a message that hangs for 30 s ends the link; one that gets on does not', async () => {
  const timers: { act: () => void }[] = []
  const timer: Timer = (_, act) => {
    timers.push({ act })
    return () => {}
  }
  const [near, far] = FakeStream.pair()
  const { link } = open(near)
  const { over } = open(far, { timer })
  link.send(BULK, new Uint8Array(100_000), 'bulk')
  await turn()
  near.deliver(1000)
  strictEqual(timers.length, 1)
  near.deliver(1024) // slow, but it gets on
  timers[0]?.act()
  strictEqual(timers.length, 2)
  near.deliver(1023) // bytes trickle in to keep the link alive
  timers[1]?.act()
  match(String(await over), /a message got no further within 30000 ms/)
  strictEqual(far.status, 'aborted')
})

test('a message that hangs ends the link, whatever else comes beside it', async () => {
  const timers: (() => void)[] = []
  const timer: Timer = (_, act) => {
    timers.push(act)
    return () => {}
  }
  const [near, far] = FakeStream.pair()
  const { over, messages } = open(far, { timer })
  near.send(Uint8Array.of(BULK, 4 | MORE, 0, 0, 1, 0, 0, 0, 0)) // one byte; more would follow
  near.deliver()
  const heartbeat = Uint8Array.of(CONTROL, 0, 0, 0, 0, 4, 0, 0, ...new Uint8Array(1024))
  for (let i = 0; i < 4; i++) near.send(heartbeat)
  near.deliver()
  strictEqual(messages.length, 4)
  timers[0]?.()
  match(String(await over), /LinkError: link: a message got no further within 30000 ms/)
})

test('a peer that sends more than can be processed is cut off', async () => {
  const [near, far] = FakeStream.pair()
  const { link } = open(near)
  const { over } = open(far, { onMessage: () => new Promise(() => {}), maxUnprocessed: 1 << 20 })
  for (let i = 0; i < 1024; i++) link.send(CONTROL, Uint8Array.of(1), 'control') // each counts 1 KiB
  await settle(near)
  strictEqual(far.status, 'open')
  link.send(CONTROL, Uint8Array.of(1), 'control')
  await settle(near)
  match(String(await over), /more than 1048576 bytes came that could not be processed yet/)
})

test('what is processed counts no more', async () => {
  const [near, far] = FakeStream.pair()
  const { link } = open(near)
  open(far, { onMessage: () => Promise.resolve(), maxUnprocessed: 1 << 20 })
  for (let i = 0; i < 20; i++) {
    link.send(BULK, new Uint8Array(1 << 19), 'bulk')
    await settle(near)
  }
  strictEqual(far.status, 'open')
})

test('an error of the handler ends the link with that error', async () => {
  const faults: LinkOptions['onMessage'][] = [
    () => {
      throw new Error('no such word')
    },
    () => Promise.reject(new Error('no such word'))
  ]
  for (const onMessage of faults) {
    const [near, far] = FakeStream.pair()
    const { link } = open(near)
    const { over } = open(far, { onMessage })
    link.send(CONTROL, Uint8Array.of(1), 'control')
    await settle(near)
    strictEqual((await over)?.message, 'no such word')
  }
})

test('close lets out what was sent, on both sides, and is no error', async () => {
  const [near, far] = FakeStream.pair(1000)
  const a = open(near)
  const b = open(far)
  a.link.send(BULK, new Uint8Array(300_000), 'bulk')
  b.link.send(CONTROL, new Uint8Array(0), 'control')
  const closed = a.link.close()
  a.link.send(CONTROL, Uint8Array.of(1), 'control') // too late
  await settle(near, far)
  await closed
  deepStrictEqual(
    b.messages.map(([type, { length }]) => [type, length]),
    [[BULK, 300_000]]
  )
  deepStrictEqual([await a.over, await b.over], [undefined, undefined])
})

test('a link that cannot be closed in time is aborted', async () => {
  const [near] = FakeStream.pair(1000)
  const { link, over } = open(near, {
    timer: (_milliseconds, act) => clearImmediate.bind(null, setImmediate(act))
  })
  link.send(BULK, new Uint8Array(300_000), 'bulk')
  await link.close()
  match(String(await over), /could not be closed within 10000 ms/)
})

test('onClose tells a lost connection, a reset and a message cut short from a polite end', async () => {
  const ends: [end: (near: FakeStream, link: Link) => void, error: RegExp][] = [
    [near => near.lose(), /the connection was lost/],
    [(_near, link) => link.abort('away with it'), /reset/],
    [
      near => {
        near.send(Uint8Array.of(CONTROL, 0, 0, 0, 9))
        void near.close()
      },
      /in the middle of a message/
    ]
  ]
  for (const [end, error] of ends) {
    const [near, far] = FakeStream.pair()
    const { link } = open(near)
    const { over } = open(far)
    await turn()
    end(near, link)
    near.deliver()
    match(String(await over), error)
  }
})

test('over libp2p, both ways at once, messages arrive whole and in order', async t => {
  const [a, b] = await Promise.all([testNode(t), testNode(t)])
  await fc.assert(
    fc.asyncProperty(fc.array(sent), fc.array(sent), async (there, back) => {
      const [near, far] = await openStream(a, b)
      const [nearEnd, farEnd] = [open(near.stream), open(far.stream)]
      for (const { type, parts, priority } of there) nearEnd.link.send(type, parts, priority)
      for (const { type, parts, priority } of back) farEnd.link.send(type, parts, priority)
      await until(() => nearEnd.messages.length === back.length && farEnd.messages.length === there.length)
      check(there, farEnd.messages)
      check(back, nearEnd.messages)
      await Promise.all([nearEnd.link.close(), farEnd.over])
      deepStrictEqual([await nearEnd.over, await farEnd.over], [undefined, undefined])
    }),
    { numRuns: 20 }
  )
})

test('over libp2p, two peers that fill each other’s pipe at once both get through', async t => {
  const [near, far] = await openStream(await testNode(t), await testNode(t))
  const ends = [open(near.stream), open(far.stream)]
  for (const { link } of ends) for (let i = 0; i < 8; i++) link.send(BULK, new Uint8Array(4 << 20), 'bulk')
  await until(() => ends.every(({ messages }) => messages.length === 8))
})

test('over libp2p, control overtakes bulk', async t => {
  const [near, far] = await openStream(await testNode(t), await testNode(t))
  const { link } = open(near.stream)
  const { messages } = open(far.stream)
  link.send(BULK, new Uint8Array(32 << 20), 'bulk')
  await until(() => link.bytesOut > 0)
  link.send(CONTROL, Uint8Array.of(1), 'control')
  await until(() => messages.length === 2)
  deepStrictEqual(
    messages.map(([type]) => type),
    [CONTROL, BULK]
  )
})

test('over libp2p, a reader that stops reading leaves the rest with the link, not with the stream', async t => {
  const [near, far] = await openStream(await testNode(t), await testNode(t))
  far.stream.pause()
  const { link } = open(near.stream)
  for (let i = 0; i < 16; i++) link.send(BULK, new Uint8Array(1 << 20), 'bulk')
  await until(() => near.stream.writableNeedsDrain)
  ok(near.stream.writeBufferLength <= MAX_WRITE_BYTES)
  ok(link.buffered > 14 << 20)
  link.abort('enough')
})

test('over libp2p, hostile bytes end their own link and no other', async t => {
  const [victim, honest, hostile] = await Promise.all([testNode(t), testNode(t), testNode(t)])
  const [near, far] = await openStream(honest, victim)
  const friend = open(near.stream)
  const { messages } = open(far.stream)
  const fragment = (type: number) =>
    Buffer.concat([Uint8Array.of(type, MORE, 0, 0, 0, 255, 0, 0), new Uint8Array(65_280)])
  const attacks: Readonly<Record<string, Uint8Array>> = {
    'another protocol': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'a claim of 4 GiB': Uint8Array.of(BULK, 0, 0, 0, 255, 255, 255, 255),
    'fragments without an end': fragment(CONTROL),
    'unknown fragments without an end': fragment(99),
    'empty fragments': Uint8Array.of(CONTROL, MORE, 0, 0, 0, 0, 0, 0),
    noise: crypto.getRandomValues(new Uint8Array(5000))
  }
  for (const [name, bytes] of Object.entries(attacks)) {
    const [attack, attacked] = await openStream(hostile, victim)
    const { over } = open(attacked.stream)
    while (attack.stream.status === 'open') {
      if (!attack.stream.writableNeedsDrain) attack.stream.send(bytes)
      await turn()
    }
    match(String(await over), /^LinkError: link: /, name)
  }
  friend.link.send(CONTROL, Uint8Array.of(1), 'control')
  await until(() => messages.length === 1)
})
