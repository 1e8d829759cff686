import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { distribute } from '../../src/dataflow/distribute.ts'
import { exchange } from '../../src/dataflow/exchange.ts'
import { encodeValues } from '../../src/dataflow/item-codec.ts'
import { iterate, type Round, type Turn } from '../../src/dataflow/iterate.ts'
import { map } from '../../src/dataflow/map.ts'
import { Returns } from '../../src/dataflow/returns.ts'
import { Ring } from '../../src/dataflow/ring.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import type { ChannelHandler } from '../../src/types.ts'
import { channelPeers } from '../net/channel-peers.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'
import { source } from './source.ts'

const names = ['ann', 'bob', 'cid', 'dan', 'eve']

/** What is still to be split so often; its name says whose it is and how it came to be. */
interface Task {
  readonly name: string
  readonly left: number
}

function split(of: Round<Task>): Turn<Task, string> {
  const { name, left } = of.item
  if (left === 0) return { of, out: [name] }
  return { of, again: [0, 1].map(n => ({ name: `${name}${n}`, left: left - 1 })) }
}

/** The names that come of a task. */
function partsOf({ name, left }: Task): string[] {
  return left === 0 ? [name] : [0, 1].flatMap(n => partsOf({ name: `${name}${n}`, left: left - 1 }))
}

/** What becomes of a peer after some ms. */
interface Life {
  readonly start: number
  readonly end: number | undefined
  /** Who parts loses the first of the peers for a moment; who stops is read no further. */
  readonly how: 'leaves' | 'dies' | 'parts' | 'stops'
}

/** Peers that split tasks, each of them wherever its key belongs or where there is room; what came out, and what was read of each. */
async function history(lives: readonly Life[], seed: number, route: 'exchange' | 'distribute') {
  const random = randomOf(seed)
  const sim = new SimulatedChannels(random)
  const out: string[] = []
  const peers = lives.map((life, i) => ({ ...life, name: names[i] as string, read: [] as Task[] }))
  let running = peers.length
  for (const { name, start, end, how, read } of peers) {
    const leaving = new AbortController()
    const tasks = stream<Task>(async function* () {
      for (let n = 0; n < 8; n++) {
        if (random() < 0.5) await sim.clock.wait(Math.ceil(random() * 6))
        const chunk = Array.from({ length: Math.ceil(random() * 3) }, (_, i) => {
          return { name: `${name} ${n} ${i} `, left: Math.floor(random() * 4) }
        })
        yield chunk
        read.push(...chunk)
      }
    })
    const options = { clock: sim.clock, most: 2048, patience: 100 }
    const routed = (leaving: AbortSignal) =>
      route === 'exchange'
        ? exchange<Round<Task>>(sim.peer(name), { ...options, leaving, key: ({ item }) => item.name })
        : distribute<Round<Task>>(sim.peer(name), { ...options, leaving })
    const body = (rounds: AsyncIterable<Round<Task>>, leaving: AbortSignal) =>
      pipe(rounds, routed(leaving), map(split))
    let dead = false
    let stopped = false
    const run = async () => {
      await sim.clock.wait(start)
      const done = iterate(body, {
        most: 3,
        swarm: sim.peer(name),
        leaving: leaving.signal,
        clock: sim.clock
      })
      for await (const part of done(tasks)) {
        if (!dead) out.push(part)
        if (stopped) break
        if (random() < 0.1) await sim.clock.wait(Math.ceil(random() * 10))
      }
    }
    const ended = run()
    const over = end === undefined ? undefined : sim.clock.wait(start + end)
    over?.then(() => {
      if (how === 'leaves') leaving.abort()
      else if (how === 'parts') sim.part(name, name === 'ann' ? 'bob' : 'ann')
      else if (how === 'stops') stopped = true
      else {
        dead = true
        sim.crash(name)
      }
    })
    const killed = how === 'dies' && over !== undefined ? [over] : []
    Promise.race([ended, ...killed]).then(() => running--)
  }
  await sim.until(() => running === 0, 'the end')
  return { out: out.sort(), peers }
}

const lives = (how: Life['how'], start: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({
      start,
      end: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
      how: fc.constant(how)
    }),
    { minLength: 1, maxLength: 5 }
  )

for (const route of ['exchange', 'distribute'] as const) {
  test(`what goes round through ${route} at several peers comes out once, while some leave`, async () => {
    await fc.assert(
      fc.asyncProperty(lives('leaves', fc.constant(0)), fc.nat(), async (lives, seed) => {
        const { out, peers } = await history(lives, seed, route)
        strictEqual(new Set(out).size, out.length, 'none comes twice')
        const came = new Set(out)
        const wanted = peers.flatMap(({ read }) => read.flatMap(partsOf))
        for (const part of wanted) ok(came.has(part), `${part} is lost`)
        // Of one that leaves the chunk that was asked for may come out too.
        if (lives.every(({ end }) => end === undefined)) strictEqual(out.length, wanted.length)
      }),
      { numRuns: 15 }
    )
  })

  for (const how of ['dies', 'parts', 'stops'] as const) {
    test(`of peers that live all comes out through ${route}, where one ${how}`, async () => {
      await fc.assert(
        fc.asyncProperty(lives(how, fc.nat(30)), fc.nat(), async (lives, seed) => {
          const { out, peers } = await history(lives, seed, route)
          const came = new Set(out)
          for (const { end, read } of peers) {
            if (end !== undefined && how !== 'parts') continue
            for (const part of read.flatMap(partsOf)) ok(came.has(part), `${part} is lost`)
          }
        }),
        { numRuns: 8 }
      )
    })
  }
}

