import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { Counter } from '../../src/jobs/counter.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'

test('of any chunks just as many items pass as are wanted, counted and in order, and then the source is closed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer(), { maxLength: 4 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 12 }),
      async (chunks, most) => {
        let closed = 0
        let enough = 0
        const counter = new Counter(most, () => enough++)
        const source = stream(async function* () {
          try {
            yield* chunks
          } finally {
            closed++
          }
        })
        const all = chunks.flat()
        strictEqual(counter.used, false)
        deepStrictEqual(await Array.fromAsync(counter.counted(source)), all.slice(0, most))
        strictEqual(counter.used, true)
        deepStrictEqual([counter.items, closed], [Math.min(all.length, most), 1])
        strictEqual(enough, all.length >= most ? 1 : 0)
      }
    )
  )
})

test('a whole chunk keeps its position, one that is cut has none', async () => {
  const source = stream(async function* () {
    yield chunkAt([1, 2], { bytes: 2 })
    yield chunkAt([3, 4], { bytes: 4 })
  })
  const chunks = await Array.fromAsync(chunksOf(new Counter(3, () => {}).counted(source)))
  deepStrictEqual(
    chunks.map(({ length, position }) => [length, position?.bytes]),
    [
      [2, 2],
      [1, undefined]
    ]
  )
})
