import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { type ExchangeOptions, exchange } from '../../src/dataflow/exchange.ts'
import { filter } from '../../src/dataflow/filter.ts'
import { map } from '../../src/dataflow/map.ts'
import type { Loss } from '../../src/dataflow/moving-state.ts'
import { reduce } from '../../src/dataflow/reduce.ts'
import { tumbling } from '../../src/dataflow/windows.ts'
import { chunksOf, stream } from '../../src/stream.ts'
import { idle } from './clock.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'
import { type Account, read, source } from './source.ts'

interface Item {
  readonly key: string
  readonly from: string
  readonly n: number
  readonly at: number
}

const names = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay']

/** What happens to a peer, in ms. */
interface Life {
  readonly start: number
  readonly end: number | undefined
}

const life = (ends: boolean): fc.Arbitrary<Life> =>
  fc.record({
    start: fc.oneof(fc.constant(0), fc.nat(60)),
    end: ends ? fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }) : fc.constant(undefined)
  })

const someLives = (ends: boolean) => fc.array(life(ends), { minLength: 1, maxLength: 6 })

/** A source of items in random chunks with random pauses, that does not end before `lasts`; `given` gets what was handed out. */
function feed(
  from: string,
  count: number,
  sim: SimulatedChannels,
  random: () => number,
  given: Item[],
  { lasts = 0, until = new AbortController().signal } = {}
) {
  return stream<Item>(async function* () {
    let n = 0
    while (n < count) {
      if (random() < 0.5) await sim.clock.wait(Math.ceil(random() * 8))
      if (until.aborted) return
      const chunk: Item[] = []
      for (let i = Math.ceil(random() * 12); i > 0 && n < count; i--) {
        chunk.push({ key: `k${Math.floor(random() * 20)}`, from, n, at: 10 * n + Math.floor(random() * 20) })
        n++
      }
      given.push(...chunk)
      yield chunk
    }
    if (sim.clock.now() < lasts) await sim.clock.wait(lasts - sim.clock.now())
  })
}

interface Seen {
  readonly item: Item
  readonly at: string
}

/** Runs a plain exchange on peers with such lives; all that came out, in the order it did. */
async function history(lives: readonly Life[], seed: number, kill: readonly string[]) {
  const random = randomOf(seed)
  const sim = new SimulatedChannels(random)
  const seen: Seen[] = []
  const given = new Map<string, Item[]>()
  let running = 0
  lives.forEach((life, i) => {
    const name = names[i] as string
    const leaving = new AbortController()
    running++
    const own: Item[] = []
    given.set(name, own)
    let dead = false
    const run = async () => {
      await sim.clock.wait(life.start)
      const routed = exchange<Item>(sim.peer(name), {
        key: item => item.key,
        leaving: leaving.signal,
        clock: sim.clock,
        most: 2048
      })
      const ended = (async () => {
        for await (const chunk of chunksOf(routed(feed(name, 60, sim, random, own)))) {
          for (const item of chunk) if (!dead) seen.push({ item, at: name })
          if (random() < 0.2) await sim.clock.wait(Math.ceil(random() * 10))
        }
      })()
      const over = life.end === undefined ? undefined : sim.clock.wait(life.end)
      over?.then(() => {
        if (!kill.includes(name)) return leaving.abort()
        dead = true
        sim.crash(name)
      })
      const killed = kill.includes(name) && over !== undefined ? [over] : []
      await Promise.race([ended, ...killed])
      running--
    }
    run()
  })
  await sim.until(() => running === 0, 'the end')
  return { seen, given }
}

const nameOf = ({ from, n }: Item) => `${from} ${n}`

function inOrder(seen: readonly Seen[]): void {
  const last = new Map<string, number>()
  for (const { item, at } of seen) {
    const way = `${item.from} ${item.key}`
    ok((last.get(way) ?? -1) < item.n, `${way}: ${item.n} after ${last.get(way)}, at ${at}`)
    last.set(way, item.n)
  }
}

test('every item comes out once and in order, of whatever peers that come and leave politely', async () => {
  await fc.assert(
    fc.asyncProperty(someLives(true), fc.nat(), async (lives, seed) => {
      const { seen, given } = await history(lives, seed, [])
      inOrder(seen)
      strictEqual(new Set(seen.map(({ item }) => nameOf(item))).size, seen.length, 'none comes twice')
      lives.forEach((life, i) => {
        const name = names[i] as string
        const own = seen.filter(({ item }) => item.from === name).length
        const all = given.get(name)?.length ?? 0
        if (life.end === undefined) strictEqual(own, all)
        else
          ok(own >= all - 12, `of a peer that leaves the chunk that was asked for may stay: ${own} of ${all}`)
      })
    }),
    { numRuns: 40 }
  )
})

