import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { type TestContext, test } from 'node:test'
import {
  ALIVE,
  CLOSE,
  encodeHello,
  encodeNumber,
  encodeOpen,
  HELLO,
  MESSAGE,
  OPEN,
  type Opening
} from '../../src/net/channel-messages.ts'
import { BULK, CRITICAL, MORE } from '../../src/net/frame.ts'
import type { Hello } from '../../src/net/messages.ts'
import type { ChannelEvent } from '../../src/types.ts'
import {
  type ChannelPeer,
  channelPeers,
  complete,
  helloOf,
  type OpenedChannel,
  openAll,
  type RawStream,
  rawStream
} from './channel-peers.ts'
import { framed } from './hostile-peer.ts'
import { testNode, until } from './nodes.ts'

/** Two that keep the rules and share a channel; its number is 1 at both. */
async function honest(t: TestContext): Promise<{ victim: ChannelPeer; channels: OpenedChannel[] }> {
  const peers = await channelPeers(t, 2)
  const channels = openAll(peers, 'words')
  await until(() => complete(channels))
  return { victim: peers[0], channels }
}

/** Each sends the other a message, and it comes. */
async function talk([a, b]: readonly OpenedChannel[]): Promise<void> {
  const before = [a.messages.length, b.messages.length]
  a.send(b.peer, Uint8Array.of(1))
  b.send(a.peer, Uint8Array.of(2))
  await until(() => a.messages.length > before[0] && b.messages.length > before[1])
}

function sayHello(
  { link }: RawStream,
  channels: readonly Opening[] = [],
  changes: Partial<Hello> = {},
  start = 1
): void {
  const { swarm, job, jobText } = helloOf('', changes)
  link.send(HELLO, encodeHello({ swarm, job, jobText, start, channels }), 'bulk')
}

const WORDS = { number: 1, name: 'words' }

interface Attack {
  readonly name: string
  readonly offence: string
  /** Said before: nothing, hello, or hello with the channel. */
  readonly after: 'nothing' | 'hello' | 'open'
  readonly act: (raw: RawStream) => void
}

const attacks: readonly Attack[] = [
  { name: 'another protocol', offence: 'oversize', after: 'nothing', act: raw('GET / HTTP/1.1\r\n\r\n') },
  { name: 'a claim of 4 GiB', offence: 'oversize', after: 'open', act: claim(MESSAGE, 2 ** 32 - 1) },
  {
    name: 'a claim of a message that is too long',
    offence: 'oversize',
    after: 'open',
    act: claim(MESSAGE, 2 ** 20 + 5)
  },
  { name: 'a hello that is too long', offence: 'oversize', after: 'nothing', act: claim(HELLO, 2 ** 16 + 1) },
  { name: 'empty fragments', offence: 'malformed', after: 'hello', act: frame(MESSAGE, 0, MORE | BULK) },
  { name: 'a hello of garbage', offence: 'malformed', after: 'nothing', act: frame(HELLO, 300) },
  {
    name: 'a name that is too long',
    offence: 'malformed',
    after: 'hello',
    act: say(OPEN, encodeOpen({ number: 1, name: 'x'.repeat(65) }))
  },
  {
    name: 'an empty name',
    offence: 'malformed',
    after: 'hello',
    act: say(OPEN, encodeOpen({ number: 1, name: '' }))
  },
  { name: 'a message without a number', offence: 'malformed', after: 'open', act: frame(MESSAGE, 3) },
  {
    name: 'a message before hello',
    offence: 'protocol',
    after: 'nothing',
    act: say(MESSAGE, [encodeNumber(1)])
  },
  { name: 'a second hello', offence: 'protocol', after: 'hello', act: raw => sayHello(raw) },
  {
    name: 'a message to a channel that never was',
    offence: 'protocol',
    after: 'open',
    act: say(MESSAGE, [encodeNumber(2)])
  },
  { name: 'a message to number 0', offence: 'protocol', after: 'open', act: say(MESSAGE, [encodeNumber(0)]) },
  {
    name: 'a message from a channel that it has not open',
    offence: 'protocol',
    after: 'hello',
    act: say(MESSAGE, [encodeNumber(1)])
  },
  {
    name: 'the same number twice',
    offence: 'protocol',
    after: 'open',
    act: say(OPEN, encodeOpen({ number: 1, name: 'more' }))
  },
  {
    name: 'the same name twice',
    offence: 'protocol',
    after: 'open',
    act: say(OPEN, encodeOpen({ number: 2, name: 'words' }))
  },
  {
    name: 'a channel closed that is not open',
    offence: 'protocol',
    after: 'open',
    act: say(CLOSE, [encodeNumber(2)])
  },
  {
    name: 'more channels than may be open',
    offence: 'protocol',
    after: 'hello',
    act: ({ link }) => {
      for (let number = 1; number <= 65; number++) {
        link.send(OPEN, encodeOpen({ number, name: `${number}` }), 'bulk')
      }
    }
  },
  {
    name: 'a channel that opens and closes all the time',
    offence: 'flood',
    after: 'hello',
    act: ({ link }) => {
      for (let number = 1; number <= 1025; number++) {
        link.send(OPEN, encodeOpen({ number, name: 'words' }), 'bulk')
        link.send(CLOSE, [encodeNumber(number)], 'bulk')
      }
    }
  }
]

function raw(text: string): Attack['act'] {
  return ({ stream }) => void stream.send(new TextEncoder().encode(text))
}

function claim(type: number, bytes: number): Attack['act'] {
  return ({ stream }) => {
    const header = framed(type, new Uint8Array(0))
    new DataView(header.buffer).setUint32(4, bytes, true)
    stream.send(header)
  }
}

