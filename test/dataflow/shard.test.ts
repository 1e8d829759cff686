import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { hashText } from '../../src/dataflow/line-hash.ts'
import { living, part, rendezvous, shard } from '../../src/dataflow/shard.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { chunksOf } from '../../src/stream.ts'
import type { TextChunk } from '../../src/types.ts'
import { randomRows } from '../random.ts'
import { read, source } from './source.ts'

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 12 })
const hash = fc.nat(2 ** 32 - 1)
// Like the hashes of many different lines.
const hashes = Float64Array.from(randomRows(50_000, 2 ** 16, 1), (high, i) => high * 2 ** 16 + (i % 2 ** 16))

test('each line is kept by exactly one of any members', () => {
  fc.assert(
    fc.property(names, fc.array(hash, { maxLength: 50 }), (members, hashes) => {
      const parts = members.map(self => rendezvous(members, self))
      for (const hash of hashes) strictEqual(parts.filter(mine => mine(hash)).length, 1)
    })
  )
})

test('members agree whatever the order they know each other in, and whether they name themselves', () => {
  fc.assert(
    fc.property(names, hash, fc.nat(), (members, hash, turn) => {
      const self = members[turn % members.length] as string
      const others = members.filter(name => name !== self)
      const mine = rendezvous(members, self)(hash)
      strictEqual(rendezvous(members.toReversed(), self)(hash), mine)
      strictEqual(rendezvous(others, self)(hash), mine)
    })
  )
})

test('when a member leaves, only its lines move', () => {
  fc.assert(
    fc.property(names, fc.array(hash, { maxLength: 50 }), fc.nat(), (members, hashes, turn) => {
      const gone = members[turn % members.length] as string
      const left = members.filter(name => name !== gone)
      for (const self of left) {
        const before = rendezvous(members, self)
        const after = rendezvous(left, self)
        const wasGone = rendezvous(members, gone)
        for (const hash of hashes) if (before(hash) !== after(hash)) ok(after(hash) && wasGone(hash))
      }
    })
  )
})

test('shares are as equal as chance allows', () => {
  fc.assert(
    fc.property(names, members => {
      const share = 1 / members.length
      // Chance is in what buckets a member has, and in what lines fall into them.
      const deviation = Math.sqrt(share * (1 - share) * (1 / 2 ** 16 + 1 / hashes.length))
      for (const self of members) {
        const kept = hashes.filter(rendezvous(members, self)).length / hashes.length
        ok(Math.abs(kept - share) <= 5 * deviation, `${self}: ${kept} of ${members.length} members`)
      }
    }),
    { numRuns: 20 }
  )
})

test('each line is in exactly one of any number of fixed parts, and these are equal', () => {
  const parts = Array.from({ length: 7 }, (_, i) => part(i + 1, 7)())
  for (const mine of parts) ok(Math.abs(hashes.filter(mine).length / hashes.length - 1 / 7) < 0.01)
  fc.assert(
    fc.property(hash, hash => {
      strictEqual(parts.filter(mine => mine(hash)).length, 1)
    })
  )
})

test('a part that is none is refused', () => {
  const message = (index: string, count: string) =>
    `shard: wanted a part from 1 to the number of parts; got ${index} of ${count}`
  throws(() => part(0, 3), { name: 'RangeError', message: message('0', '3') })
  throws(() => part(4, 3), { name: 'RangeError', message: message('4', '3') })
  throws(() => part(1, 2.5), { name: 'RangeError', message: message('1', '2.5') })
})

const text = fc.array(fc.string({ unit: 'grapheme' }).map(line => line.replaceAll(/[\r\n]/g, '')))

test('of text as bytes the same lines are kept as of the same text as strings', async () => {
  await fc.assert(
    fc.asyncProperty(text, async lines => {
      const half = () => rendezvous(['a', 'b'], 'a')
      const wellFormed = lines.map(line => line.toWellFormed())
      const wanted = wellFormed.filter(line => half()(hashText(line)))
      deepStrictEqual(await Array.fromAsync(shard(half)(linesOf(wellFormed))), wanted)
      deepStrictEqual(await Array.fromAsync(shard(half)(source([wellFormed]))), wanted)
    })
  )
})

test('a chunk of text stays one of bytes, keeps its position, and can be cut into words', async () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${i}`)
  const first = part(1, 3)
  const chunks = await Array.fromAsync(chunksOf(shard(first)(linesOf(lines))))
  const wanted = lines.filter(line => first()(hashText(line)))
  strictEqual(chunks.length, 1)
  const [chunk] = chunks as TextChunk[]
  strictEqual(Buffer.from(chunk?.bytes ?? []).toString(), wanted.join(''))
  strictEqual(chunk?.length, wanted.length)
  deepStrictEqual(chunk?.position, { bytes: lines.join('\n').length + 1, share: 1 })

  const words = await Array.fromAsync(pipe(linesOf(lines), shard(first), tokenize()))
  deepStrictEqual(
    words,
    wanted.map(line => line.split(' '))
  )
})

test('a chunk of which nothing is left keeps its position', async () => {
  const none = shard(() => () => false)
  deepStrictEqual(await read(chunksOf(none(source([['a', 'b'], ['c']])))), [
    { items: [], at: 2 },
    { items: [], at: 3 }
  ])
})

test('members that come and go change what is kept from the next chunk on, without a line lost', async () => {
  const chunks = Array.from({ length: 4 }, (_, chunk) =>
    Array.from({ length: 50 }, (_, i) => `${chunk} ${i}`)
  )
  const members = [['a', 'b'], ['a'], ['a', 'b', 'c'], ['c', 'b', 'a']]
  const kept = async (self: string) => {
    let asked = 0
    return await read(chunksOf(shard(living(() => members[asked++] ?? [], self))(source(chunks))))
  }
  const [a, b, c] = [await kept('a'), await kept('b'), await kept('c')]
  strictEqual(a[1]?.items.length, 50)
  for (const chunk of [2, 3]) {
    const all = [a, b, c].flatMap(parts => parts[chunk]?.items ?? [])
    deepStrictEqual(all.toSorted(), chunks[chunk]?.toSorted())
    for (const parts of [a, b, c]) ok((parts[chunk]?.items.length ?? 0) > 0)
  }
})

test('what is not text is refused', async () => {
  const numbers = source([[1]]) as unknown as AsyncIterable<string>
  await rejects(Array.fromAsync(shard(part(1, 2))(numbers)), {
    name: 'TypeError',
    message: 'shard: wanted lines of text; got number'
  })
})