test('where peers are lost, all items of those that live come out, and twice only after a loss', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(life(true), { minLength: 2, maxLength: 6 }),
      fc.nat(),
      fc.subarray(names),
      async (lives, seed, kill) => {
        const { seen, given } = await history(lives, seed, kill)
        const found = new Set(seen.map(({ item }) => nameOf(item)))
        lives.forEach((life, i) => {
          const name = names[i] as string
          if (life.end !== undefined) return
          for (const item of given.get(name) ?? []) ok(found.has(nameOf(item)), `${nameOf(item)} is lost`)
        })
        if (!lives.some((life, i) => life.end !== undefined && kill.includes(names[i] as string))) {
          strictEqual(found.size, seen.length)
        }
      }
    ),
    { numRuns: 40 }
  )
})

test('peers that lose each other for a moment lose nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(fc.integer({ min: 5, max: 60 }), { maxLength: 4 }),
      async (seed, times) => {
        const random = randomOf(seed)
        const sim = new SimulatedChannels(random)
        const seen = new Set<string>()
        let running = 3
        for (const name of names.slice(0, 3)) {
          const routed = exchange<Item>(sim.peer(name), { key: item => item.key, clock: sim.clock, least: 3 })
          const run = async () => {
            for await (const item of routed(feed(name, 60, sim, random, []))) seen.add(nameOf(item))
            running--
          }
          run()
        }
        for (const ms of times) sim.clock.wait(ms).then(() => sim.part('ann', 'bob'))
        await sim.until(() => running === 0, 'the end')
        strictEqual(seen.size, 180)
      }
    ),
    { numRuns: 30 }
  )
})

const counting = {
  key: (item: Item) => item.key,
  initial: () => 0,
  reduce: (count: number) => count + 1,
  merge: (a: number, b: number) => a + b
}

interface Counted {
  readonly key: string
  readonly start: number
  readonly value: number
}

/** Counts by key and window over peers with such lives; `results` of all, and what they were to be. */
async function counts(lives: readonly Life[], seed: number, disorder: number) {
  const random = randomOf(seed)
  const sim = new SimulatedChannels(random)
  const results: Counted[] = []
  const given: Item[] = []
  let running = lives.length
  let late = 0
  lives.forEach((life, i) => {
    const name = names[i] as string
    const leaving = new AbortController()
    const time = (item: Item) => item.at
    const routed = exchange<Item>(sim.peer(name), {
      key: item => item.key,
      time,
      disorder,
      least: Math.min(2, lives.length),
      leaving: leaving.signal,
      clock: sim.clock,
      onLost: loss => results.push({ key: `lost ${loss.peer}`, start: 0, value: loss.partitions.length })
    })
    const counted = reduce({ ...counting, window: tumbling(50), time, moves: routed })
    const run = async () => {
      await sim.clock.wait(life.start)
      const items: AsyncIterable<Counted> = pipe(
        feed(name, 60, sim, random, given, { lasts: 150, until: leaving.signal }),
        routed,
        map((item: Item) => item),
        filter((_: Item) => true),
        counted
      )
      for await (const result of items) {
        results.push(result)
        if (random() < 0.1) await sim.clock.wait(Math.ceil(random() * 10))
      }
      late += counted.late
      running--
    }
    run()
    if (life.end !== undefined) sim.clock.wait(life.start + life.end + 0.5).then(() => leaving.abort())
  })
  await sim.until(() => running === 0, 'the end')
  const wanted = new Map<string, number>()
  for (const item of given) {
    const name = `${item.key} ${Math.floor(item.at / 50) * 50}`
    wanted.set(name, (wanted.get(name) ?? 0) + 1)
  }
  return { results, wanted, late }
}

const sorted = (entries: Iterable<readonly [string, number]>) =>
  Array.from(entries, ([name, value]) => `${name}: ${value}`).sort()

/** What came out and what was to, where they differ. */
function sameCounts(results: readonly Counted[], wanted: Iterable<readonly [string, number]>): void {
  const came = countsOf(results)
  const all = sorted(wanted)
  deepStrictEqual(
    came.filter((one, i) => !all.includes(one) || came[i - 1] === one),
    all.filter(one => !came.includes(one))
  )
}

const countsOf = (results: readonly Counted[]) =>
  sorted(results.map(({ key, start, value }) => [`${key} ${start}`, value]))

test('counts by key and window are those of all items, while peers join in mid-stream', async () => {
  await fc.assert(
    fc.asyncProperty(someLives(false), fc.nat(), async (lives, seed) => {
      const late = lives.map((life, i) => (i < 2 ? { ...life, start: 0 } : life))
      const { results, wanted } = await counts(late, seed, 1e9)
      sameCounts(results, wanted)
    }),
    { numRuns: 40 }
  )
})

