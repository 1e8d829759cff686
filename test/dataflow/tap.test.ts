import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { tap } from '../../src/dataflow/tap.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { chunksOf } from '../../src/stream.ts'
import { type Account, read, source } from './source.ts'

const later = () => new Promise<void>(resolve => setImmediate(resolve))

test('tap sees every item and changes nothing, whether it answers at once or now and then later', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(9))), fc.nat(9), async (chunks, limit) => {
      const seen: number[] = []
      const tapped = tap((n: number) => {
        seen.push(n)
        return n < limit ? later() : n
      })
      deepStrictEqual(await Array.fromAsync(tapped(source(chunks))), chunks.flat())
      deepStrictEqual(seen, chunks.flat())
    }),
    { numRuns: 50 }
  )
})

test('tap hands chunks on as they are, with their positions', async () => {
  const words = await Array.fromAsync(chunksOf(tokenize()(linesOf(['one two', 'three']))))
  const [same] = await Array.fromAsync(chunksOf(tap(() => {})(replay(words))))
  strictEqual(same, words[0])
  deepStrictEqual(await read(chunksOf(tap(later)(source([[1, 2], [], [3]])))), [
    { items: [1], at: undefined },
    { items: [2], at: undefined },
    { items: [], at: 2 },
    { items: [], at: 2 },
    { items: [3], at: undefined },
    { items: [], at: 3 }
  ])
})

function replay<Chunk extends Iterable<unknown>>(chunks: readonly Chunk[]) {
  return {
    async *chunks() {
      yield* chunks
    },
    async *[Symbol.asyncIterator]() {
      for (const chunk of chunks) yield* chunk
    }
  }
}

test('an item goes on when tap has waited for its answer, and before tap takes the next', async () => {
  const log: string[] = []
  const tapped = tap(async (n: number) => {
    log.push(`begin ${n}`)
    await later()
    log.push(`end ${n}`)
  })
  for await (const n of tapped(source([[1, 2, 3]]))) {
    log.push(`read ${n}`)
    if (n === 2) break
  }
  deepStrictEqual(log, ['begin 1', 'end 1', 'read 1', 'begin 2', 'end 2', 'read 2'])
})

test('tap closes its source when the reader stops, and passes its errors on', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  for await (const _ of tap(() => {})(source([[1], [2]], account))) break
  deepStrictEqual(account, { chunks: 1, closed: 1 })
  await rejects(
    Array.fromAsync(tap(() => {})(source([[1]], account, new Error('source broke')))),
    /^Error: source broke$/
  )
  strictEqual(account.closed, 2)
})
