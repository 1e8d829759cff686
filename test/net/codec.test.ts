import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCodec } from '../../src/net/codec.ts'
import { CodecError } from '../../src/net/codec-error.ts'
import type { Content } from '../../src/net/content.ts'
import { isControl, limitOf, type MessageName, nameOf, numberOf } from '../../src/net/message-types.ts'
import type { Member, Message } from '../../src/net/messages.ts'
import type { RowNames } from '../../src/types.ts'
import { randomRows } from '../random.ts'
import { joined, meaning, tableShape } from './deltas.ts'
import { WordNames } from './row-names.ts'
import { messages } from './some-messages.ts'

const words = Array.from({ length: 40 }, (_, i) => `word${i}`)
const tables = [tableShape('input', 4, 2 ** 20), tableShape('output', 8, 2 ** 20)]
const arbitraries = messages(tables, words.length)
const all = Object.keys(arbitraries) as MessageName[]
const anyMessage = fc.oneof(...Object.values(arbitraries))

const newCodec = (names: RowNames = new WordNames(2 ** 20, words)) => createCodec({ tables, names })

for (const name of all) {
  test(`what is written of ${name} reads the same`, () => {
    fc.assert(
      fc.property(arbitraries[name], message => {
        const names = new WordNames(1000, words)
        const others = new WordNames(1000, words.slice(10).reverse())
        const { type, parts, control } = newCodec(names).encode(message)
        strictEqual(type, numberOf(name))
        strictEqual(control, isControl(type))
        const bytes = joined(parts)
        const kept = bytes.slice()
        const decoded = newCodec(others).decode(type, bytes)
        deepStrictEqual(shown(decoded, others), shown(message, names))
        deepStrictEqual(bytes, kept)
        bytes.fill(0xff)
        deepStrictEqual(shown(decoded, others), shown(message, names)) // nothing of the bytes is kept
      })
    )
  })
}

test('each message goes by the number of protocol 1; only those of the tree and ack are control', () => {
  const numbers = Object.fromEntries(all.map(name => [name, numberOf(name)]))
  deepStrictEqual(numbers, {
    hello: 1,
    attach: 2,
    attached: 3,
    redirect: 4,
    members: 5,
    goodbye: 6,
    ack: 16,
    vector: 17,
    'want-state': 18,
    'must-adopt': 19,
    adopted: 20,
    refused: 21,
    recall: 22,
    frame: 32,
    state: 33
  })
  for (const name of all) strictEqual(nameOf(numberOf(name)), name)
  const control = all.filter(name => isControl(numberOf(name)))
  deepStrictEqual(control, ['hello', 'attach', 'attached', 'redirect', 'members', 'goodbye', 'ack'])
  strictEqual(nameOf(7), undefined)
  throws(() => newCodec().decode(7, new Uint8Array(0)), /link: type 7: a message must be of a known type/)
})

test('the bytes are those of protocol 1', () => {
  const codec = newCodec()
  const hex = (message: Message<Content>) => Buffer.from(joined(codec.encode(message).parts)).toString('hex')
  const age = { start: 2 ** 40 + 1, peer: 'p' }
  const hello = { swarm: 's', job: 'j', jobText: '{}', features: ['f'], children: 1, maxChildren: 4 }
  strictEqual(
    hex({ type: 'hello', ...hello, age, parent: undefined }),
    '01007301006a02007b7d010000000001000001007001000000010066010000000400000000'
  )
  const change = {
    rows: Uint32Array.of(1),
    shifts: Uint8Array.of(3),
    accumulators: Int32Array.of(-2),
    counts: Uint32Array.of(1)
  }
  const delta = [
    { ...change, dim: 4, values: Int8Array.of(1, 2, 3, -4) },
    { ...change, dim: 8, values: Int16Array.of(1, 2, 3, 4, 5, 6, 7, 300) }
  ]
  strictEqual(
    hex({
      type: 'frame',
      waited: 1.5,
      ranges: new Map([['p/1', [2, 3]]]),
      content: { words: 9, delta }
    }),
    '000000000000f83f010000000300702f31020000000000000003000000000000000900000000000000' +
      '0000000200000001000000010000002ad6a7d0a640303901000000' +
      '04776f726431000004000000010000000400000001000000feffffff21c3000003000000' +
      '08000000010000001000000001000000feffffff01000200030004000500060007002c0103000000'
  )
})