function frame(type: number, bytes: number, flags = BULK): Attack['act'] {
  return ({ stream }) => void stream.send(framed(type, new Uint8Array(bytes).fill(0xee), flags))
}

function say(type: number, parts: readonly Uint8Array[]): Attack['act'] {
  return ({ link }) => link.send(type, parts, 'bulk')
}

test('whoever breaks the rules is counted, and cut off; the others go on', async t => {
  const { victim, channels } = await honest(t)
  for (const { name, offence, after, act } of attacks) {
    const attacker = await testNode(t)
    const stream = await rawStream(attacker, victim)
    if (after !== 'nothing') sayHello(stream, after === 'open' ? [WORDS] : [])
    if (after === 'open') await until(() => channels[0].members.includes(attacker.peer))
    // What is sent by the link goes behind what it has.
    await until(() => stream.link.buffered === 0)
    act(stream)
    await stream.over
    await until(() => victim.offences.length > 0)
    const counted = victim.offences.splice(0)
    deepStrictEqual([name, ...counted.map(one => one.offence)], [name, offence])
    strictEqual(counted[0].peer, attacker.peer)
    await until(() => channels[0].members.length === 2)
    await talk(channels)
  }
  deepStrictEqual(
    channels[0].changes.filter(([, peer]) => peer === channels[1].peer),
    [['joined', channels[1].peer]]
  )
})

test('a peer that says nothing, and one that opens streams without end, are cut off', async t => {
  const { victim, channels } = await honest(t)
  const [mute, many] = [await testNode(t), await testNode(t)]
  const silent = await rawStream(mute, victim)
  const streams: RawStream[] = []
  for (let i = 0; i < 3; i++) streams.push(await rawStream(many, victim))
  for (const stream of streams) sayHello(stream, [WORDS])
  // The last of them has taken the place of the others.
  await streams[0].over
  await streams[1].over
  await until(() => channels[0].members.includes(many.peer))
  while (victim.offences.every(({ offence }) => offence !== 'flood'))
    await rawStream(many, victim).catch(() => {})
  await silent.over
  ok(victim.offences.some(({ peer, offence }) => peer === mute.peer && offence === 'silent'))
  await talk(channels)
})

test('messages that are not processed are bounded', async t => {
  const [a, b] = await channelPeers(t, 2)
  let unprocessed = 0
  a.channels.channel('words', async event => {
    if (event.type !== 'message') return
    unprocessed += event.bytes.length
    await new Promise(() => {})
  })
  const [from] = openAll([b], 'words')
  await until(() => from.members.length === 2)
  for (let i = 0; i < 64; i++) from.send(a.node.peer, new Uint8Array(1 << 19))
  await until(() => a.offences.length > 0)
  deepStrictEqual([a.offences[0].offence, a.offences[0].peer], ['flood', b.node.peer])
  ok(unprocessed > 15 << 20 && unprocessed < 18 << 20, `${unprocessed}`)
  await until(() => from.changes.some(([type]) => type === 'lost'))
})

test('what the owner of a channel refuses is the sender’s fault', async t => {
  const mistake = new Error('no item begins with 1')
  const refusals: ((event: ChannelEvent) => PromiseLike<unknown>)[] = [
    event => {
      if (event.type === 'message') throw mistake
      return Promise.resolve()
    },
    async event => {
      if (event.type === 'message') throw mistake
    }
  ]
  for (const refusal of refusals) {
    const [a, b] = await channelPeers(t, 2)
    a.channels.channel('words', refusal)
    const [from] = openAll([b], 'words')
    await until(() => from.members.length === 2)
    from.send(a.node.peer, Uint8Array.of(1))
    await until(() => a.offences.length > 0)
    const { offence, reason } = a.offences[0]
    deepStrictEqual([offence, reason], ['protocol', 'channel words: no item begins with 1'])
    await until(() => from.changes.some(([type]) => type === 'lost'))
  }
})

test('a peer of another swarm or job is refused with words, on both sides, and is no offender', async t => {
  const { victim, channels } = await honest(t)
  const others: [Partial<Hello>, RegExp][] = [
    [{ swarm: 'other' }, /it is in the swarm "other", not "test"/],
    [{ job: 'b', jobText: '{"model":"large"}' }, /its job is another: model "large" there and "small" here/]
  ]
  for (const [changes, reason] of others) {
    const stream = await rawStream(await testNode(t), victim)
    sayHello(stream, [WORDS], changes)
    await stream.over
    match(victim.mismatches.at(-1) ?? '', reason)
    // It has been told what the victim is in, so that it can say so to its own user.
    strictEqual(stream.came[0]?.[0], HELLO)
  }
  deepStrictEqual([victim.offences, channels[0].members.length], [[], 2])
})

test('what this version does not know is skipped, unless it must not be', async t => {
  const { victim, channels } = await honest(t)
  const attacker = await testNode(t)
  const stream = await rawStream(attacker, victim)
  sayHello(stream, [WORDS])
  stream.link.send(99, new Uint8Array(1 << 20), 'bulk')
  stream.link.send(ALIVE, new Uint8Array(0), 'bulk')
  stream.link.send(MESSAGE, [Uint8Array.of(5), encodeNumber(1)], 'bulk')
  await until(() => channels[0].messages.length === 1)
  deepStrictEqual([channels[0].messages[0].peer, [...channels[0].messages[0].bytes]], [attacker.peer, [5]])
  stream.stream.send(framed(99, new Uint8Array(1), BULK | CRITICAL))
  await stream.over
  deepStrictEqual(victim.offences, [])
  await talk(channels)
})
