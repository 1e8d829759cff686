import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { type JoinOptions, join } from '../../src/dataflow/join.ts'
import { chunkAt, stream } from '../../src/stream.ts'
import { type Account, source } from './source.ts'

interface Event {
  readonly id: number
  readonly key: string
  readonly at: number
}

type Options = JoinOptions<Event, Event, string>
const keyOf = (event: Event) => event.key
const timeOf = (event: Event) => event.at
const options = (within: number): Options => ({ keys: [keyOf, keyOf], times: [timeOf, timeOf], within })

let ids = 0
const events = (...times: number[]): Event[] => times.map(at => ({ id: ids++, key: 'k', at }))
const ats = (pairs: readonly [Event, Event][]) => pairs.map(([left, right]) => [left.at, right.at])

/** Chunks that come after some turns of the event loop each. */
function timed<Item>(chunks: readonly { readonly items: readonly Item[]; readonly turns: number }[]) {
  return stream<Item>(async function* () {
    for (const { items, turns } of chunks) {
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      yield items
    }
  })
}

const someChunks = fc.array(
  fc.record({
    turns: fc.nat(2),
    items: fc.array(fc.record({ id: fc.nat(), key: fc.constantFrom('a', 'b'), at: fc.nat(40) }), {
      maxLength: 6
    })
  }),
  { maxLength: 6 }
)

/** The definition: what was taken, in the order in which it was, against all that was taken before it. */
function nestedLoop(
  taken: readonly { side: number; item: Event }[],
  within: number,
  lateness: number,
  ended: number[]
) {
  const greatest = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const kept: Event[][] = [[], []]
  const pairs: [Event, Event][] = []
  const late: Event[] = []
  taken.forEach(({ side, item }, i) => {
    const marks = greatest.map((time, s) =>
      i >= (ended[s] ?? 0) ? Number.POSITIVE_INFINITY : time - lateness
    )
    if (item.at < Math.min(...marks)) {
      late.push(item)
      return
    }
    const others = (kept[1 - side] ?? []).filter(
      o => o.key === item.key && Math.abs(o.at - item.at) <= within
    )
    for (const other of others.sort((a, b) => a.at - b.at))
      pairs.push(side === 0 ? [item, other] : [other, item])
    kept[side]?.push(item)
    greatest[side] = Math.max(greatest[side] ?? 0, item.at)
  })
  return { pairs, late }
}

test('join makes the same pairs as a nested loop, with events out of order and late ones, however they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      someChunks,
      someChunks,
      fc.nat(10),
      fc.nat(30),
      fc.option(fc.nat(20), { nil: undefined }),
      async (lefts, rights, within, lateness, drift) => {
        const taken: { side: number; item: Event }[] = []
        const ended = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
        const note = (side: number) => (item: Event) => {
          taken.push({ side, item })
          return item.at
        }
        const late: Event[] = []
        const joined = join(timed(lefts), timed(rights), {
          ...options(within),
          times: [note(0), note(1)],
          lateness,
          ...(drift === undefined ? {} : { drift }),
          late: item => void late.push(item)
        })
        const pairs = await Array.fromAsync(joined)
        const counted = [lefts, rights].map(chunks => chunks.flatMap(chunk => chunk.items))
        for (const side of [0, 1]) {
          deepStrictEqual(
            taken.filter(t => t.side === side).map(t => t.item),
            counted[side],
            'each once, in order'
          )
        }
        // When the join heard of an end is not told, and an end makes more items late; so late is exact where no end mattered.
        strictEqual(joined.late, late.length)
        strictEqual(joined.held, 0)
        const without = nestedLoop(taken, within, lateness, ended)
        if (late.length === without.late.length) deepStrictEqual({ pairs, late }, without)
        else ok(late.length > without.late.length, 'an end raises the watermark')
        const notLate = nestedLoop(
          taken.filter(t => !late.includes(t.item)),
          within,
          1e9,
          ended
        )
        deepStrictEqual(pairs, notLate.pairs, 'all pairs of what was not late')
      }
    ),
    { numRuns: 150 }
  )
})

