import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { broadcast } from '../../src/dataflow/broadcast.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import { idle } from './clock.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'
import { source } from './source.ts'

const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay']

test('every peer gets all items of every peer, those of one in order and once, though some die', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.nat(),
      fc.array(fc.integer({ min: 5, max: 60 }), { maxLength: 2 }),
      async (count, seed, deaths) => {
        const random = randomOf(seed)
        const sim = new SimulatedChannels(random)
        const got = names.slice(0, count).map((): [string, number][] => [])
        let running = 0
        const dead = new Set<string>()
        const ended = new Set<string>()
        got.forEach((own, i) => {
          const name = names[i] as string
          const run = async () => {
            const items = Array.from({ length: 12 }, (_, n) => [
              [name, 2 * n] as const,
              [name, 2 * n + 1] as const
            ])
            const all = broadcast<readonly [string, number]>(sim.peer(name), {
              least: Math.min(2, count),
              most: 100,
              clock: sim.clock
            })
            for await (const chunk of chunksOf(all(source(items)))) {
              for (const [from, n] of chunk) own.push([from, n])
              if (random() < 0.3) await sim.clock.wait(Math.ceil(random() * 9))
            }
            if (!dead.has(name)) {
              ended.add(name)
              running--
            }
          }
          running++
          run()
          const death = deaths[i - 2] // two stay
          if (death === undefined) return
          sim.clock.wait(death).then(() => {
            if (ended.has(name)) return
            dead.add(name)
            running--
            sim.crash(name)
          })
        })
        await sim.until(() => running === 0, 'the end')
        got.forEach((own, i) => {
          if (dead.has(names[i] as string)) return
          for (const from of names.slice(0, count)) {
            const its = own.filter(([name]) => name === from).map(([, n]) => n)
            const all = Array.from({ length: 24 }, (_, n) => n)
            // What was sent before the two had met is not in it; after the first that came, all of one that lives is.
            deepStrictEqual(
              its,
              dead.has(from) ? all.slice(its[0] ?? 0, (its[0] ?? 0) + its.length) : all.slice(its[0] ?? 24)
            )
          }
        })
      }
    ),
    { numRuns: 40 }
  )
})

test('what a peer has read when it leaves comes to all that stay, and its output ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
      async (count, seed, times) => {
        const random = randomOf(seed)
        const sim = new SimulatedChannels(random)
        const peers = names.slice(0, count).map((name, i) => ({
          name,
          read: 0,
          got: [] as [string, number][],
          leaves: i > 0 ? times[i - 1] : undefined
        }))
        let running = count
        for (const peer of peers) {
          const leaving = new AbortController()
          const items = stream(async function* () {
            while (peer.read < 40) {
              if (random() < 0.3) await sim.clock.wait(Math.ceil(random() * 5))
              yield [[peer.name, peer.read] as const]
              peer.read++ // now it was taken
            }
          })
          const options = { least: 2, most: 100, leaving: leaving.signal, clock: sim.clock }
          const all = broadcast<readonly [string, number]>(sim.peer(peer.name), options)
          const run = async () => {
            for await (const [from, n] of all(items)) {
              peer.got.push([from, n])
              if (random() < 0.3) await sim.clock.wait(Math.ceil(random() * 9))
            }
            running--
          }
          run()
          if (peer.leaves !== undefined) sim.clock.wait(peer.leaves).then(() => leaving.abort())
        }
        await sim.until(() => running === 0, 'the end')
        for (const { name, read } of peers) {
          for (const { got, leaves } of peers) {
            const [first, ...more] = got.filter(([from]) => from === name).map(([, n]) => n)
            const last = more.at(-1) ?? first
            if (first === undefined || last === undefined) continue
            deepStrictEqual(
              more,
              more.map((_, i) => first + 1 + i)
            )
            if (leaves === undefined) ok(last >= read - 1, `of ${name}'s ${read} items the last is ${last}`)
          }
        }
      }
    ),
    { numRuns: 40 }
  )
})

test('the slowest member sets the pace', async () => {
  const sim = new SimulatedChannels(randomOf(5))
  let taken = 0
  const endless = stream(async function* () {
    for (;;) {
      await idle()
      taken++
      yield ['x'.repeat(100)]
    }
  })
  const options = { least: 2, most: 10_000, clock: sim.clock }
  const slow = chunksOf(broadcast<string>(sim.peer('bob'), options)(source([])))
  const fast = chunksOf(broadcast<string>(sim.peer('ann'), options)(endless))
  let read = 0
  const reading = async () => {
    for await (const _ of fast) read++
  }
  reading()
  let come = 0
  slow.next().then(() => come++)
  await sim.until(() => come === 1 && read > 90)
  let rounds = 200
  await sim.until(() => --rounds === 0)
  ok(taken < 250, `${taken} items of 100 bytes`)
  const before = taken
  slow.return(undefined)
  await sim.until(() => taken > before + 100, 'what comes when the slow one has left')
  fast.return(undefined)
})