test('each window of the merged stream comes out once, when its time is over at all peers, while some leave', async () => {
  await fc.assert(
    fc.asyncProperty(someLives(true), fc.nat(), async (lives, seed) => {
      const all = lives.map((life, i) => ({ start: 0, end: i < 2 ? undefined : life.end }))
      const { results, wanted, late } = await counts(all, seed, 20)
      sameCounts(results, wanted)
      strictEqual(late, 0)
    }),
    { numRuns: 40 }
  )
})

test('what a key has come to goes on where its owner has changed, without windows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 25, max: 80 }), async (seed, end) => {
      const random = randomOf(seed)
      const sim = new SimulatedChannels(random)
      const greatest = new Map<string, number>()
      const given: Item[] = []
      const leaving = new AbortController()
      let running = 3
      let out = 0
      for (const name of names.slice(0, 3)) {
        const until = name === 'cid' ? leaving.signal : new AbortController().signal
        const routed = exchange<Item>(sim.peer(name), {
          key: item => item.key,
          least: 3,
          leaving: until,
          clock: sim.clock
        })
        const counted = reduce({ ...counting, moves: routed })
        const run = async () => {
          for await (const { key, value } of counted(routed(feed(name, 60, sim, random, given, { until })))) {
            strictEqual(value, (greatest.get(key) ?? 0) + 1, 'no number is left out or comes twice')
            greatest.set(key, value)
            out++
          }
          running--
        }
        run()
      }
      sim.clock.wait(end + 0.5).then(() => leaving.abort())
      await sim.until(() => running === 0, 'the end')
      strictEqual(out, given.length)
    }),
    { numRuns: 30 }
  )
})

test('the state of a peer that dies is counted as lost, and reported by those who own its keys then', async () => {
  const sim = new SimulatedChannels(randomOf(1))
  const lost: Loss[] = []
  const routes = names.slice(0, 3).map(name => {
    const routed = exchange<Item>(sim.peer(name), {
      key: item => item.key,
      least: 3,
      clock: sim.clock,
      onLost: loss => lost.push(loss)
    })
    const counted = reduce({ ...counting, moves: routed })
    const seen: unknown[] = []
    const run = async () => {
      for await (const one of counted(routed(feed(name, 40, sim, randomOf(2), [], { lasts: 200 }))))
        seen.push(one)
      return true
    }
    return { name, routed, seen, done: run() }
  })
  await sim.until(() => routes.every(({ seen }) => seen.length > 0))
  sim.crash('cid')
  let over = 0
  for (const { name, done } of routes) if (name !== 'cid') done.then(() => over++)
  await sim.until(() => over === 2)
  const all = lost.flatMap(loss => loss.partitions)
  deepStrictEqual(new Set(lost.map(loss => loss.peer)), new Set(['cid']))
  strictEqual(new Set(all).size, all.length, 'each partition is reported once')
  ok(all.length > 250 && all.length < 430, `a third of 1024: ${all.length}`)
  strictEqual(
    routes.reduce((sum, { routed }) => sum + routed.lost, 0),
    all.length
  )
})

test('a receiver that stalls stops its sender at the bound', async () => {
  const sim = new SimulatedChannels(randomOf(3))
  const account: Account = { chunks: 0, closed: 0 }
  const endless = stream(async function* () {
    try {
      for (let n = 0; ; n++) {
        await idle()
        account.chunks++
        yield [{ key: `k${n}`, text: 'x'.repeat(1000) }]
      }
    } finally {
      account.closed++
    }
  })
  const options = { key: (item: { key: string }) => item.key, least: 2, most: 100_000, clock: sim.clock }
  const bob = chunksOf(exchange<{ key: string; text: string }>(sim.peer('bob'), options)(source([])))
  const ann = chunksOf(exchange<{ key: string; text: string }>(sim.peer('ann'), options)(endless))
  let taken = 0
  let stopped = false
  const read = async () => {
    for await (const _ of ann) taken++
    stopped = true
  }
  read()
  let come = false
  bob.next().then(() => {
    come = true
  })
  await sim.until(() => taken > 0 && come)
  let before = -1
  for (let quiet = 0; quiet < 20; quiet = account.chunks === before ? quiet + 1 : 0) {
    before = account.chunks
    await sim.clock.pass(20)
    let rounds = 20
    await sim.until(() => --rounds === 0)
  }
  ok(
    account.chunks > 100 && account.chunks < 350,
    `${account.chunks} items of 1 kB, half of them the other's`
  )
  await bob.return(undefined)
  const held = account.chunks
  await sim.until(() => account.chunks > held + 100, 'the sender goes on when the other has left')
  ok(!stopped)
  ann.return(undefined)
  await sim.until(() => account.closed === 1)
})

