import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { map } from '../../src/dataflow/map.ts'
import { chunksOf } from '../../src/stream.ts'
import { read, source } from './source.ts'

test('map keeps chunks and their positions', async () => {
  const doubled = map((n: number) => 2 * n)(source([[1, 2], [], [3]]))
  deepStrictEqual(await read(chunksOf(doubled)), [
    { items: [2, 4], at: 2 },
    { items: [], at: 2 },
    { items: [6], at: 3 }
  ])
})

test('map hands on an answer it has waited for before it takes the next item', async () => {
  const taken: number[] = []
  const slow = map(async (n: number) => {
    taken.push(n)
    return n
  })
  for await (const n of slow(source([[1, 2, 3]]))) if (n === 2) break
  deepStrictEqual(taken, [1, 2])
})

test('map says which item its function failed for, and keeps the error', async () => {
  const cause = new TypeError('no length')
  for (const fail of [
    () => {
      throw cause
    },
    () => Promise.reject(cause)
  ]) {
    const failing = map((n: number) => (n === 30 ? fail() : n))
    const error = await Array.fromAsync(failing(source([[10, 20], [30]]))).catch(error => error)
    strictEqual(error.message, 'map: item 2: no length')
    strictEqual(error.cause, cause)
  }
})

test('map takes a plain async iterable and what is thrown that is no error', async () => {
  async function* plain() {
    yield 1
  }
  const failing = map((): number => {
    throw 'up'
  })
  await rejects(Array.fromAsync(failing(plain())), { message: 'map: item 0: up', cause: 'up' })
})
