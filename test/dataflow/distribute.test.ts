import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { broadcast } from '../../src/dataflow/broadcast.ts'
import { distribute } from '../../src/dataflow/distribute.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'
import { type Account, read, source } from './source.ts'

const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay']

function feed(from: string, count: number, sim: SimulatedChannels, random: () => number) {
  return stream<string>(async function* () {
    for (let n = 0; n < count; ) {
      if (random() < 0.5) await sim.clock.wait(Math.ceil(random() * 5))
      const chunk: string[] = []
      for (let i = Math.ceil(random() * 9); i > 0 && n < count; i--) chunk.push(`${from} ${n++}`)
      yield chunk
    }
  })
}

/** What each of `count` peers gets where all distribute 60 items; the peers that die do so after some ms. */
async function shares(count: number, seed: number, deaths: readonly number[]) {
  const random = randomOf(seed)
  const sim = new SimulatedChannels(random)
  const got = names.slice(0, count).map((): string[] => [])
  let running = count
  got.forEach((own, i) => {
    const name = names[i] as string
    const run = async () => {
      const share = distribute<string>(sim.peer(name), {
        least: Math.min(2, count),
        most: 200,
        clock: sim.clock
      })
      let over = false
      const death = deaths[i - 2] // two stay
      const died = death === undefined ? undefined : sim.clock.wait(death)
      died?.then(() => {
        over = true
        sim.crash(name)
      })
      const ended = (async () => {
        for await (const chunk of chunksOf(share(feed(name, 60, sim, random)))) {
          if (random() < 0.3) await sim.clock.wait(Math.ceil(random() * 9))
          if (!over) own.push(...chunk)
        }
      })()
      await Promise.race(died === undefined ? [ended] : [ended, died])
      running--
    }
    run()
  })
  await sim.until(() => running === 0, 'the end')
  return got
}

test('each item goes to one peer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(), async (count, seed) => {
      const all = (await shares(count, seed, [])).flat()
      strictEqual(all.length, 60 * count)
      strictEqual(new Set(all).size, 60 * count)
    }),
    { numRuns: 40 }
  )
})

test('what a lost peer had not worked through goes to another', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 3, max: 6 }),
      fc.nat(),
      fc.array(fc.integer({ min: 10, max: 60 }), { minLength: 1, maxLength: 3 }),
      async (count, seed, deaths) => {
        const all = new Set((await shares(count, seed, deaths)).flat())
        for (let n = 0; n < 60; n++) ok(all.has(`ann ${n}`), `ann ${n} is lost`)
      }
    ),
    { numRuns: 40 }
  )
})

test('a fast peer gets more, and a peer without a source its share', async () => {
  const sim = new SimulatedChannels(randomOf(7))
  const line = 'x'.repeat(1000)
  const got: Record<string, number> = { ann: 0, bob: 0, cid: 0 }
  let running = 3
  for (const [name, ms] of [
    ['ann', 1000],
    ['bob', 10],
    ['cid', 40]
  ] as const) {
    const share = distribute<string>(sim.peer(name), { least: 3, most: 10_000, clock: sim.clock })
    const chunks = name === 'ann' ? Array.from({ length: 400 }, () => [line, line]) : []
    const run = async () => {
      for await (const chunk of chunksOf(share(source(chunks)))) {
        await sim.clock.wait(ms)
        got[name] = (got[name] ?? 0) + chunk.length
      }
      running--
    }
    run()
  }
  await sim.until(() => running === 0)
  const { ann = 0, bob = 0, cid = 0 } = got
  strictEqual(ann + bob + cid, 800)
  ok(bob > 2 * cid && cid > 2 * ann, `${ann}, ${bob}, ${cid}`)
})

test('a peer takes its own share without coding, columns and all, and without position', async () => {
  const sim = new SimulatedChannels(randomOf(8))
  const chunk = {
    length: 1,
    columns: [1],
    position: { bytes: 5 },
    watermark: 7,
    [Symbol.iterator]: () => ['a'].values()
  }
  for (const operator of [distribute, broadcast]) {
    const items = stream<string>(async function* () {
      yield chunk
    })
    const [only] = await Array.fromAsync(chunksOf(operator<string>(sim.peer('ann'))(items)))
    ok(only !== undefined && 'columns' in only)
    deepStrictEqual([...only], ['a'])
    strictEqual(only.position, undefined)
    strictEqual(only.watermark, undefined)
  }
})

test('without a swarm distribute and broadcast hand on the stream as it is', async () => {
  for (const operator of [distribute, broadcast]) {
    deepStrictEqual(
      await read(chunksOf(operator(undefined)(source([[1, 2], [3]])))),
      await read(source([[1, 2], [3]]).chunks())
    )
  }
})

test('distribute and broadcast pass errors on, close their source, and refuse options out of range', async () => {
  const sim = new SimulatedChannels(randomOf(9))
  for (const operator of [distribute, broadcast]) {
    const account: Account = { chunks: 0, closed: 0 }
    const broken = operator(sim.peer('ann'))(source([['a']], account, new Error('source broke')))
    await rejects(Array.fromAsync(broken), /^Error: source broke$/)
    for await (const _ of operator(sim.peer('ann'))(source([['a'], ['b'], ['c']], account))) break
    strictEqual(account.closed, 2)
    const message = `${operator.name}: most must be a whole number of bytes, at least 1; got 0`
    throws(() => operator(undefined, { most: 0 }), { name: 'RangeError', message })
  }
})
