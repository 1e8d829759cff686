import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Clock, wallClock } from '../../src/dataflow/clock.ts'
import { Watermark } from '../../src/dataflow/watermark.ts'
import { window } from '../../src/dataflow/window.ts'
import { session, tumbling } from '../../src/dataflow/windows.ts'
import { chunksOf, stream } from '../../src/stream.ts'

/** A clock that is set by hand. */
class HandClock implements Clock {
  #now = 0
  #waiting = new Set<{ readonly at: number; readonly ring: () => void }>()

  now() {
    return this.#now
  }

  wait(ms: number, signal: AbortSignal) {
    return new Promise<void>(resolve => {
      const alarm = { at: this.#now + ms, ring: resolve }
      this.#waiting.add(alarm)
      signal.addEventListener('abort', () => {
        this.#waiting.delete(alarm)
        resolve()
      })
    })
  }

  /** Lets everything that can happen happen, then sets the clock. */
  async set(now: number) {
    await setImmediate()
    this.#now = now
    for (const alarm of this.#waiting) if (alarm.at <= now) alarm.ring()
    await setImmediate()
  }

  get waiting() {
    return this.#waiting.size
  }
}

/** A source that is fed by hand. */
function feed() {
  const waiting: ((chunk: readonly string[] | undefined) => void)[] = []
  const account = { asked: 0, closed: 0 }
  const items = stream<string>(async function* () {
    try {
      for (;;) {
        account.asked++
        const chunk = await new Promise<readonly string[] | undefined>(resolve => waiting.push(resolve))
        if (chunk === undefined) return
        yield chunk
      }
    } finally {
      account.closed++
    }
  })
  return { items, account, give: (chunk: readonly string[] | undefined) => waiting.shift()?.(chunk) }
}

/** Reads all, noting what has come. */
function reading<Item>(items: AsyncIterable<Item>) {
  const seen: Item[] = []
  const done = (async () => {
    for await (const item of items) seen.push(item)
  })()
  return { seen, done }
}

test('the watermark is the greatest time less the lateness, and never falls', () => {
  const watermark = new Watermark(5)
  strictEqual(watermark.value, Number.NEGATIVE_INFINITY)
  const values = [3, 10, 7, 10, 11].map(time => [watermark.rise(time), watermark.value])
  deepStrictEqual(values, [
    [true, -2],
    [true, 5],
    [false, 5],
    [false, 5],
    [true, 6]
  ])
  watermark.end()
  strictEqual(watermark.value, Number.POSITIVE_INFINITY)
})

test('by processing time a window is over when the clock reaches its end, while no item comes', async () => {
  const clock = new HandClock()
  const { items, give } = feed()
  const { seen, done } = reading(window<string>({ kind: tumbling(10), clock })(items))
  await clock.set(3)
  give(['a', 'b'])
  await clock.set(9)
  deepStrictEqual(seen, [])
  give(['c'])
  await clock.set(9.999)
  deepStrictEqual(seen, [])
  await clock.set(10)
  deepStrictEqual(seen.splice(0), [{ key: undefined, start: 0, end: 10, items: ['a', 'b', 'c'] }])
  strictEqual(clock.waiting, 0, 'with no window open there is nothing to wait for')
  give(['d'])
  await clock.set(12)
  give(undefined)
  await done
  deepStrictEqual(seen, [{ key: undefined, start: 10, end: 20, items: ['d'] }])
  strictEqual(clock.waiting, 0)
})

test('by processing time a session is over a gap after its last item', async () => {
  const clock = new HandClock()
  const { items, give } = feed()
  const { seen, done } = reading(window({ kind: session(10), key: (s: string) => s, clock })(items))
  for (const [now, item] of [
    [0, 'a'],
    [4, 'b'],
    [9, 'a'],
    [18, 'a']
  ] as const) {
    await clock.set(now)
    give([item])
  }
  await clock.set(27)
  deepStrictEqual(seen.splice(0), [{ key: 'b', start: 4, end: 14, items: ['b'] }])
  await clock.set(28)
  deepStrictEqual(seen.splice(0), [{ key: 'a', start: 0, end: 28, items: ['a', 'a', 'a'] }])
  give(undefined)
  await done
})

test('a clock that is set back does not take windows back', async () => {
  const clock = new HandClock()
  const { items, give } = feed()
  const { seen, done } = reading(window<string>({ kind: tumbling(10), clock })(items))
  await clock.set(25)
  give(['a'])
  await clock.set(3)
  give(['b'])
  give(undefined)
  await clock.set(3)
  give(undefined)
  await done
  deepStrictEqual(seen, [{ key: undefined, start: 20, end: 30, items: ['a', 'b'] }])
})

test('a reader that stops at a tick does not wait for the source, which closes with its next item', async () => {
  const clock = new HandClock()
  const { items, account, give } = feed()
  const windows = chunksOf(window<string>({ kind: tumbling(10), clock })(items))
  const first = windows.next()
  await clock.set(0)
  give(['a'])
  await clock.set(10)
  ok((await first).done === false)
  await windows.return(undefined)
  strictEqual(account.closed, 0)
  give(['b'])
  await setImmediate()
  strictEqual(account.closed, 1)
  strictEqual(clock.waiting, 0)
})

test('an error of the source passes through a window by processing time', async () => {
  const broken = stream<string>(async function* () {
    yield ['a']
    throw new Error('source broke')
  })
  await rejects(
    Array.fromAsync(window<string>({ kind: tumbling(10), clock: new HandClock() })(broken)),
    /^Error: source broke$/
  )
})

test('the real clock waits, and not where it is told to stop', async () => {
  const start = wallClock.now()
  await wallClock.wait(1, new AbortController().signal)
  ok(wallClock.now() >= start)
  await wallClock.wait(1e12, AbortSignal.abort())
  const stop = new AbortController()
  const waiting = wallClock.wait(1e12, stop.signal)
  stop.abort()
  await waiting
})
