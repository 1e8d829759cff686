import { deepStrictEqual, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { chunkAt, chunksOf, stream } from '../src/stream.ts'
import type { Chunk } from '../src/types.ts'

function of<Item>(chunks: readonly Chunk<Item>[], onClose = () => {}) {
  return stream(async function* () {
    try {
      yield* chunks
    } finally {
      onClose()
    }
  })
}

async function* plain<Item>(items: readonly Item[]) {
  yield* items
}

test('a stream gives the same items one by one and in chunks', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer())), async chunks => {
      deepStrictEqual(await Array.fromAsync(of(chunks)), chunks.flat())
      deepStrictEqual(await Array.fromAsync(of(chunks).chunks()), chunks)
    }),
    { numRuns: 50 }
  )
})

test('chunksOf hands out the chunks of a stream as they are, and plain items as chunks of one', async () => {
  deepStrictEqual(await Array.fromAsync(chunksOf(of([[1, 2], [3]]))), [[1, 2], [3]])
  deepStrictEqual(await Array.fromAsync(chunksOf(plain([1, 2]))), [[1], [2]])
})

test('a stream has one reader, once', async () => {
  const items = of([[1]])
  await Array.fromAsync(items)
  await rejects(Array.fromAsync(items), /^Error: stream: wanted one reader, once; it has been read already/)
})

for (const [how, read] of [
  ['one by one', (items: ReturnType<typeof of>) => items],
  ['in chunks', (items: ReturnType<typeof of>) => chunksOf(items)]
] as const) {
  test(`a reader that stops early closes the source, read ${how}`, async () => {
    let closed = 0
    for await (const _ of read(of<unknown>([[1], [2]], () => closed++))) break
    strictEqual(closed, 1)
  })

  test(`a reader that throws closes the source, read ${how}`, async () => {
    let closed = 0
    const reading = (async () => {
      for await (const _ of read(of<unknown>([[1], [2]], () => closed++))) throw new Error('enough')
    })()
    await rejects(reading, /enough/)
    strictEqual(closed, 1)
  })
}

test('chunkAt keeps items and adds the place they end at', () => {
  const chunk = chunkAt([1, 2], { bytes: 7 })
  deepStrictEqual([...chunk], [1, 2])
  deepStrictEqual([chunk.length, chunk.position], [2, { bytes: 7 }])
})
