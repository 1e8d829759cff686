import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { chunksOf } from '../../src/stream.ts'
import { type Account, read, source } from './source.ts'

test('flatMap takes from an endless answer only what is read', async () => {
  let made = 0
  function* numbers() {
    for (;;) yield made++
  }
  const seen: number[] = []
  for await (const n of flatMap(numbers)(source([['go']]))) if (seen.push(n) === 3) break
  deepStrictEqual(seen, [0, 1, 2])
  strictEqual(made, 8192, 'one chunk of them')
})

test('flatMap closes the stream it is in when the reader stops', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  for await (const _ of flatMap(() => source([[1], [2]], account))(source([['go']]))) break
  deepStrictEqual(account, { chunks: 1, closed: 1 })
})

test('flatMap gives a position only when all before it is out, and never one of another source', async () => {
  const sync = flatMap((n: number) => Array.from({ length: n }, () => n))
  const [first, last, ...more] = await read(chunksOf(sync(source([[8192, 1]]))))
  deepStrictEqual([first?.items.length, first?.at], [8192, undefined])
  deepStrictEqual([last?.items, last?.at, more.length], [[1], 2, 0])

  const streams = flatMap((n: number) => source([[n], [n, n]]))
  deepStrictEqual(await read(chunksOf(streams(source([[7]])))), [
    { items: [7], at: undefined },
    { items: [7, 7], at: undefined },
    { items: [], at: 1 }
  ])
})

test('flatMap says which item its function, or what it answered, failed for', async () => {
  const cause = new Error('no more')
  function* breaking() {
    yield 1
    throw cause
  }
  await rejects(Array.fromAsync(flatMap((n: number) => (n === 5 ? breaking() : []))(source([[4, 5]]))), {
    message: 'flatMap: item 1: no more',
    cause
  })
  await rejects(Array.fromAsync(flatMap(() => source([[1]], undefined, cause))(source([[4, 5]]))), {
    message: 'flatMap: item 0: no more',
    cause
  })
})