test('over real connections what goes round comes out once', async t => {
  const peers = await channelPeers(t, 3)
  const tasks = peers.map((_, i) =>
    Array.from({ length: 30 }, (_, n) => ({ name: `${i} ${n} `, left: n % 5 }))
  )
  const outs = await Promise.all(
    peers.map(({ channels }, i) => {
      const body = (rounds: AsyncIterable<Round<Task>>) =>
        pipe(rounds, exchange<Round<Task>>(channels, { key: ({ item }) => item.name, least: 3 }), map(split))
      return Array.fromAsync(iterate(body, { most: 4, swarm: channels })(source([tasks[i] as Task[]])))
    })
  )
  deepStrictEqual(outs.flat().sort(), tasks.flat().flatMap(partsOf).sort())
  for (const out of outs) ok(out.length > 50, `${out.length} of ${outs.flat().length}`)
})

/** Returns of one peer, whose neighbour is played by the test. */
function neighbour() {
  const said: { to: string; bytes: Uint8Array }[] = []
  let hear: ChannelHandler = () => {}
  const swarm = {
    channel: (_: string, handler: ChannelHandler) => {
      hear = handler
      const send = (to: string, bytes: Uint8Array) => void said.push({ to, bytes })
      return { peer: 'ann', members: [], send, close: async () => {} }
    }
  }
  const chunks = chunksOf(source([['a'], ['b']]))
  const ring = new Ring<string>(chunks, { most: 2, going: 10, leaving: undefined })
  const returns = new Returns<string>(swarm, 'iterate', ring)
  const joined = () => hear({ type: 'joined', peer: 'bob' })
  const lost = () => hear({ type: 'lost', peer: 'bob' })
  const comes = (bytes: Uint8Array) => hear({ type: 'message', peer: 'bob', bytes: Uint8Array.from(bytes) })
  const message = (...values: unknown[]) => {
    const { form, bytes } = encodeValues(values)
    return Uint8Array.of(form, ...bytes)
  }
  const of = (number: number): Round<string> => ({ item: 'x', round: 0, from: 'bob', number })
  return { said, ring, returns, joined, lost, comes, message, of }
}

test('bytes that are no message are counted, and turns that nobody waits for change nothing', async () => {
  const { ring, returns, joined, comes, message } = neighbour()
  joined()
  const rounds = chunksOf(ring.input)
  const [first] = (await rounds.next()).value as Round<string>[]
  const number = first?.number ?? 0
  const bad = [
    new Uint8Array(0),
    Uint8Array.of(0, 1, 2),
    Uint8Array.of(1, 0xc1),
    message(),
    message('other'),
    message(7, [number, true, []]),
    message('turns', [number, true]),
    message('turns', [number + 0.5, true, []]),
    message('turns', ['1', true, []]),
    message('turns', [number, 1, []]),
    message('turns', 'text')
  ]
  for (const bytes of bad) comes(bytes)
  strictEqual(returns.rejected, bad.length)
  comes(message('turns', [number + 1, true, ['forged']]))
  comes(message('turns', [number, false, ['first half']], [number, true, ['second half']]))
  comes(message('turns', [number, true, ['too late']]))
  const { value: back } = await rounds.next()
  deepStrictEqual(
    Array.from(back as Iterable<Round<string>>, ({ item, round }) => [item, round]),
    [
      ['first half', 1],
      ['second half', 1]
    ]
  )
  strictEqual(returns.rejected, bad.length)
})

test('a turn from elsewhere that lets something go round too often ends the input with an error', async () => {
  const { ring, joined, comes, message } = neighbour()
  joined()
  const rounds = chunksOf(ring.input)
  for (let round = 0; round <= 2; round++) {
    const [{ number }] = (await rounds.next()).value as [Round<string>]
    comes(message('turns', [number, true, ['x']]))
  }
  await rejects(rounds.next(), /^RangeError: iterate: most is 2/)
})

test('who had lost a member, or stops early, tells it to begin anew; then only turns of the new numbers count', async () => {
  const { said, ring, returns, joined, lost, comes, message } = neighbour()
  const anew = { to: 'bob', bytes: message('anew') }
  joined()
  deepStrictEqual(said, [])
  lost()
  joined()
  deepStrictEqual(said.splice(0), [anew])
  await returns.close(false)
  deepStrictEqual(said.splice(0), [])
  await returns.close(true)
  deepStrictEqual(said, [anew])

  const rounds = chunksOf(ring.input)
  const next = async () => Array.from((await rounds.next()).value as Iterable<Round<string>>)
  const [first] = await next()
  for (const begin of [lost, () => comes(message('anew'))]) {
    begin()
    const [again] = await next()
    deepStrictEqual({ ...again, number: first?.number }, first)
    strictEqual(ring.turned(first?.number ?? 0, []), false)
  }
})

test('turns for a peer that is not known yet wait for it; what is too long for one message goes in several', () => {
  const { said, returns, joined, of } = neighbour()
  returns.give(of(1), ['a'])
  returns.send()
  strictEqual(said.length, 0)
  joined()
  strictEqual(said.length, 1)
  returns.give(
    of(2),
    Array.from({ length: 9 }, () => 'x'.repeat(300_000))
  )
  returns.give(of(3), [])
  returns.send()
  ok(said.length >= 4 && said.every(({ bytes }) => bytes.length <= 2 ** 20), `${said.length} messages`)
})

test('items that cannot go back are errors that say so', () => {
  const { returns, joined, of } = neighbour()
  joined()
  const send = (item: unknown) => {
    returns.give(of(1), [item as string])
    return () => returns.send()
  }
  throws(send(new Map()), /^TypeError: iterate: an instance of Map cannot be sent/)
  throws(send('x'.repeat(2 ** 20)), /^RangeError: iterate: an item must take at most 1048512 bytes; got/)
})
