import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { synthetic } from '../../src/sources/synthetic.ts'
import { HandClock } from '../dataflow/clock.ts'

const coin = (random: () => number, index: number) => ({ index, heads: random() < 0.5 })

test('the same seed gives the same items, another gives others', async () => {
  const items = (seed: number, generate = coin) => Array.fromAsync(synthetic({ seed, count: 3000, generate }))
  const seven = await items(7)
  deepStrictEqual(
    seven.map(item => item.index),
    Array.from({ length: 3000 }, (_, i) => i)
  )
  deepStrictEqual(await items(7), seven)
  ok((await items(8)).some((item, i) => item.heads !== seven[i]?.heads))
})

test('its numbers are those of sfc32, and even', async () => {
  const numbers = await Array.fromAsync(synthetic({ seed: 1, count: 100_000, generate: random => random() }))
  // Of a plain reading of PractRand's sfc32 with 64-bit arithmetic, seeded (0, 1, 0, 1) and run twelve times.
  const mask = 0xffffffffn
  let [a, b, c, counter] = [0n, 1n, 0n, 1n]
  const reference = () => {
    const sum = (a + b + counter) & mask
    counter = (counter + 1n) & mask
    a = b ^ (b >> 9n)
    b = (c + (c << 3n)) & mask
    c = (((c << 21n) | (c >> 11n)) + sum) & mask
    return Number(sum) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) reference()
  deepStrictEqual(numbers.slice(0, 1000), Array.from({ length: 1000 }, reference))
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
  ok(Math.abs(mean - 0.5) < 0.005, `mean ${mean}`)
})

test('a rate hands items out when they are due, and in bursts to a reader that was slow', async () => {
  const clock = new HandClock()
  const chunks = synthetic({ seed: 1, count: 100, generate: coin, ratePerSecond: 10, clock }).chunks()
  const taken: number[] = []
  const reading = (async () => {
    for await (const chunk of chunks) {
      taken.push(clock.now(), chunk.length)
      if (taken.length === 4) await clock.wait(5000)
    }
  })()
  await clock.pass(350)
  deepStrictEqual(taken, [100, 1, 200, 1])
  await clock.pass(4849)
  strictEqual(taken.length, 4)
  await clock.pass(101)
  deepStrictEqual(taken.slice(4, 8), [5200, 50, 5300, 1])
  await clock.pass(100_000)
  await reading
  deepStrictEqual(taken.slice(-2), [10_000, 1])
})

test('positions count items, and the share is known where there is a count', async () => {
  const chunks = await Array.fromAsync(synthetic({ seed: 1, count: 1500, generate: coin }).chunks())
  deepStrictEqual(
    chunks.map(chunk => chunk.position),
    [
      { bytes: 1024, totalBytes: 1500, share: 1024 / 1500 },
      { bytes: 1500, totalBytes: 1500, share: 1 }
    ]
  )
  for await (const chunk of synthetic({ seed: 1, generate: coin }).chunks()) {
    deepStrictEqual(chunk.position, { bytes: 1024 })
    break
  }
})

test('an abort ends an endless stream, also one that waits for the next item', async () => {
  const abort = new AbortController()
  let seen = 0
  for await (const _ of synthetic({ seed: 1, generate: coin, signal: abort.signal })) {
    if (++seen === 10) abort.abort()
  }
  strictEqual(seen, 1024, 'the chunk that was begun')

  const later = new AbortController()
  const slow = synthetic({ seed: 1, generate: coin, ratePerSecond: 0.001, signal: later.signal }).chunks()
  const waiting = slow.next()
  later.abort()
  strictEqual((await waiting).done, true)
})

test('what generate throws comes out, and options are checked', async () => {
  const failing = synthetic({
    seed: 1,
    generate: () => {
      throw new Error('no idea')
    }
  })
  await rejects(Array.fromAsync(failing), /^Error: no idea$/)
  throws(() => synthetic({ seed: 0.5, generate: coin }), /^RangeError: synthetic: seed must be/)
  throws(() => synthetic({ seed: 1, generate: coin, count: -1 }), /^RangeError: synthetic: count must be/)
  throws(
    () => synthetic({ seed: 1, generate: coin, ratePerSecond: 0 }),
    /^RangeError: synthetic: ratePerSecond/
  )
})
