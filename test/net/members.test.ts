import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checkMember,
  type Known,
  Members,
  MOST_IN_MESSAGE,
  MOST_MEMBERS,
  note
} from '../../src/net/members.ts'
import type { Member } from '../../src/net/messages.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'

const record = (peer: string, version: number, more: Partial<Member> & { start?: number } = {}): Member => {
  const { start = 5, ...rest } = more
  return {
    age: { start, peer },
    addresses: [`/ip4/10.0.0.1/tcp/1/p2p/${peer}`],
    version,
    source: '',
    position: 0,
    words: 0,
    packs: 0,
    finished: false,
    left: false,
    ...rest
  }
}
const peers = (records: readonly Member[]) => records.map(one => one.age.peer)
const fresh = () => new Members({ start: 3, peer: 'me' }, ['/ip4/10.0.0.2/tcp/1'])

test('the greatest version of the latest start counts, in whatever order records come', () => {
  const one = fc.record({ version: fc.nat({ max: 5 }), start: fc.nat({ max: 3 }) })
  fc.assert(
    fc.property(fc.array(one, { minLength: 1 }), records => {
      const members = fresh()
      for (const { version, start } of records) members.learn(record('a', version, { start }), 0)
      const [best] = records.sort((a, b) => b.start - a.start || b.version - a.version)
      strictEqual(members.get('a')?.version, best?.version)
      strictEqual(members.get('a')?.age.start, best?.start)
    })
  )
})

test('a record not refreshed for 12 s is of a dead peer, and after 60 s it is forgotten', () => {
  const members = fresh()
  members.learn(record('a', 1), 0)
  members.learn(record('b', 1), 0)
  members.learn(record('b', 2), 5_000)
  deepStrictEqual(peers(members.list(11_999)), ['me', 'a', 'b'])
  deepStrictEqual(peers(members.list(12_000)), ['me', 'b'])
  strictEqual(members.learn(record('a', 1), 13_000), 'old', 'the same once more is no sign of life')
  deepStrictEqual(members.expire(59_999), [])
  deepStrictEqual(members.expire(60_000), ['a'])
  strictEqual(members.get('a'), undefined)
  ok(members.get('b'))
})

test('it tells what is news from what makes a peer living', () => {
  const members = fresh()
  strictEqual(members.learn(record('a', 1), 0), 'new')
  strictEqual(members.learn(record('a', 2), 1_000), 'news')
  strictEqual(members.learn(record('a', 2), 1_000), 'old')
  strictEqual(members.learn(record('a', 3), 20_000), 'new', 'it was taken for dead')
  strictEqual(members.learn(record('a', 1, { start: 6 }), 20_000), 'new', 'it has started again')
})

test('after a good-bye an older record is no news, but a new start is', () => {
  const members = fresh()
  members.learn(record('a', 7, { left: true }), 0)
  strictEqual(members.learn(record('a', 6), 1_000), 'old')
  strictEqual(members.living('a', 1_000), false)
  members.learn(record('a', 1, { start: 9 }), 2_000)
  strictEqual(members.living('a', 2_000), true)
})

test('what a link knows is not sent on it again, nor what is not fresh', () => {
  const members = fresh()
  const known: Known = new Map()
  members.learn(record('a', 1), 0)
  deepStrictEqual(peers(members.news(known, 0)), ['me', 'a'])
  deepStrictEqual(peers(members.news(known, 1)), [])
  members.refresh()
  const came = record('a', 2)
  note(known, came)
  members.learn(came, 2)
  deepStrictEqual(peers(members.news(known, 2)), ['me'], 'not back where it came from')
  members.learn(record('b', 1), 3)
  deepStrictEqual(peers(members.news(new Map(), 13_000)), ['me'])
})

test('a long list goes in parts: this peer and the oldest first', () => {
  const members = fresh()
  for (let i = 0; i < 700; i++) members.learn(record(`p${i}`, 1, { start: 1000 - i }), 0)
  const known: Known = new Map()
  const first = members.news(known, 0)
  strictEqual(first.length, MOST_IN_MESSAGE)
  deepStrictEqual(peers(first.slice(0, 2)), ['me', 'p699'])
  const rest = [members.news(known, 0), members.news(known, 0), members.news(known, 0)]
  strictEqual(new Set(peers([...first, ...rest.flat()])).size, 701)
})

test('there is room for 1,024 others; a dead one gives way, a living one does not', () => {
  const members = fresh()
  for (let i = 0; i < MOST_MEMBERS; i++) members.learn(record(`p${i}`, 1), i === 3 ? 0 : 5_000)
  strictEqual(members.learn(record('late', 1), 6_000), 'old')
  strictEqual(members.learn(record('late', 1), 13_000), 'new')
  strictEqual(members.get('p3'), undefined)
  strictEqual(members.list(13_000).length, MOST_MEMBERS + 1)
})

test('what others say of this peer does not change it, but a version left by an earlier process is outdone', () => {
  const members = fresh()
  members.report({ words: 7 })
  strictEqual(members.learn(record('me', 40, { start: 3, words: 1, left: true }), 0), 'old')
  strictEqual(members.own.version, 41)
  strictEqual(members.own.words, 7)
  strictEqual(members.own.left, false)
  members.learn(record('me', 99, { start: 8 }), 0)
  strictEqual(members.own.age.start, 3)
  strictEqual(members.own.version, 41)
  members.learn(record('me', Number.MAX_SAFE_INTEGER, { start: 3 }), 0)
  strictEqual(members.own.version, 41, 'nobody can use up the versions')
})

test('a record that no peer may send is refused, and says why', () => {
  checkMember(record('a', 1))
  const wrong: [RegExp | typeof ProtocolError, Member][] = [
    [/member a: version must be a whole number, 0 or more; got -1/, record('a', -1)],
    [/version/, record('a', 2 ** 53)],
    [/words/, record('a', 1, { words: Number.NaN })],
    [/position/, record('a', 1, { position: 0.5 })],
    [/packs/, record('a', 1, { packs: -3 })],
    [/addresses must be at most 8; got 9/, record('a', 1, { addresses: Array(9).fill('/ip4/10.0.0.1') })],
    [/an address must be of at most 255 bytes/, record('a', 1, { addresses: ['é'.repeat(128)] })],
    [/source/, record('a', 1, { source: 's'.repeat(4097) })],
    [/start/, record('a', 1, { start: 1.5 })],
    [ProtocolError, record('', 1)]
  ]
  for (const [error, member] of wrong) throws(() => checkMember(member), error)
})

test('of its own addresses it tells the first eight that are not too long, each once', () => {
  const members = fresh()
  members.report({ addresses: ['a', 'a', 'x'.repeat(256), ...'bcdefghij'] })
  deepStrictEqual(members.own.addresses, [...'abcdefgh'])
})