test('a reader that stops closes the source and the channel', async () => {
  const sim = new SimulatedChannels(randomOf(4))
  const account: Account = { chunks: 0, closed: 0 }
  const routed = exchange<string>(sim.peer('ann'), { key: item => item })
  for await (const _ of routed(source([['a'], ['b'], ['c']], account))) break
  strictEqual(account.closed, 1)
  strictEqual((await Array.fromAsync(routed(source([['a', 'b']])))).length, 2, 'the name is free again')
})

test('who leaves still sends what it has asked its source for, and does not wait long for that', async () => {
  for (const comes of [true, false]) {
    const sim = new SimulatedChannels(randomOf(6))
    const leaving = new AbortController()
    const asked = Promise.withResolvers<void>()
    const item = Promise.withResolvers<string>()
    const slow = stream<string>(async function* () {
      asked.resolve()
      yield [await item.promise]
    })
    const leave = { key: (item: string) => item, least: 2, clock: sim.clock }
    const came: string[] = []
    let over = 0
    const read = async (name: string, source: AsyncIterable<string>, more = {}) => {
      for await (const item of exchange<string>(sim.peer(name), { ...leave, ...more })(source))
        came.push(item)
      over++
    }
    void read('ann', slow, { leaving: leaving.signal })
    void read('bob', source([]))
    let isAsked = false
    asked.promise.then(() => {
      isAsked = true
    })
    await sim.until(() => isAsked)
    leaving.abort()
    if (comes) item.resolve('late')
    await sim.until(() => over === 2)
    deepStrictEqual(came, comes ? ['late'] : [])
  }
})

test('errors of the source, of key, of time and of items that cannot be sent come out', async () => {
  const sim = new SimulatedChannels(randomOf(5))
  const run = <In>(items: AsyncIterable<In>, options: Partial<ExchangeOptions<In>> = {}) =>
    Array.fromAsync(exchange<In>(sim.peer('ann'), { key: () => 1, ...options })(items))
  await rejects(run(source([['a']], undefined, new Error('source broke'))), /^Error: source broke$/)
  const failing = () => {
    throw new Error('no key')
  }
  await rejects(run(source([['a', 'b']]), { key: failing }), { message: 'exchange: item 0: no key' })
  await rejects(run(source([['a']]), { time: () => Number.NaN }), {
    message: 'exchange: item 0: time must be a finite number of ms; got NaN'
  })
  await rejects(run(source([[{}]]), { key: item => item as never }), {
    message: 'exchange: item 0: key must be a string, a number or a boolean; got object'
  })
  const bob = exchange<Item>(sim.peer('bob'), { key: item => item.key, least: 2, clock: sim.clock })
  const cid = exchange<unknown>(sim.peer('cid'), { key: () => `k${n++}`, least: 2, clock: sim.clock })
  let n = 0
  const reader = chunksOf(bob(source([])))
  let over = false
  reader.next().then(() => {
    over = true
  })
  const unsendable = Array.from({ length: 30 }, () => new Map())
  const failed = rejects(Array.fromAsync(cid(source([unsendable]))), {
    name: 'TypeError',
    message: 'exchange: an instance of Map cannot be sent; send plain values'
  })
  await sim.until(() => over)
  await failed
})

test('exchange refuses options out of range', () => {
  const key = () => 1
  const range = (message: string) => ({ name: 'RangeError', message })
  throws(
    () => exchange(undefined, { key, most: 0 }),
    range('exchange: most must be a whole number of bytes, at least 1; got 0')
  )
  throws(
    () => exchange(undefined, { key, least: 1.5 }),
    range('exchange: least must be a whole number of members, at least 1; got 1.5')
  )
  throws(
    () => exchange(undefined, { key, disorder: -1 }),
    range('exchange: disorder must be a number of ms, at least 0; got -1')
  )
  throws(
    () => exchange(undefined, { key, patience: -1 }),
    range('exchange: patience must be a number of ms, at least 0; got -1')
  )
})

test('alone, items pass straight through; with time, chunks carry the watermark', async () => {
  const chunks = [[3, 1], [], [9]]
  const plain = await read(chunksOf(exchange<number>(undefined, { key: n => n })(source(chunks))))
  deepStrictEqual(plain, await read(source(chunks).chunks()))
  const timed = exchange<number>(undefined, { key: n => n, time: n => n, disorder: 2 })(source(chunks))
  deepStrictEqual(
    (await Array.fromAsync(chunksOf(timed))).map(chunk => [
      Array.from(chunk),
      chunk.watermark,
      chunk.position?.bytes
    ]),
    [
      [[3, 1], 1, 2],
      [[], 1, 2],
      [[9], 7, 3]
    ]
  )
  const failing = exchange<number>(undefined, { key: n => n, time: () => Number.NaN })(source(chunks))
  await rejects(Array.fromAsync(failing), {
    message: 'exchange: item 0: time must be a finite number of ms; got NaN'
  })
})
