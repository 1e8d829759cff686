import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { batch } from '../../src/dataflow/batch.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import type { Chunk } from '../../src/types.ts'
import { HandClock, idle } from './clock.ts'
import { read, source } from './source.ts'

test('batch fills up across chunks; the last one may be shorter', async () => {
  const batches = batch<number>({ size: 3 })(source([[1], [2, 3, 4, 5], [6, 7]]))
  deepStrictEqual(await Array.fromAsync(batches), [[1, 2, 3], [4, 5, 6], [7]])
})

test('batch gives the last position before any item that still waits', async () => {
  const batches = batch<number>({ size: 2 })(source([[1, 2], [3], [4, 5], [6], [7]]))
  deepStrictEqual(await read(chunksOf(batches)), [
    { items: [[1, 2]], at: 2 },
    { items: [[3, 4]], at: 3 }, // 5 waits, so not yet 5
    { items: [[5, 6]], at: 6 },
    { items: [[7]], at: 7 }
  ])
})

test('batch refuses a size that is none', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    throws(() => batch({ size }), {
      name: 'RangeError',
      message: `batch: size must be a whole number of items, at least 1; got ${size}`
    })
  }
})

/** Batches, when they came, and where they end, until the stream ends. */
async function record(clock: HandClock, batches: AsyncIterable<unknown>) {
  const seen: { at: number; batches: unknown[]; position: number | undefined }[] = []
  for await (const chunk of chunksOf(batches) as AsyncIterable<Chunk<unknown>>) {
    seen.push({ at: clock.now(), batches: [...chunk], position: chunk.position?.bytes })
  }
  return seen
}

/** A stream of chunks each of which comes at a time of its own. */
function timed(clock: HandClock, chunks: readonly { at: number; items: readonly number[] }[]) {
  return stream<number>(async function* () {
    let bytes = 0
    for (const { at, items } of chunks) {
      if (at > clock.now()) await clock.wait(at - clock.now())
      bytes += items.length
      yield chunkAt(items, { bytes })
    }
  })
}

test('batch hands out what there is when its time is over, by the time of its first item', async () => {
  const clock = new HandClock()
  const chunks = [
    { at: 100, items: [1] },
    { at: 900, items: [2] },
    { at: 1100, items: [3] }, // the first batch went at this very moment
    { at: 5000, items: [4, 5, 6, 7] },
    { at: 5999, items: [8] },
    { at: 7000, items: [9] }
  ]
  const seen = record(clock, batch<number>({ size: 3, seconds: 1, clock })(timed(clock, chunks)))
  await clock.pass(10_000)
  deepStrictEqual(await seen, [
    { at: 1100, batches: [[1, 2]], position: 2 },
    { at: 2100, batches: [[3]], position: 3 },
    { at: 5000, batches: [[4, 5, 6]], position: 3 },
    { at: 6000, batches: [[7, 8]], position: 8 },
    { at: 7000, batches: [[9]], position: 9 }
  ])
  strictEqual(clock.waiting, 0, 'no alarm is left')
})

test('batches in time are those of a plain loop over items and times', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ gap: fc.nat(1500), items: fc.array(fc.nat(), { maxLength: 5 }) }), {
        maxLength: 8
      }),
      fc.integer({ min: 1, max: 4 }),
      async (gaps, size) => {
        const clock = new HandClock()
        let at = 0
        // Never at the moment a batch is due: which of the two comes first then is not promised.
        const chunks = gaps.map(({ gap, items }) => {
          at += gap + 1 / 16
          return { at, items }
        })
        const seen = record(clock, batch<number>({ size, seconds: 1, clock })(timed(clock, chunks)))
        await clock.pass(at + 2000)
        const plain = (await seen).flatMap(({ at, batches }) => batches.map(items => ({ at, items })))
        deepStrictEqual(plain, batchesByTime(chunks, size, 1000))
      }
    ),
    { numRuns: 200 }
  )
})

function batchesByTime(chunks: { at: number; items: number[] }[], size: number, ms: number) {
  const made: { at: number; items: number[] }[] = []
  let items: number[] = []
  let first = 0
  for (const { at, items: more } of chunks) {
    if (items.length > 0 && first + ms <= at) {
      made.push({ at: first + ms, items })
      items = []
    }
    for (const item of more) {
      if (items.length === 0) first = at
      items.push(item)
      if (items.length < size) continue
      made.push({ at, items })
      items = []
    }
  }
  if (items.length > 0) made.push({ at: chunks.at(-1)?.at ?? 0, items })
  return made
}