test('no item is late, and all pairs are made, where none is more than the lateness behind its stream', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, someChunks, fc.nat(10), async (lefts, rights, within) => {
      const joined = join(timed(lefts), timed(rights), { ...options(within), lateness: 40 })
      const [left = [], right = []] = [lefts, rights].map(chunks => chunks.flatMap(chunk => chunk.items))
      const wanted = left.flatMap(l =>
        right.filter(r => l.key === r.key && Math.abs(l.at - r.at) <= within).map(r => [l, r])
      )
      const name = (pair: Event[]) => pair.map(event => JSON.stringify(event)).join()
      deepStrictEqual((await Array.fromAsync(joined)).map(name).sort(), wanted.map(name).sort())
      strictEqual(joined.late, 0)
    }),
    { numRuns: 60 }
  )
})

test('times of a pair differ by at most `within`, on either side', async () => {
  const joined = join(source([events(100)]), source([events(89.5, 90, 100, 110, 110.5)]), options(10))
  deepStrictEqual(ats(await Array.fromAsync(joined)), [
    [100, 90],
    [100, 100],
    [100, 110]
  ])
  deepStrictEqual(ats(await Array.fromAsync(join(source([events(5)]), source([events(5, 6)]), options(0)))), [
    [5, 5]
  ])
})

test('keys must be equal', async () => {
  const right = [
    { id: 1, key: 'a', at: 1 },
    { id: 2, key: 'b', at: 1 }
  ]
  const pairs = await Array.fromAsync(
    join(source([[{ id: 0, key: 'b', at: 1 }]]), source([right]), options(1))
  )
  deepStrictEqual(
    pairs.map(([l, r]) => [l.id, r.id]),
    [[0, 2]]
  )
})

test('an item is late below the watermark of both streams, and not at it', async () => {
  // Left is taken first where neither is behind; its second chunk comes when right is at 30 as well.
  const run = async (at: number) => {
    const late: unknown[] = []
    const joined = join(source([events(30), events(at, 31)]), source([events(30), events(32)]), {
      ...options(10),
      lateness: 5,
      late: (item, side) => void late.push([side, item.at])
    })
    return { pairs: ats(await Array.fromAsync(joined)), late, counted: joined.late }
  }
  const inTime = await run(25)
  deepStrictEqual([inTime.late, inTime.counted], [[], 0])
  ok(inTime.pairs.some(([left]) => left === 25))
  const late = await run(24.9)
  deepStrictEqual([late.late, late.counted], [[['left', 24.9]], 1])
  ok(!late.pairs.some(([left]) => left === 24.9))
})

test('a stream that is ahead alone makes nothing late', async () => {
  const joined = join(source([events(1000), events(1)]), timed([{ items: events(1), turns: 5 }]), options(10))
  deepStrictEqual(ats(await Array.fromAsync(joined)), [[1, 1]])
  strictEqual(joined.late, 0)
})

test('what is held is bounded by the windows, for 20,000 items of each stream', async () => {
  function* chunks(step: number) {
    for (let at = 0; at < 20_000 * step; at += 100 * step) {
      yield Array.from({ length: 100 }, (_, i) => ({ id: i, key: String(i % 7), at: at + i * step }))
    }
  }
  let most = 0
  const joined = join(source(chunks(1)), source(chunks(1)), {
    ...options(10),
    times: [
      event => {
        most = Math.max(most, joined.held)
        return event.at
      },
      timeOf
    ]
  })
  let pairs = 0
  for await (const _ of joined) pairs++
  ok(pairs > 20_000)
  ok(most <= 2 * (1024 + 2 * 200), `${most} were held`)
})

