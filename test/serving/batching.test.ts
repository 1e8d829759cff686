import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { BusyError, batching, type Timer } from '../../src/serving/batching.ts'

/** A timer whose time a test sets. */
function manualTimer(): Timer & { advance(ms: number): void } {
  let now = 0
  const set = new Map<object, { at: number; act: () => void }>()
  return {
    now: () => now,
    after(ms, act) {
      const key = {}
      set.set(key, { at: now + ms, act })
      return () => set.delete(key)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const [next] = [...set].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)
        if (next === undefined) break
        set.delete(next[0])
        now = next[1].at
        next[1].act()
      }
      now = end
    }
  }
}

/** A model whose batches end when the test says. */
function manualModel() {
  const batches: { items: readonly number[]; end(): void; fail(error: Error): void }[] = []
  const predict = (items: readonly number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>()
    batches.push({ items, end: () => resolve(items.map(item => -item)), fail: reject })
    return promise
  }
  return { batches, predict }
}

/** Lets every promise that can go on do so. */
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

test('requests that come within the delay go together, and each gets its own answer', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { delay: 5, timer })
  const first = batcher.predict([1, 2])
  timer.advance(4)
  const second = batcher.predict([3])
  deepStrictEqual(batches.length, 0)
  timer.advance(1)
  deepStrictEqual(
    batches.map(({ items }) => items),
    [[1, 2, 3]]
  )
  batches[0]?.end()
  deepStrictEqual(await Promise.all([first, second]), [[-1, -2], [-3]])
})

test('a full batch does not wait', () => {
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { most: 3, timer: manualTimer() })
  void batcher.predict([1, 2])
  strictEqual(batches.length, 0)
  void batcher.predict([3])
  deepStrictEqual(batches[0]?.items, [1, 2, 3])
})

test('what comes while a batch is under way does not wait for its end, where there is room for it', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { most: 4, delay: 2, timer })
  void batcher.predict([1])
  timer.advance(2)
  void batcher.predict([2])
  void batcher.predict([3])
  timer.advance(1)
  strictEqual(batches.length, 1)
  timer.advance(1)
  deepStrictEqual(batches[1]?.items, [2, 3])
  void batcher.predict([4, 5])
  timer.advance(100)
  // There is room for one, and they go together.
  strictEqual(batches.length, 2)
  strictEqual(batcher.waiting, 2)
  batches[1]?.end()
  await settle()
  deepStrictEqual(batches[2]?.items, [4, 5])
})

test('where many wait, a batch that leaves others waiting has half of the most at least', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { most: 4, delay: 0, timer })
  for (const item of [1, 2, 3, 4, 5, 6, 7]) void batcher.predict([item])
  deepStrictEqual(
    batches.map(({ items }) => items),
    [[1], [2], [3], [4]]
  )
  batches[0]?.end()
  await settle()
  strictEqual(batches.length, 4)
  batches[2]?.end()
  await settle()
  deepStrictEqual(batches[4]?.items, [5, 6])
  batches[1]?.end()
  await settle()
  // The last of all needs no company.
  deepStrictEqual(batches[5]?.items, [7])
})

test('what does not fit into the room is refused at once, and there is room again when a batch begins', async () => {
  const timer = manualTimer()
  const { predict } = manualModel()
  const batcher = batching(predict, { room: 3, timer })
  void batcher.predict([1, 2])
  await rejects(batcher.predict([3, 4]), new BusyError('2 items wait already, of 3 at most'))
  void batcher.predict([3])
  await rejects(batcher.predict([4]), BusyError)
  timer.advance(2)
  strictEqual(batcher.waiting, 0)
  void batcher.predict([4])
  strictEqual(batcher.waiting, 1)
})

test('a request that is aborted leaves the room, and the others stay', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { timer })
  const abort = new AbortController()
  const gone = batcher.predict([1], abort.signal)
  const stays = batcher.predict([2])
  abort.abort(new Error('no longer wanted'))
  await rejects(gone, { message: 'no longer wanted' })
  strictEqual(batcher.waiting, 1)
  timer.advance(2)
  deepStrictEqual(batches[0]?.items, [2])
  batches[0]?.end()
  deepStrictEqual(await stays, [-2])
  await rejects(batcher.predict([3], abort.signal), { message: 'no longer wanted' })
})

test('a request that is aborted while it is predicted hears so at once', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { timer })
  const abort = new AbortController()
  const gone = batcher.predict([1], abort.signal)
  const stays = batcher.predict([2])
  timer.advance(2)
  abort.abort(new Error('no longer wanted'))
  await rejects(gone, { message: 'no longer wanted' })
  batches[0]?.end()
  deepStrictEqual(await stays, [-2])
})

