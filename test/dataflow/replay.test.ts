import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { replay } from '../../src/dataflow/replay.ts'
import { chunksOf } from '../../src/stream.ts'
import { HandClock, idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

const someChunks = fc.array(fc.array(fc.nat(40), { maxLength: 5 }), { maxLength: 6 })

test('an item goes out when its time has come, after those before it, and none is lost', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, fc.constantFrom(0.5, 1, 4), async (chunks, speed) => {
      const clock = new HandClock()
      const out: { time: number; at: number }[] = []
      const done = (async () => {
        for await (const time of replay<number>({ time: time => time, speed, clock })(source(chunks))) {
          out.push({ time, at: clock.now() })
        }
      })()
      await clock.pass(40 / speed + 20)
      await done
      const times = chunks.flat()
      let latest = 0
      const wanted = times.map(time => {
        latest = Math.max(latest, (time - (times[0] as number)) / speed)
        return { time, at: latest }
      })
      deepStrictEqual(
        out.map(({ time }) => time),
        times
      )
      for (const [i, { at }] of out.entries()) {
        const due = (wanted[i] as { at: number }).at
        // A timer waits a millisecond at least.
        if (at < due || at > due + 1) throw new Error(`item ${i} at ${at}, due at ${due}`)
      }
    }),
    { numRuns: 60 }
  )
})

test('what is due at once is one chunk, and the last part has the position', async () => {
  const clock = new HandClock()
  const operator = replay<number>({ time: time => time, clock })
  const seen = read(chunksOf(operator(source([[5, 5, 9, 3, 20], [], [20]]))))
  await clock.pass(100)
  deepStrictEqual(await seen, [
    { items: [5, 5], at: undefined },
    { items: [9, 3], at: undefined },
    { items: [20], at: 5 },
    { items: [], at: 5 },
    { items: [20], at: 6 }
  ])
})

test('it ends while it waits, when it is told to or its reader stops, and closes the source', async () => {
  const clock = new HandClock()
  const account: Account = { chunks: 0, closed: 0 }
  const end = new AbortController()
  const operator = replay<number>({ time: time => time, clock, signal: end.signal })
  const seen = Array.fromAsync(operator(source([[0, 1e9]], account)))
  await idle()
  end.abort()
  deepStrictEqual(await seen, [0])
  strictEqual(account.closed, 1)
  for await (const _ of replay<number>({ time: time => time, clock })(source([[0, 1e9]], account))) break
  strictEqual(account.closed, 2)
})

test('an item without a time ends the flow by name, and speeds out of range are refused', async () => {
  const operator = replay<number>({ time: time => time })
  await rejects(Array.fromAsync(operator(source([[0], [0, Number.NaN]]))), {
    message: 'replay: item 2: time must be a finite number of ms; got NaN'
  })
  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    throws(() => replay({ time: () => 0, speed }), {
      name: 'RangeError',
      message: `replay: speed must be a number above 0; got ${speed}`
    })
  }
})
