import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { merge } from '../../src/dataflow/merge.ts'
import { shard } from '../../src/dataflow/shard.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { linesOf } from '../../src/sources/memory.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import { type Account, read, source } from './source.ts'

const account = (): Account => ({ chunks: 0, closed: 0 })
const chunksOfNumbers = fc.array(fc.array(fc.nat(99), { maxLength: 4 }), { maxLength: 5 })

/** A stream whose chunks come when the scheduler says so. */
function timed<Item>(scheduler: fc.Scheduler, chunks: readonly (readonly Item[])[], label = '') {
  return stream<Item>(async function* () {
    for (const chunk of chunks) {
      await scheduler.schedule(Promise.resolve(), label)
      yield chunk
    }
  })
}

test('merge gives every item of every stream, each stream in its order, whenever they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(chunksOfNumbers, { maxLength: 4 }),
      async (scheduler, inputs) => {
        const streams = inputs.map((chunks, from) =>
          timed(
            scheduler,
            chunks.map(items => items.map(item => ({ from, item })))
          )
        )
        const seen = await scheduler.waitFor(Array.fromAsync(merge(...streams)))
        inputs.forEach((chunks, from) => {
          const own = seen.filter(one => one.from === from).map(one => one.item)
          deepStrictEqual(own, chunks.flat())
        })
        strictEqual(seen.length, inputs.flat(2).length)
      }
    ),
    { numRuns: 100 }
  )
})

test('merge gives items in the order their chunks come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(chunksOfNumbers, { maxLength: 4 }),
      async (scheduler, inputs) => {
        const came: number[] = []
        const streams = inputs.map(chunks =>
          stream<number>(async function* () {
            for (const chunk of chunks) {
              await scheduler.schedule(Promise.resolve())
              came.push(...chunk)
              yield chunk
            }
          })
        )
        deepStrictEqual(await scheduler.waitFor(Array.fromAsync(merge(...streams))), came)
      }
    ),
    { numRuns: 100 }
  )
})

test('merge takes turns between streams that always have something', async () => {
  function* endless(name: string) {
    for (;;) yield [name]
  }
  const seen: string[] = []
  for await (const name of merge(source(endless('a')), source(endless('b')), source(endless('c')))) {
    if (seen.push(name) === 9) break
  }
  for (const start of [0, 3, 6]) deepStrictEqual(seen.slice(start, start + 3).toSorted(), ['a', 'b', 'c'])
})

test('merge holds one chunk of each stream and no more, however slow the reader', async () => {
  const [quick, slow] = [account(), account()]
  function* endless() {
    for (;;) yield [1]
  }
  let taken = 0
  for await (const _ of merge(source(endless(), quick), source(endless(), slow))) {
    await new Promise(setImmediate)
    ok(quick.chunks + slow.chunks <= taken + 2, `${quick.chunks} + ${slow.chunks} chunks for ${taken} taken`)
    if (++taken === 20) break
  }
})

test('merge passes an error on after what came before it, and closes the others', async () => {
  const other = account()
  const broken = source([[1, 2]], undefined, new Error('source broke'))
  const seen: number[] = []
  const reading = async () => {
    for await (const n of merge(broken, source([[10], [20], [30], [40]], other))) seen.push(n)
  }
  await rejects(reading, /^Error: source broke$/)
  deepStrictEqual(
    seen.filter(n => n < 10),
    [1, 2]
  )
  strictEqual(other.closed, 1)
})

test('merge closes every stream when the reader stops, and does not wait for one that is silent', async () => {
  const [first, second] = [account(), account()]
  let closed = false
  const speak = Promise.withResolvers<void>()
  async function* silent() {
    try {
      await speak.promise
      yield 0
    } finally {
      closed = true
    }
  }
  const streams = merge(source([[1], [2]], first), silent(), source([[3], [4]], second))
  for await (const _ of streams) break
  deepStrictEqual([first.closed, second.closed, closed], [1, 1, false])
  speak.resolve()
  await new Promise(setImmediate)
  strictEqual(closed, true)
})

test('merge is done when the streams that it can close at once are closed', async () => {
  let closed = 0
  async function* slow() {
    try {
      for (;;) yield 1
    } finally {
      await new Promise(setImmediate)
      closed++
    }
  }
  let seen = 0
  for await (const _ of merge(slow(), slow())) if (++seen === 4) break
  strictEqual(closed, 2)
})

test('what fails while it is closed does not hide the error that came first', async () => {
  async function* grumbling() {
    try {
      for (;;) yield 1
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: this is what it is about
      throw new Error('grumble')
    }
  }
  await rejects(Array.fromAsync(merge(grumbling(), source([[1]], undefined, new Error('first')))), /first/)
})

test('merge asks for nothing before it is read, and of nothing makes nothing', async () => {
  const unread = account()
  merge(source([[1]], unread))
  strictEqual(unread.chunks, 0)
  deepStrictEqual(await Array.fromAsync(merge()), [])
})

test('merged chunks have no positions, and text stays bytes', async () => {
  deepStrictEqual(await read(chunksOf(merge(source([[1, 2], [], [3]])))), [
    { items: [1, 2], at: undefined },
    { items: [3], at: undefined }
  ])
  const all = shard(() => () => true)
  const [text] = await Array.fromAsync(chunksOf(merge(all(linesOf(['one two'])))))
  ok(text !== undefined && 'bytes' in text && 'ends' in text && text.position === undefined)
  const words = chunksOf(merge(tokenize()(linesOf(['one two', 'three']))))
  const [chunk] = await Array.fromAsync(words)
  ok(chunk !== undefined && 'wordEnds' in chunk && chunk.position === undefined)
  deepStrictEqual([chunk.length, [...chunk]], [2, [['one', 'two'], ['three']]])
})

test("merge leaves out its streams' watermarks: that of one says nothing of the others", async () => {
  const marked = stream<number>(async function* () {
    yield chunkAt([1], undefined, 1000)
  })
  for await (const { watermark, length } of merge<unknown>(marked, linesOf(['a'])).chunks()) {
    deepStrictEqual([watermark, length], [undefined, 1])
  }
})