test('where a batch fails, only the request at fault does', async () => {
  const asked: (readonly number[])[] = []
  const batcher = batching(async (items: readonly number[]) => {
    asked.push(items)
    if (items.includes(13)) throw new RangeError('13 is too much')
    return items.map(item => -item)
  })
  const answers = await Promise.allSettled([[1], [13, 2], [3]].map(items => batcher.predict(items)))
  deepStrictEqual(
    answers.map(answer => (answer.status === 'fulfilled' ? answer.value : answer.reason.message)),
    [[-1], '13 is too much', [-3]]
  )
  deepStrictEqual(asked, [[1, 13, 2, 3], [1], [13, 2], [3]])
})

test('a model that gives too few predictions is named', async () => {
  const batcher = batching(async (items: readonly number[]) => items.slice(1))
  await rejects(batcher.predict([1, 2]), {
    message: 'batching: 2 predictions wanted; the model gave 1'
  })
})

test('closing does not wait for the delay, settles what was taken, and takes nothing more', async () => {
  const timer = manualTimer()
  const { batches, predict } = manualModel()
  const batcher = batching(predict, { timer })
  const answer = batcher.predict([1])
  let closed = false
  const closing = batcher.close().then(() => {
    closed = true
  })
  await rejects(batcher.predict([2]), BusyError)
  await settle()
  deepStrictEqual([batches.length, closed], [1, false])
  batches[0]?.end()
  deepStrictEqual(await answer, [-1])
  await closing
})

test('options out of range are refused', () => {
  const predict = async (items: readonly number[]) => items
  throws(() => batching(predict, { most: 0 }), /batching: most must be a whole number, at least 1; got 0/)
  throws(() => batching(predict, { room: 1.5 }), /batching: room/)
  throws(() => batching(predict, { delay: -1 }), /batching: delay must be milliseconds, 0 to .*; got -1/)
})

test('whatever comes when: every request is answered by its own items or refused, in batches within bounds', async () => {
  type Step = { readonly wait: number; readonly size: number } | 'end' | 'fail' | 'abort'
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 6 }), size: fc.integer({ min: 0, max: 5 }) })
    },
    { weight: 3, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constant('fail' as const) },
    { weight: 1, arbitrary: fc.constant('abort' as const) }
  )
  const bounds = fc.record({
    most: fc.integer({ min: 1, max: 8 }),
    room: fc.integer({ min: 1, max: 12 }),
    delay: fc.integer({ min: 0, max: 5 })
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), bounds, async (steps, { most, room, delay }) => {
      const timer = manualTimer()
      const { batches, predict } = manualModel()
      const heard: number[] = []
      const batcher = batching(predict, { most, room, delay, timer, onBatch: items => heard.push(items) })
      const asked: {
        items: number[]
        abort: AbortController
        end: Promise<PromiseSettledResult<unknown>>
      }[] = []
      let next = 1
      let ended = 0
      for (const step of steps) {
        if (step === 'end' && ended < batches.length) batches[ended++]?.end()
        else if (step === 'fail' && ended < batches.length) batches[ended++]?.fail(new Error('failed'))
        else if (step === 'abort') asked[asked.length >> 1]?.abort.abort(new Error('left'))
        else if (typeof step === 'object') {
          timer.advance(step.wait)
          const items = Array.from({ length: step.size }, () => next++)
          const abort = new AbortController()
          const end = Promise.allSettled([batcher.predict(items, abort.signal)]).then(([end]) => end)
          asked.push({ items, abort, end })
        }
        await settle()
        ok(batcher.waiting <= room, `${batcher.waiting} wait`)
        const underWay = batches.slice(ended)
        const items = underWay.reduce((sum, { items }) => sum + items.length, 0)
        ok(items <= most || underWay.length === 1, `${items} under way in ${underWay.length} batches`)
        ok(items > 0 || batcher.waiting < most, 'a full batch waits')
      }
      timer.advance(delay)
      while (ended < batches.length || batcher.waiting > 0) {
        batches[ended++]?.end()
        timer.advance(delay)
        await settle()
      }
      await batcher.close()
      deepStrictEqual(
        heard,
        batches.map(({ items }) => items.length)
      )
      const sizes = new Map(asked.flatMap(({ items }) => items.map(item => [item, items.length] as const)))
      for (const { items } of batches)
        ok(items.length <= most || items.length === sizes.get(items[0] as number))
      for (const { items, abort, end } of asked) {
        const settled = await end
        if (settled.status === 'fulfilled')
          deepStrictEqual(
            settled.value,
            items.map(item => -item)
          )
        else if (settled.reason instanceof BusyError)
          ok(!batches.some(batch => batch.items.some(item => items.includes(item))))
        else
          ok(
            settled.reason.message === 'failed' || (settled.reason.message === 'left' && abort.signal.aborted)
          )
      }
      // In the order they came, but for those of a batch that failed, which come again.
      const first = [...new Set(batches.flatMap(({ items }) => items))]
      deepStrictEqual(
        first,
        first.toSorted((a, b) => a - b)
      )
    }),
    { numRuns: 150 }
  )
})
