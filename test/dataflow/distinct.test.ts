import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { distinct } from '../../src/dataflow/distinct.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { chunksOf } from '../../src/stream.ts'
import { type Account, read, source } from './source.ts'

/** The definition: a list of keys, the oldest first. */
function firstsOf<Item>(items: readonly Item[], key: (item: Item) => unknown, most: number): Item[] {
  const keys: unknown[] = []
  return items.filter(item => {
    if (keys.includes(key(item))) return false
    if (keys.push(key(item)) > most) keys.shift()
    return true
  })
}

test('distinct keeps the first of each key among the last `most`', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(12))), fc.integer({ min: 1, max: 8 }), async (chunks, most) => {
      const key = (n: number) => n >> 1
      deepStrictEqual(
        await Array.fromAsync(distinct({ key, most })(source(chunks))),
        firstsOf(chunks.flat(), key, most)
      )
    })
  )
})

test('distinct goes by the items themselves where no key is told', async () => {
  const one = {}
  const items = [1, '1', 1, Number.NaN, Number.NaN, one, {}, one]
  strictEqual((await Array.fromAsync(distinct()(source([items])))).length, 5)
})

test('a key is forgotten by when it was kept, not by when it was last met', async () => {
  const items = ['a', 'b', 'a', 'a', 'c', 'a']
  deepStrictEqual(await Array.fromAsync(distinct({ most: 2 })(source([items]))), ['a', 'b', 'c', 'a'])
})

test('distinct forgets most of a long stream without keeping the place of each key', async () => {
  function* numbers() {
    for (let n = 0; n < 300; n++) yield Array.from({ length: 1000 }, (_, i) => 1000 * n + i)
  }
  let count = 0
  for await (const chunk of chunksOf(distinct<number>({ most: 100_000 })(source(numbers()))))
    count += chunk.length
  strictEqual(count, 300_000)
})

test('distinct keeps chunks and positions, and what loses nothing stays what it is', async () => {
  deepStrictEqual(await read(chunksOf(distinct<number>()(source([[1, 2, 1], [2], [3]])))), [
    { items: [1, 2], at: 2 + 1 },
    { items: [], at: 4 },
    { items: [3], at: 5 }
  ])
  const [words] = await Array.fromAsync(chunksOf(distinct<string[]>()(tokenize()(linesOf(['one two'])))))
  ok(words !== undefined && 'wordEnds' in words)
})

test('each stream is remembered for itself', async () => {
  const operator = distinct<number>()
  deepStrictEqual(await Array.fromAsync(operator(source([[1, 1]]))), [1])
  deepStrictEqual(await Array.fromAsync(operator(source([[1, 1]]))), [1])
})

test('distinct closes its source when the reader stops, and passes its errors on', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  for await (const _ of distinct<number>()(source([[1], [2]], account))) break
  deepStrictEqual(account, { chunks: 1, closed: 1 })
  await rejects(
    Array.fromAsync(distinct<number>()(source([[1]], account, new Error('source broke')))),
    /^Error: source broke$/
  )
  strictEqual(account.closed, 2)
})

test('distinct says which item it could not get a key of', async () => {
  const cause = new Error('no key')
  const failing = distinct({
    key: (n: number) => {
      if (n === 3) throw cause
      return n
    }
  })
  await rejects(Array.fromAsync(failing(source([[1, 2], [3]]))), {
    message: 'distinct: item 2: no key',
    cause
  })
})

test('distinct refuses a bound that is none', () => {
  for (const most of [0, 1.5, 2 ** 24]) {
    throws(() => distinct({ most }), {
      name: 'RangeError',
      message: `distinct: most must be a whole number of keys from 1 to 16777215; got ${most}`
    })
  }
})