test('a reader that comes late gets what is over time at once, and nothing twice', async () => {
  const clock = new HandClock()
  const chunks = batch<number>({ size: 2, seconds: 1, clock })(
    source([
      [1, 2, 3],
      [4, 5, 6]
    ])
  )
  const reader = chunksOf(chunks)
  deepStrictEqual([...((await reader.next()).value ?? [])], [[1, 2]])
  await clock.pass(3000)
  deepStrictEqual([...((await reader.next()).value ?? [])], [[3]])
  deepStrictEqual([...((await reader.next()).value ?? [])], [[4, 5]])
  deepStrictEqual([...((await reader.next()).value ?? [])], [[6]])
  deepStrictEqual((await reader.next()).done, true)
})

test('batch in time takes no chunk before its reader comes, and closes the source when it stops', async () => {
  const clock = new HandClock()
  const account = { chunks: 0, closed: 0 }
  const batches = batch<number>({ size: 2, seconds: 1, clock })(source([[1, 2, 3], [4]], account))
  for await (const _ of batches) {
    await clock.pass(5000)
    deepStrictEqual(account, { chunks: 1, closed: 0 })
    break
  }
  strictEqual(account.closed, 1)
  strictEqual(clock.waiting, 0)
})

test('batch in time is one chunk ahead of its reader at most, and sets one alarm at a time', async () => {
  const clock = new HandClock()
  const account = { chunks: 0, closed: 0 }
  const speak = Promise.withResolvers<void>()
  const items = stream<number>(async function* () {
    for await (const chunk of chunksOf(source([[1], [2, 3], [4, 5], [6, 7, 8]], account))) {
      if (account.chunks === 2) await speak.promise
      yield chunk
    }
  })
  const reader = chunksOf(batch<number>({ size: 2, seconds: 1, clock })(items))
  const late = reader.next()
  await clock.pass(1000)
  deepStrictEqual([...((await late).value ?? [])], [[1]])
  speak.resolve()
  await idle()
  deepStrictEqual([...((await reader.next()).value ?? [])], [[2, 3]])
  strictEqual(account.chunks, 2)

  const many = Array.from({ length: 50 }, (_, n) => [n])
  for await (const _ of batch<number>({ size: 3, seconds: 1, clock })(source(many))) {
    ok(clock.waiting <= 1, `${clock.waiting} alarms`)
  }
  strictEqual(clock.waiting, 0)
  await reader.return(undefined)
})

test('a reader of batches in time may stop though the source is silent', async () => {
  const clock = new HandClock()
  const speak = Promise.withResolvers<void>()
  let closed = false
  async function* silent() {
    try {
      yield 1
      await speak.promise
      yield 2
    } finally {
      closed = true
    }
  }
  const reading = (async () => {
    for await (const items of batch<number>({ size: 2, seconds: 1, clock })(silent())) return items
  })()
  await clock.pass(1000)
  deepStrictEqual(await reading, [1])
  strictEqual(clock.waiting, 0)
  speak.resolve()
  await idle()
  strictEqual(closed, true)
})

test('batch in time passes an error on, also one that comes while nobody asks', async () => {
  const clock = new HandClock()
  const account = { chunks: 0, closed: 0 }
  const fail = Promise.withResolvers<void>()
  async function* failing() {
    try {
      yield 1
      await fail.promise
    } finally {
      account.closed++
    }
  }
  const reader = chunksOf(batch<number>({ size: 2, seconds: 1, clock })(failing()))
  const first = reader.next()
  await clock.pass(1000)
  deepStrictEqual([...((await first).value ?? [])], [[1]])
  fail.reject(new Error('source broke'))
  await idle()
  await rejects(reader.next(), /^Error: source broke$/)
  strictEqual(account.closed, 1)
})

test('batch by size and the real time is done when its source is', async () => {
  const batches = batch<number>({ size: 2, seconds: 3600 })(
    source([
      [1, 2, 3],
      [4, 5]
    ])
  )
  deepStrictEqual(await Array.fromAsync(batches), [[1, 2], [3, 4], [5]])
})

test('batch refuses a time that is none', () => {
  for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    throws(() => batch({ size: 1, seconds }), {
      name: 'RangeError',
      message: `batch: seconds must be a number of seconds above 0; got ${seconds}`
    })
  }
})