test('a message may be as long as the tables make it, and no longer', () => {
  const limit = (name: MessageName, shapes = tables) => limitOf(numberOf(name), shapes) ?? 0
  strictEqual(limit('goodbye'), 1024)
  strictEqual(limit('hello'), 64 * 1024)
  strictEqual(limit('members'), 256 * 1024)
  strictEqual(limit('redirect'), 256 * 1024)
  strictEqual(limit('vector'), 2 ** 20)
  strictEqual(limitOf(7, tables), undefined)
  const small = [tableShape('input', 100, 1000), tableShape('output', 100, 1000)]
  ok(limit('frame', small) > 1000 * 2 * 400 && limit('frame', small) < 3 * 2 ** 20)
  strictEqual(limit('want-state', small), 1024 + 1000 * 24)
  strictEqual(limit('state', [tableShape('huge', 1024, 2 ** 24)]), 512 * 2 ** 20)
  for (const name of all) {
    throws(
      () => newCodec().decode(numberOf(name), new Uint8Array(Math.min(limit(name), 2 ** 21) + 1)),
      CodecError
    )
  }
})

test('the largest message there can be is within its limit', () => {
  const capacity = 70
  const shapes = [tableShape('input', 4, capacity), tableShape('output', 8, capacity)]
  const texts = Array.from({ length: capacity }, (_, i) => `${i}`.padStart(256, 'x'))
  const codec = createCodec({ tables: shapes, names: new WordNames(capacity, texts) })
  const delta = shapes.map(({ dim }) => ({
    dim,
    rows: Uint32Array.from({ length: capacity }, (_, i) => i),
    shifts: new Uint8Array(capacity),
    values: new Int32Array(capacity * dim).fill(2 ** 30),
    accumulators: new Int32Array(capacity),
    counts: new Uint32Array(capacity)
  }))
  const message: Message<Content> = {
    type: 'state',
    adoption: 1,
    vector: new Map(),
    state: { words: 0, delta },
    unknown: Uint32Array.from({ length: capacity * 2 }, (_, i) => i),
    last: true
  }
  const { type, parts } = codec.encode(message)
  const bytes = joined(parts).length
  ok(bytes + 2 ** 20 <= (limitOf(type, shapes) ?? 0))
})

test('what cannot be said is a mistake of the caller, and a long reason is cut', () => {
  const codec = newCodec()
  throws(
    () => codec.encode({ type: 'ack', frames: 1.5 }),
    /codec: the frames must be a whole number.*got 1.5/
  )
  throws(() => codec.encode({ type: 'ack', frames: 2 ** 53 }), RangeError)
  throws(() => codec.encode({ type: 'adopted', adoption: -1 }), RangeError)
  const { parts } = codec.encode({ type: 'goodbye', reason: `x${'語'.repeat(500)}`, again: true })
  const { reason } = newCodec().decode(6, joined(parts)) as Extract<Message<Content>, { type: 'goodbye' }>
  strictEqual(reason, `x${'語'.repeat(333)}`)
  const member: Member = {
    age: { start: 1, peer: 'p' },
    addresses: [],
    version: 1,
    source: 'x'.repeat(4096),
    position: 0,
    words: 0,
    packs: 0,
    finished: false,
    left: false
  }
  throws(
    () => codec.encode({ type: 'members', members: Array.from({ length: 100 }, () => member) }),
    /codec: members must be at most 262144 bytes; got 41\d{4}/
  )
})

test('numbers, booleans and lists that cannot be are refused, each with its reason', () => {
  const refused: [MessageName, number[], RegExp][] = [
    [
      'ack',
      [0, 0, 0, 0, 0, 0, 32, 0],
      /link: ack: the frames must be from 0 to 2\^53 - 1; got 9007199254740992/
    ],
    ['ack', [1, 0, 0, 0, 0, 0, 0], /the frames must have 8 bytes; got 7/],
    ['ack', [1, 0, 0, 0, 0, 0, 0, 0, 0], /nothing must follow; got 1 bytes more/],
    ['attach', [0], /link: attach: nothing must follow/],
    ['goodbye', [2, 0, 0], /again must be at most 1; got 2/],
    ['goodbye', [0, 1, 0, 0xff], /the reason must be UTF-8/],
    ['goodbye', [0, 2, 0, 65], /the reason must have 2 bytes; got 1/],
    ['members', [0xff, 0xff, 0xff, 0xff], /the number of members must be at most 16384/],
    ['members', [2, 0, 0, 0, ...zeros(60)], /2 members must have at least 102 bytes; got 60/],
    ['vector', [...zeros(8), 1, 0, 0, 0, 0, 0, ...zeros(9)], /an origin must be of 1 to 256 bytes; got 0/],
    ['vector', [...zeros(8), 2, 0, 0, 0, ...origin(5), ...origin(6)], /an origin must come once; got p/],
    ['vector', [...zeros(8), 0, 0, 1, 0], /65536 origins must have at least 720896 bytes; got 0/],
    ['want-state', [0, 0, 16, 0], /1048576 rows must have at least 25165824 bytes; got 0/],
    ['want-state', [2, 0, 0, 0, ...zeros(48)], /a key must come once/],
    ['frame', [...f64(Number.NaN), ...zeros(40)], /the time waited must be from 0 to 2\^53 - 1; got NaN/],
    ['frame', [...f64(-1), ...zeros(40)], /the time waited must be from 0 .*got -1/],
    ['frame', [...f64(Number.POSITIVE_INFINITY), ...zeros(40)], /the time waited .*got Infinity/],
    ['frame', [...zeros(8), 1, 0, 0, 0, ...origin(0), ...zeros(8)], /the first pack must be from 1 to/],
    ['frame', [...zeros(8), 1, 0, 0, 0, ...origin(3), 2, ...zeros(7)], /the last pack must be from 3 to/]
  ]
  for (const [name, bytes, reason] of refused) {
    throws(
      () => newCodec().decode(numberOf(name), Uint8Array.from(bytes)),
      (error: unknown) => error instanceof CodecError && reason.test(error.message),
      `${name} ${bytes}`
    )
  }
})

