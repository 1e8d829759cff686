import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { merge } from '../../src/dataflow/merge.ts'
import { split } from '../../src/dataflow/split.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { Stream } from '../../src/types.ts'
import { type Account, read, source } from './source.ts'

const account = (): Account => ({ chunks: 0, closed: 0 })
const idle = () => new Promise(setImmediate)

function* endless() {
  for (let n = 0; ; n++) yield [2 * n, 2 * n + 1]
}

test('every branch has every item in order, whatever the pace of the source and of each branch', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, chunks, count, most) => {
        const items = stream<number>(async function* () {
          for (const chunk of chunks) {
            await scheduler.schedule(Promise.resolve())
            yield chunk
          }
        })
        const readAll = async (branch: Stream<number>) => {
          const seen: number[] = []
          for await (const item of branch) {
            await scheduler.schedule(Promise.resolve())
            seen.push(item)
          }
          return seen
        }
        const all = Promise.all(split(items, count, { most }).map(readAll))
        for (const seen of await scheduler.waitFor(all)) deepStrictEqual(seen, chunks.flat())
      }
    ),
    { numRuns: 100 }
  )
})

test('a branch that stops anywhere costs the others nothing, and the last to stop closes the source', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, stops, most) => {
        const seen = account()
        const branches = split(source(endless(), seen), stops.length, { most })
        const reading = branches.map(async (branch, i) => {
          const taken: number[] = []
          for await (const item of branch) {
            await scheduler.schedule(Promise.resolve())
            taken.push(item)
            if (taken.length > (stops[i] ?? 0)) break
          }
          return taken
        })
        const all = await scheduler.waitFor(Promise.all(reading))
        deepStrictEqual(
          all,
          stops.map(stop => Array.from({ length: stop + 1 }, (_, n) => n))
        )
        strictEqual(seen.closed, 1)
      }
    ),
    { numRuns: 100 }
  )
})

test('the slowest branch sets the pace, less than `most` items and a chunk behind', async () => {
  for (const [most, held] of [
    [4, 2],
    [5, 3]
  ] as const) {
    const seen = account()
    const [slow, quick] = split(source(endless(), seen), 2, { most }).map(branch => branch.chunks())
    let ahead = 0
    const run = (async () => {
      while ((await quick?.next())?.done === false && ahead < 100) ahead++
    })()
    await idle()
    deepStrictEqual([ahead, seen.chunks], [held, held])
    await slow?.next()
    await idle()
    deepStrictEqual([ahead, seen.chunks], [held + 1, held + 1])
    await slow?.return(undefined)
    await run
    strictEqual(ahead, 100, 'alone it goes as it likes')
    await quick?.return(undefined)
    strictEqual(seen.closed, 1)
  }
})

test('chunks without items are bounded too', async () => {
  function* empty() {
    for (;;) yield []
  }
  const seen = account()
  const [slow, quick] = split(source(empty(), seen), 2, { most: 3 }).map(branch => branch.chunks())
  for (let i = 0; i < 3; i++) await quick?.next()
  const fourth = quick?.next()
  await idle()
  strictEqual(seen.chunks, 3)
  await slow?.next()
  await fourth
  strictEqual(seen.chunks, 4)
  for (const branch of [slow, quick]) await branch?.return(undefined)
})

test('a branch waits for one that was not begun, and goes on when that is read', async () => {
  const [first, second] = split(source([[1], [2], [3]]), 2, { most: 1 })
  const done = Array.fromAsync(first as Stream<number>)
  await idle()
  deepStrictEqual(await Array.fromAsync(second as Stream<number>), [1, 2, 3])
  deepStrictEqual(await done, [1, 2, 3])
})

test('a chunk greater than the bound passes', async () => {
  const branches = split(source([Array.from({ length: 5000 }, (_, n) => n), [1]]), 2)
  const [first, second] = await Promise.all(branches.map(branch => Array.fromAsync(branch)))
  deepStrictEqual([first?.length, second?.length], [5001, 5001])
})

test('branches keep chunks and their positions', async () => {
  const chunks = [
    { items: [1, 2], at: 2 },
    { items: [], at: 2 },
    { items: [3], at: 3 }
  ]
  const branches = split(source([[1, 2], [], [3]]), 2)
  deepStrictEqual(await Promise.all(branches.map(branch => read(chunksOf(branch)))), [chunks, chunks])
})

test('an error of the source comes out of every branch, after what came before it', async () => {
  const seen = account()
  const failing = source([[1], [2]], seen, new Error('source broke'))
  const results = split(failing, 3).map(async branch => {
    const taken: number[] = []
    await rejects(async () => {
      for await (const item of branch) taken.push(item)
    }, /^Error: source broke$/)
    return taken
  })
  deepStrictEqual(await Promise.all(results), [
    [1, 2],
    [1, 2],
    [1, 2]
  ])
  strictEqual(seen.closed, 1)
})

test('branches that are merged again give every item once for each', async () => {
  const again = merge(...split(source([[1, 2], [3], [4]]), 3, { most: 1 }))
  deepStrictEqual((await Array.fromAsync(again)).toSorted(), [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
})

test('merged branches close the source when their reader stops', async () => {
  const seen = account()
  for await (const _ of merge(...split(source(endless(), seen), 2, { most: 1 }))) break
  await idle()
  strictEqual(seen.closed, 1)
})

test('nothing is read before a branch is, and a branch is read once', async () => {
  const seen = account()
  const [branch] = split(source([[1]], seen), 1)
  strictEqual(seen.chunks, 0)
  deepStrictEqual(await Array.fromAsync(branch as Stream<number>), [1])
  await rejects(Array.fromAsync(branch as Stream<number>), /it has been read already/)
})

test('split refuses counts that are none', () => {
  for (const count of [0, -1, 1.5, Number.NaN]) {
    throws(() => split(source([[1]]), count), {
      name: 'RangeError',
      message: `split: count must be a whole number of branches, at least 1; got ${count}`
    })
  }
  throws(() => split(source([[1]]), 2, { most: 0 }), {
    name: 'RangeError',
    message: 'split: most must be a whole number of items, at least 1; got 0'
  })
})