test('drift keeps the stream that is ahead from running on', async () => {
  const ahead = (drift: number | undefined) => {
    let seen = 0
    let most = 0
    const left = source(Array.from({ length: 50 }, (_, i) => events(i * 10)))
    const right = timed(Array.from({ length: 50 }, (_, i) => ({ items: events(i * 10), turns: 2 })))
    const joined = join(left, right, {
      ...options(5),
      ...(drift === undefined ? {} : { drift }),
      times: [
        event => {
          most = Math.max(most, event.at - seen)
          return event.at
        },
        event => {
          seen = event.at
          return event.at
        }
      ]
    })
    return Array.fromAsync(joined).then(pairs => ({ pairs: pairs.length, most }))
  }
  deepStrictEqual(await ahead(undefined), { pairs: 50, most: 490 })
  deepStrictEqual(await ahead(20), { pairs: 50, most: 30 }) // 20, and the chunk that goes beyond it
  deepStrictEqual(await ahead(0), { pairs: 50, most: 10 })
})

test('once a stream has ended nothing is held for it', async () => {
  let held = -1
  const joined = join(
    source([events(1)]),
    timed(Array.from({ length: 9 }, () => ({ items: events(1), turns: 3 }))),
    {
      ...options(5),
      times: [
        timeOf,
        event => {
          held = joined.held
          return event.at
        }
      ]
    }
  )
  strictEqual((await Array.fromAsync(joined)).length, 9)
  strictEqual(held, 1, 'the one of the stream that has ended')
})

test('join closes both streams when the reader stops, and waits for none that is still waiting', async () => {
  const lefts: Account = { chunks: 0, closed: 0 }
  const rights: Account = { chunks: 0, closed: 0 }
  function* endless() {
    for (let at = 0; ; at++) yield events(at)
  }
  for await (const _ of join(source(endless(), lefts), source(endless(), rights), options(1))) break
  await setImmediate()
  deepStrictEqual([lefts.closed, rights.closed], [1, 1])
  ok(lefts.chunks <= 3 && rights.chunks <= 3)

  const silent = stream<Event>(async function* () {
    yield events(1)
    await new Promise<never>(() => {})
  })
  for await (const _ of join(silent, source([events(1)]), options(1))) break
})

test('an error of either stream, or of a function, ends the join and closes the other stream', async () => {
  for (const broken of ['left', 'right']) {
    const account: Account = { chunks: 0, closed: 0 }
    const bad = source([events(1)], undefined, new Error('source broke'))
    const good = source([events(1), events(2), events(3), events(4), events(5)], account)
    const joined = broken === 'left' ? join(bad, good, options(1)) : join(good, bad, options(1))
    await rejects(Array.fromAsync(joined), /^Error: source broke$/)
    await setImmediate()
    strictEqual(account.closed, 1)
  }
  const cause = new Error('no key')
  const keyed = join(source([events(1)]), source([events(1, 2)]), {
    ...options(1),
    keys: [
      keyOf,
      event => {
        if (event.at === 2) throw cause
        return event.key
      }
    ]
  })
  await rejects(Array.fromAsync(keyed), { message: 'join: right: item 1: no key', cause })
  await rejects(Array.fromAsync(join(source([events(Number.NaN)]), source<Event>([]), options(1))), {
    message: 'join: left: item 0: time must be a finite number of ms; got NaN'
  })
})

test('join refuses times that are none', () => {
  const refused = (changed: Partial<Options>, message: string) =>
    throws(() => join(source<Event>([]), source<Event>([]), { ...options(1), ...changed }), {
      name: 'RangeError',
      message
    })
  refused({ within: -1 }, 'join: within must be a number of ms, at least 0; got -1')
  refused(
    { within: Number.POSITIVE_INFINITY },
    'join: within must be a number of ms, at least 0; got Infinity'
  )
  refused({ lateness: -1 }, 'join: lateness must be a number of ms, at least 0; got -1')
  refused({ drift: Number.NaN }, 'join: drift must be a number of ms, at least 0; got NaN')
})

