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
