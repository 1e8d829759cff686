import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { steadyClock } from '../../src/dataflow/clock.ts'
import { throttle } from '../../src/dataflow/throttle.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import { HandClock, idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

test('throttle keeps every item and the order, and in no time more than it should, however the reader reads', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ gap: fc.nat(600), count: fc.nat(90) }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 80 }),
      fc.array(fc.oneof(fc.nat(12), fc.nat(300)), { minLength: 1, maxLength: 5 }),
      // In 30 s many items count as one moment.
      fc.constantFrom(1, 30),
      async (gaps, items, busy, seconds) => {
        const clock = new HandClock()
        let next = 0
        const input = stream<number>(async function* () {
          for (const { gap, count } of gaps) {
            if (gap > 0) await clock.wait(gap)
            next += count
            yield chunkAt(
              numbers(count).map(n => next - count + n),
              { bytes: next }
            )
          }
        })
        const seen: number[] = []
        const taken: number[] = []
        const reading = (async () => {
          for await (const item of throttle<number>({ items, seconds, clock })(input)) {
            seen.push(item)
            taken.push(clock.now())
            // Some items cost the reader time, so that it takes others of the chunk late.
            if (item % 7 === 0) await clock.wait(busy[item % busy.length] ?? 0)
          }
        })()
        await clock.pass(100_000_000)
        await reading
        deepStrictEqual(seen, numbers(next))
        for (let i = items; i < taken.length; i++) {
          const span = (taken[i] as number) - (taken[i - items] as number)
          ok(span >= seconds * 1000, `items ${i - items} and ${i} were taken in ${span} ms`)
        }
      }
    ),
    { numRuns: 50 }
  )
})

test('throttle is as fast as its bound, in bursts', async () => {
  const clock = new HandClock()
  const times: number[] = []
  const reading = (async () => {
    const items = source([numbers(10), numbers(10), numbers(5)])
    for await (const _ of throttle<number>({ items: 10, seconds: 2, clock })(items)) times.push(clock.now())
  })()
  await clock.pass(60_000)
  await reading
  deepStrictEqual(times, [...Array(10).fill(0), ...Array(10).fill(2000), ...Array(5).fill(4000)])
})

test('a reader that is slower than the bound is not slowed by it', async () => {
  const clock = new HandClock()
  const times: number[] = []
  const reading = (async () => {
    for await (const _ of throttle<number>({ items: 1, seconds: 1, clock })(source([numbers(4)]))) {
      times.push(clock.now())
      await clock.wait(1500)
    }
  })()
  await clock.pass(60_000)
  await reading
  deepStrictEqual(times, [0, 1500, 3000, 4500])
})

test('throttle takes nothing from its source while there is no room, and closes it when the reader stops', async () => {
  const clock = new HandClock()
  const account: Account = { chunks: 0, closed: 0 }
  let seen = 0
  const reading = (async () => {
    const items = source([[1], [2], [3], [4], [5]], account)
    for await (const _ of throttle<number>({ items: 2, seconds: 1, clock })(items)) if (++seen === 3) break
  })()
  await clock.pass(999)
  deepStrictEqual([seen, account.chunks], [2, 3])
  await clock.pass(1)
  await reading
  deepStrictEqual([seen, account], [3, { chunks: 3, closed: 1 }])
})

test('throttle cuts what is too great, with the position at its end, and leaves the rest as it is', async () => {
  const clock = new HandClock()
  const items = source([numbers(3), [], [7], [8, 9]])
  const reading = read(chunksOf(throttle<number>({ items: 64, seconds: 1, clock })(items)))
  await clock.pass(5000)
  deepStrictEqual(await reading, [
    { items: [0, 1], at: undefined },
    { items: [2], at: 3 },
    { items: [], at: 3 },
    { items: [7], at: 4 },
    { items: [8, 9], at: 6 }
  ])
})

test('each stream that goes through a throttle has a bound of its own', async () => {
  const clock = new HandClock()
  const one = throttle<number>({ items: 2, seconds: 1, clock })
  deepStrictEqual(await Array.fromAsync(one(source([[1, 2]]))), [1, 2])
  deepStrictEqual(await Array.fromAsync(one(source([[3, 4]]))), [3, 4])
})

test('throttle passes an error of its source on', async () => {
  const clock = new HandClock()
  const account: Account = { chunks: 0, closed: 0 }
  const failing = source([[1]], account, new Error('source broke'))
  await rejects(
    Array.fromAsync(throttle<number>({ items: 2, seconds: 1, clock })(failing)),
    /^Error: source broke$/
  )
  strictEqual(account.closed, 1)
})

test('the real clock waits, or stops waiting when it is told', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let done = false
  const stop = new AbortController()
  const waiting = steadyClock.wait(50, stop.signal).then(() => {
    done = true
  })
  t.mock.timers.tick(49)
  await idle()
  strictEqual(done, false)
  t.mock.timers.tick(1)
  await waiting
  const stopped = steadyClock.wait(50, stop.signal)
  stop.abort()
  await stopped
  const stoppedBefore = steadyClock.wait(50, stop.signal)
  t.mock.timers.tick(1)
  await stoppedBefore
  const before = steadyClock.now()
  ok(before <= steadyClock.now())
})

test('throttle refuses bounds that are none', () => {
  throws(() => throttle({ items: 0, seconds: 1 }), {
    name: 'RangeError',
    message: 'throttle: items must be a whole number of items, at least 1; got 0'
  })
  throws(() => throttle({ items: 1, seconds: 0 }), {
    name: 'RangeError',
    message: 'throttle: seconds must be a number of seconds above 0; got 0'
  })
})
