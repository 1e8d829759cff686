import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { broadcast } from '../../src/dataflow/broadcast.ts'
import { type DistributeOptions, distribute } from '../../src/dataflow/distribute.ts'
import { isText, TextColumns } from '../../src/dataflow/text-columns.ts'
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

/** Text of numbered lines: chunks of `lines` lines of `bytes` bytes. */
function text(chunks: number, lines: number, bytes: number) {
  return stream<string>(async function* () {
    for (let n = 0; n < chunks; n++) {
      const all = Array.from({ length: lines }, (_, i) => `${n * lines + i} `.padEnd(bytes, 'x')).join('')
      const ends = Uint32Array.from({ length: lines }, (_, i) => (i + 1) * bytes)
      yield new TextColumns(new TextEncoder().encode(all), ends)
    }
  })
}

/** Peers in one swarm, of whom those that are not given a source are fed. */
class Readers {
  readonly sim: SimulatedChannels
  readonly got: Record<string, string[]> = {}
  readonly running = new Set<string>()
  /** Chunks that were no columns. */
  strings = 0

  constructor(seed: number) {
    this.sim = new SimulatedChannels(randomOf(seed))
  }

  /** Takes `ms` for each chunk. */
  async open(name: string, ms: number, options: DistributeOptions, lines = source<string>([])) {
    const own: string[] = []
    this.got[name] = own
    this.running.add(name)
    const share = distribute<string>(this.sim.peer(name), { clock: this.sim.clock, ...options })
    for await (const chunk of chunksOf(share(lines))) {
      if (!isText(chunk)) this.strings++
      await this.sim.clock.wait(ms)
      if (this.running.has(name)) for (const line of chunk) own.push(line.slice(0, line.indexOf(' ')))
    }
    this.running.delete(name)
  }

  die(name: string): void {
    this.running.delete(name)
    this.sim.crash(name)
  }

  get numbers(): number[] {
    return Object.values(this.got)
      .flat()
      .map(Number)
      .sort((a, b) => a - b)
  }
}

const never = new AbortController().signal
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

test('text stays columns at all peers, each line goes to one, and those that are fed end when the text has', async () => {
  const peers = new Readers(11)
  peers.open('bob', 5, { fed: never })
  peers.open('cid', 5, { fed: never })
  await peers.sim.until(() => Object.keys(peers.got).length === 2)
  // Without a reader they wait, also for each other.
  for (let round = 0; round < 50; round++) await peers.sim.clock.pass(10)
  strictEqual(peers.running.size, 2)
  peers.open('ann', 5, { least: 3 }, text(20, 100, 3000))
  await peers.sim.until(() => peers.running.size === 0)
  deepStrictEqual(peers.numbers, upTo(2000))
  strictEqual(peers.strings, 0)
  for (const [name, own] of Object.entries(peers.got)) ok(own.length > 300, `${name}: ${own.length}`)
})

test('the lines of a fed peer that is lost go to others, as columns', async () => {
  const peers = new Readers(12)
  peers.open('bob', 10, { fed: never })
  peers.open('ann', 10, { least: 2 }, text(10, 100, 3000))
  await peers.sim.until(() => (peers.got.bob?.length ?? 0) > 100)
  peers.die('bob')
  await peers.sim.until(() => peers.running.size === 0)
  deepStrictEqual([...new Set(peers.numbers)], upTo(1000))
  strictEqual(peers.strings, 0)
})

test('of a slow text those who wait get as much each', async () => {
  const peers = new Readers(17)
  const slow = stream<string>(async function* () {
    for await (const chunk of chunksOf(text(60, 1, 10))) {
      await peers.sim.clock.wait(100)
      yield chunk
    }
  })
  for (const name of ['bob', 'cid']) peers.open(name, 1, { fed: never })
  peers.open('ann', 1, { least: 3 }, slow)
  await peers.sim.until(() => peers.running.size === 0)
  deepStrictEqual(
    Object.values(peers.got).map(own => own.length),
    [20, 20, 20]
  )
})

test('a line that is too long to be sent stays where it was read', async () => {
  const peers = new Readers(13)
  peers.open('bob', 1, { fed: never })
  peers.open('ann', 1, { least: 2 }, text(3, 1, 2 ** 20))
  await peers.sim.until(() => peers.running.size === 0)
  deepStrictEqual(peers.got, { ann: ['0', '1', '2'], bob: [] })
})

test('a fed peer that leaves gives back what it has not worked through', async () => {
  const peers = new Readers(14)
  const leaving = new AbortController()
  peers.open('bob', 10, { fed: never, leaving: leaving.signal })
  peers.open('ann', 10, { least: 2 }, text(10, 100, 3000))
  await peers.sim.until(() => (peers.got.bob?.length ?? 0) > 100)
  leaving.abort()
  await peers.sim.until(() => !peers.running.has('bob'))
  ok(peers.running.has('ann'))
  await peers.sim.until(() => peers.running.size === 0)
  deepStrictEqual(peers.numbers, upTo(1000))
})

test('where the peer that feeds leaves, the others work through what they have, and end', async () => {
  const peers = new Readers(15)
  const leaving = new AbortController()
  peers.open('bob', 10, { fed: never })
  peers.open('ann', 10, { least: 2, leaving: leaving.signal }, text(1000, 100, 3000))
  await peers.sim.until(() => (peers.got.bob?.length ?? 0) > 100)
  leaving.abort()
  await peers.sim.until(() => peers.running.size === 0)
  const { numbers } = peers
  strictEqual(new Set(numbers).size, numbers.length)
  ok(numbers.length < 10_000, `${numbers.length}`)
})

test('a fed peer that finds nobody who reads ends when it is told', async () => {
  const peers = new Readers(16)
  const late = new AbortController()
  peers.open('bob', 10, { fed: late.signal })
  await peers.sim.clock.pass(1000)
  ok(peers.running.has('bob'))
  late.abort()
  await peers.sim.until(() => peers.running.size === 0)
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