test('20,000 broken messages each are a message or a CodecError, take no memory they did not bring, and admit nothing', () => {
  const seed = 20
  const samples = fc.sample(anyMessage, { numRuns: 400, seed }).map(message => {
    const { type, parts } = newCodec().encode(message)
    return { type, bytes: joined(parts) }
  })
  const random = randomRows(1_000_000, 2 ** 24, seed)
  let drawn = 0
  const below = (limit: number) => random[drawn++ % random.length] % limit
  let sound = 0
  let others = new WordNames(2 ** 20, words.slice(20))
  let codec = newCodec(others)
  for (let i = 0; i < 20_000; i++) {
    if (i % 500 === 0) {
      others = new WordNames(2 ** 20, words.slice(20))
      codec = newCodec(others)
    }
    const sample = samples[below(samples.length)]
    const type = below(20) === 0 ? below(40) : sample.type
    const bytes = broken(sample.bytes, samples[below(samples.length)].bytes, below)
    const before = others.size
    const held = process.memoryUsage().arrayBuffers
    try {
      const message = codec.decode(type, bytes)
      sound++
      newCodec(others).encode(message)
    } catch (error) {
      ok(error instanceof CodecError, `mutation ${i}: ${error instanceof Error ? error.stack : error}`)
      if (!/must belong to its key/.test(error.message)) strictEqual(others.size, before, `mutation ${i}`)
    }
    const taken = process.memoryUsage().arrayBuffers - held
    ok(taken < 256 * 1024 + bytes.length * 20, `mutation ${i}: ${bytes.length} bytes took ${taken}`)
  }
  ok(sound > 1000 && sound < 19_000, `${sound} of 20000 were sound`)
})

/** Bits flipped, an end cut off, a number made large, another message behind it or in it, or nothing but noise. */
function broken(bytes: Uint8Array, other: Uint8Array, below: (limit: number) => number): Uint8Array {
  const kind = below(6)
  const at = bytes.length === 0 ? 0 : below(bytes.length)
  if (kind === 0) return bytes.slice(0, at)
  if (kind === 1) return joined([bytes, other])
  if (kind === 2) return Uint8Array.from({ length: below(200) }, () => below(256))
  if (kind === 3) return joined([bytes.subarray(0, at), other.subarray(0, below(64)), bytes.subarray(at)])
  const changed = bytes.slice()
  if (kind === 4) {
    for (let flips = below(4); flips >= 0 && bytes.length > 0; flips--)
      changed[below(bytes.length)] ^= 1 << below(8)
  } else if (bytes.length >= 4) {
    const claims = [0xffffffff, 0x7fffffff, 2 ** 20, 2 ** 20 - 1, 2 ** 16, 0, 1, below(100)]
    const start = below(bytes.length - 3) & (below(2) === 0 ? ~3 : ~0)
    new DataView(changed.buffer).setUint32(start, claims[below(claims.length)], true)
  }
  return changed
}

/** A message with its rows by name, so that two peers' can be compared. */
function shown(message: Message<Content>, names: RowNames): object {
  const content = ({ words, delta }: Content) => ({ words, delta: meaning(delta, names) })
  if (message.type === 'frame') return { ...message, content: content(message.content) }
  if (message.type === 'state') return { ...message, state: content(message.state) }
  return message
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}

function f64(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)]
}

/** An origin and a number. */
function origin(value: number): number[] {
  return [1, 0, 'p'.charCodeAt(0), value, ...zeros(7)]
}