test('an item whose key or time cannot be had goes by the policy, and the others make their pairs', async () => {
  await fc.assert(
    fc.asyncProperty(someChunks, someChunks, fc.nat(10), async (lefts, rights, within) => {
      const bad = (event: Event) => event.id % 3 === 0
      const wrong = { ...options(within), lateness: 40 }
      const key = (event: Event) => {
        if (event.id % 6 === 0) throw new Error(`no ${event.id}`)
        return event.key
      }
      const time = (event: Event) => (event.id % 6 === 3 ? Number.NaN : event.at)
      const failing: Options = { ...wrong, keys: [key, key], times: [time, time] }
      const good = (chunks: typeof lefts) =>
        chunks.map(({ turns, items }) => ({ turns, items: items.filter(event => !bad(event)) }))
      const wanted = await Array.fromAsync(join(timed(good(lefts)), timed(good(rights)), wrong))
      const all = [lefts, rights].map(chunks => chunks.flatMap(chunk => chunk.items))
      const failed = all.map(events => events.flatMap((event, i) => (bad(event) ? [[event, i]] : [])))

      const skipping = join(timed(lefts), timed(rights), { ...failing, onError: 'skip' })
      deepStrictEqual(names(await Array.fromAsync(skipping)), names(wanted))
      strictEqual(skipping.failed, failed.flat().length)
      strictEqual(skipping.late, 0)

      const dead: { left: unknown[]; right: unknown[] } = { left: [], right: [] }
      const letting = join(timed(lefts), timed(rights), {
        ...failing,
        onError: async (event, error, side) => {
          await setImmediate()
          const index = Number(error.message.match(new RegExp(`^join: ${side}: item (\\d+): `))?.[1])
          dead[side].push([event, index])
        }
      })
      deepStrictEqual(names(await Array.fromAsync(letting)), names(wanted))
      deepStrictEqual([dead.left, dead.right], failed)
    }),
    { numRuns: 40 }
  )
})

const names = (pairs: readonly [Event, Event][]) => pairs.map(pair => JSON.stringify(pair)).sort()

test('a dead letter that cannot be delivered ends the join, and so does a late item, whatever the policy', async () => {
  const cause = new Error('disk full')
  const full = () => Promise.reject(cause)
  const run = (left: Event[][], changed: Partial<Options>) =>
    Array.fromAsync(join(source(left), source([events(9)]), { ...options(1), ...changed }))
  await rejects(run([events(Number.NaN)], { onError: full }), {
    message: 'join: left: onError: item 0: disk full',
    cause
  })
  const late = run([events(5), events(1)], { late: full, onError: 'skip' })
  await rejects(late, { message: 'join: late: left: item 1: disk full', cause })
  throws(() => join(source<Event>([]), source<Event>([]), { ...options(1), onError: 'no' as 'skip' }), {
    name: 'TypeError',
    message: "join: left: onError must be 'stop', 'skip' or a function; got no"
  })
})

test('chunks that have a watermark are late by that, and not by their items', async () => {
  const marked = (...chunks: { items: Event[]; watermark: number }[]) =>
    stream<Event>(async function* () {
      for (const { items, watermark } of chunks) yield chunkAt(items, undefined, watermark)
    })
  const late: number[] = []
  // Within a chunk, and until its watermark says so, nothing is late.
  const left = marked({ items: events(50, 3), watermark: 2 }, { items: events(2, 60), watermark: 55 })
  const right = marked(
    { items: events(3), watermark: 2 },
    { items: events(50, 2), watermark: 60 },
    { items: [], watermark: 70 }
  )
  const joined = join(left, right, { ...options(0), late: item => void late.push(item.at) })
  deepStrictEqual(ats(await Array.fromAsync(joined)).sort(), [
    [2, 2],
    [3, 3],
    [50, 50]
  ])
  deepStrictEqual(late, [])
  const after = marked({ items: events(9), watermark: 20 }, { items: events(19, 20), watermark: 30 })
  const both = join(after, marked({ items: [], watermark: 99 }), { ...options(0), lateness: 0 })
  await Array.fromAsync(both)
  strictEqual(both.late, 1, 'what was promised not to come is late')
})
