import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Window, type WindowOptions, window } from '../../src/dataflow/window.ts'
import { count, session, sliding, tumbling, type Windows } from '../../src/dataflow/windows.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import type { KeyedState } from '../../src/types.ts'
import { type Account, read, source } from './source.ts'

interface Visit {
  readonly who: string
  readonly at: number
}

const byTime = { key: (visit: Visit) => visit.who, time: (visit: Visit) => visit.at }
const visits = (...times: number[]): Visit[] => times.map(at => ({ who: 'a', at }))

/** Windows in short: start, end, times of the items. */
async function windows(options: Omit<WindowOptions<Visit, string>, 'key'>, ...times: number[]) {
  const late: number[] = []
  const operator = window({ ...byTime, late: visit => void late.push(visit.at), ...options })
  const all = await Array.fromAsync(operator(source([visits(...times)])))
  strictEqual(operator.late, late.length)
  return { windows: all.map(({ start, end, items }) => [start, end, items.map(v => v.at)]), late }
}

test('a tumbling window holds its start and not its end', async () => {
  deepStrictEqual(await windows({ kind: tumbling(10) }, 0, 9, 9.999, 10, 19, 20), {
    windows: [
      [0, 10, [0, 9, 9.999]],
      [10, 20, [10, 19]],
      [20, 30, [20]]
    ],
    late: []
  })
  deepStrictEqual((await windows({ kind: tumbling(10) }, -11, -10, -1, 0)).windows, [
    [-20, -10, [-11]],
    [-10, 0, [-10, -1]],
    [0, 10, [0]]
  ])
})

test('sliding windows overlap, and each holds its start and not its end', async () => {
  deepStrictEqual((await windows({ kind: sliding(10, 5) }, 4, 5, 9, 10, 14, 15)).windows, [
    [-5, 5, [4]],
    [0, 10, [4, 5, 9]],
    [5, 15, [5, 9, 10, 14]],
    [10, 20, [10, 14, 15]],
    [15, 25, [15]]
  ])
  deepStrictEqual((await windows({ kind: sliding(5, 3) }, 3, 5)).windows, [
    [0, 5, [3]],
    [3, 8, [3, 5]]
  ])
})

test('a session goes on just before its gap has passed and ends when it has', async () => {
  deepStrictEqual((await windows({ kind: session(10) }, 0, 9, 18.5, 28.5, 38)).windows, [
    [0, 28.5, [0, 9, 18.5]],
    [28.5, 48, [28.5, 38]]
  ])
})

test('an item joins two sessions where it is less than the gap from both, the earlier items first', async () => {
  const late = { kind: session(10), lateness: 100 }
  deepStrictEqual((await windows(late, 18, 0, 9)).windows, [[0, 28, [0, 18, 9]]])
  deepStrictEqual((await windows(late, 19, 0, 9)).windows, [
    [0, 19, [0, 9]],
    [19, 29, [19]]
  ])
  deepStrictEqual((await windows(late, 0, 40, 20, 30, 10)).windows, [
    [0, 10, [0]],
    [10, 20, [10]],
    [20, 30, [20]],
    [30, 40, [30]],
    [40, 50, [40]]
  ])
})

test('an item is late when its window ended at the watermark or before, and not before', async () => {
  const kind = tumbling(10)
  // The watermark is the greatest time less the lateness: 9 after 14, 10 after 15.
  deepStrictEqual((await windows({ kind, lateness: 5 }, 0, 14.9, 9)).late, [])
  deepStrictEqual((await windows({ kind, lateness: 5 }, 0, 15, 9)).late, [9])
  deepStrictEqual((await windows({ kind, lateness: 5 }, 0, 15, 10)).late, [], 'as late as is allowed')
  deepStrictEqual((await windows({ kind }, 0, 10, 9)).late, [9])
  deepStrictEqual((await windows({ kind }, 9, 0, 5)).late, [], 'behind the watermark, in an open window')
  deepStrictEqual(
    await windows({ kind: sliding(10, 5) }, 10, 6),
    {
      windows: [
        [5, 15, [10, 6]],
        [10, 20, [10]]
      ],
      late: []
    },
    'over for one window, in time for another'
  )
  deepStrictEqual((await windows({ kind: session(10) }, 0, 19, 9)).late, [9])
  deepStrictEqual((await windows({ kind: session(10) }, 0, 19, 9.5)).windows, [
    [0, 10, [0]],
    [9.5, 29, [19, 9.5]]
  ])
})

test('windows by count end with their last item', async () => {
  const seen: unknown[] = []
  const operator = window({ kind: count(3), key: (n: number) => n % 2 })
  for await (const chunk of chunksOf(operator(source([[1, 2, 3], [4], [5, 6, 7]])))) {
    seen.push(Array.from(chunk, w => [w.key, w.start, w.end, w.items]))
  }
  deepStrictEqual(seen, [
    [
      [1, 0, 3, [1, 3]],
      [0, 0, 3, [2]]
    ],
    [
      [0, 3, 6, [4, 6]],
      [1, 3, 6, [5]]
    ],
    [[1, 6, 9, [7]]]
  ])
})

test('windows come out by their ends, then as their first items came', async () => {
  const items = [
    { who: 'b', at: 3 },
    { who: 'a', at: 1 },
    { who: 'b', at: 25 },
    { who: 'c', at: 12 },
    { who: 'a', at: 11 }
  ]
  const out = await Array.fromAsync(window({ ...byTime, kind: tumbling(10), lateness: 30 })(source([items])))
  deepStrictEqual(
    out.map(w => [w.key, w.start]),
    [
      ['b', 0],
      ['a', 0],
      ['c', 10],
      ['a', 10],
      ['b', 20]
    ]
  )
})

test('a position is the last before any item that waits', async () => {
  const chunks = source([visits(1), visits(2, 11), visits(12), visits(20, 21), visits(30)])
  const seen = await read(chunksOf(window({ ...byTime, kind: tumbling(10) })(chunks)))
  deepStrictEqual(
    seen.map(({ items, at }) => [items.map(w => w.start), at]),
    [
      [[0], 1], // 11 waits, which came after position 1
      [[10], 4], // 20 waits
      [[20], 6], // 30 waits
      [[30], 7]
    ]
  )
  const full = await read(chunksOf(window<number>({ kind: count(2) })(source([[1, 2], [3]]))))
  deepStrictEqual(
    full.map(({ at }) => at),
    [2, 3]
  )
})

test('a function that fails, or a time that is none, is told with its item', async () => {
  const cause = new Error('no key')
  const key = (n: number) => {
    if (n === 3) throw cause
    return n
  }
  await rejects(Array.fromAsync(window({ kind: count(9), key })(source([[1, 2], [3]]))), {
    message: 'window: item 2: no key',
    cause
  })
  const timeless = window({ kind: tumbling(9), time: (n: number) => n })(source([[1, Number.NaN]]))
  await rejects(Array.fromAsync(timeless), {
    message: 'window: item 1: time must be a finite number of ms; got NaN'
  })
  const strict = window({
    kind: tumbling(9),
    time: (n: number) => n,
    late: async () => {
      throw cause
    }
  })
  await rejects(Array.fromAsync(strict(source([[9, 1]]))), {
    message: 'window: late: item 1: no key',
    cause
  })
})

test('window refuses what is not a window or a lateness', () => {
  const range = (message: string) => ({ name: 'RangeError', message })
  for (const got of [0, -1, 1.5, Number.NaN]) {
    throws(() => count(got), range(`count: size must be a whole number of items, at least 1; got ${got}`))
    throws(() => tumbling(got), range(`tumbling: ms must be a whole number, at least 1; got ${got}`))
    throws(() => sliding(got, 1), range(`sliding: ms must be a whole number, at least 1; got ${got}`))
    throws(() => sliding(9, got), range(`sliding: every must be a whole number, at least 1; got ${got}`))
    throws(() => session(got), range(`session: gapMs must be a whole number, at least 1; got ${got}`))
  }
  throws(() => sliding(9, 10), range('sliding: every must be at most ms, which is 9; got 10'))
  const kind = tumbling(1)
  throws(
    () => window({ ...byTime, kind, lateness: -1 }),
    range('window: lateness must be a number of ms, at least 0; got -1')
  )
  const needs = range('window: lateness needs time and windows that go by it; got a lateness of 1')
  throws(() => window({ kind, lateness: 1 }), needs)
  throws(() => window({ ...byTime, kind: count(2), lateness: 1 }), needs)
})

// The definition: an item is late by what came before it; the windows are those of all that are not late.
const kinds: readonly {
  readonly kind: Windows
  readonly spans: (times: number[], at: number) => number[][]
}[] = [
  { kind: tumbling(7), spans: (_, at) => [[7 * Math.floor(at / 7), 7 * Math.floor(at / 7) + 7]] },
  {
    kind: sliding(7, 3),
    spans: (_, at) =>
      Array.from({ length: 40 }, (_, i) => [3 * (i - 5), 3 * (i - 5) + 7]).filter(
        ([start = 0, end = 0]) => start <= at && at < end
      )
  },
  {
    kind: session(4),
    spans: (times, at) => {
      const sorted = times.toSorted((a, b) => a - b)
      let start = at
      let end = at
      for (const t of sorted.toReversed()) if (t <= start && start - t < 4) start = t
      for (const t of sorted) if (t >= end && t - end < 4) end = t
      return [[start, end + 4]]
    }
  }
]

const someVisits = fc.array(
  fc.array(fc.record({ who: fc.constantFrom('a', 'b'), at: fc.integer({ min: 0, max: 60 }) }), {
    maxLength: 8
  }),
  { maxLength: 8 }
)

function expected(
  all: readonly Visit[],
  spans: (times: number[], at: number) => number[][]
): Window<string, Visit>[] {
  const windows = new Map<string, Window<string, Visit>>()
  for (const visit of all) {
    const times = all.filter(v => v.who === visit.who).map(v => v.at)
    for (const [start = 0, end = 0] of spans(times, visit.at)) {
      const name = `${visit.who} ${start} ${end}`
      const open = windows.get(name) ?? { key: visit.who, start, end, items: [] }
      open.items.push(visit)
      windows.set(name, open)
    }
  }
  return [...windows.values()].sort((a, b) => a.end - b.end)
}

const sameItems = (windows: readonly Window<string, Visit>[]) =>
  windows.map(w => ({ ...w, items: w.items.toSorted((a, b) => a.at - b.at) }))

for (const { kind, spans } of kinds) {
  const name = 'every' in kind ? `${kind.ms} every ${kind.every}` : kind.kind

  test(`windows (${name}) are those of the whole stream where nothing is later than allowed`, async () => {
    await fc.assert(
      fc.asyncProperty(someVisits, async chunks => {
        const operator = window({ ...byTime, kind, lateness: 60 })
        const out = await Array.fromAsync(operator(source(chunks)))
        deepStrictEqual(sameItems(out), sameItems(expected(chunks.flat(), spans)))
        strictEqual(operator.late, 0)
      }),
      { numRuns: 60 }
    )
  })

  test(`what is late (${name}) depends on the order of the items alone, and each is in its windows or late`, async () => {
    await fc.assert(
      fc.asyncProperty(someVisits, fc.integer({ min: 0, max: 20 }), async (chunks, lateness) => {
        const results = []
        for (const cut of [chunks, [chunks.flat()], chunks.flat().map(visit => [visit])]) {
          const late: Visit[] = []
          const operator = window({ ...byTime, kind, lateness, late: visit => void late.push(visit) })
          results.push({ out: await Array.fromAsync(operator(source(cut))), late })
        }
        const [first, ...others] = results
        for (const other of others) deepStrictEqual(other, first)
        const taken = new Set(first?.out.flatMap(w => w.items))
        for (const visit of first?.late ?? []) ok(!taken.has(visit))
        strictEqual(taken.size + (first?.late.length ?? 0), chunks.flat().length)
        const ends = first?.out.map(w => w.end) ?? []
        deepStrictEqual(
          ends,
          ends.toSorted((a, b) => a - b)
        )
        // Aligned windows know their end from the start, so late is what the watermark alone says.
        if (kind.kind !== 'sliding') return
        let greatest = Number.NEGATIVE_INFINITY
        const late = chunks.flat().filter(({ at }) => {
          greatest = Math.max(greatest, at)
          return spans([], at).every(([, end = 0]) => end <= greatest - lateness)
        })
        deepStrictEqual(first?.late, late)
      }),
      { numRuns: 60 }
    )
  })
}

for (const { kind } of [{ kind: count(3) }, ...kinds]) {
  const name = 'every' in kind ? `${kind.ms} every ${kind.every}` : kind.kind

  test(`an item whose key or time cannot be had (${name}) is skipped as if it had not come`, async () => {
    await fc.assert(
      fc.asyncProperty(someVisits, fc.integer({ min: 0, max: 20 }), async (chunks, some) => {
        const lateness = kind.kind === 'count' ? 0 : some
        const isSound = ({ at }: Visit) => at % 5 > 1
        const broken = {
          key(visit: Visit) {
            if (visit.at % 5 === 0) throw new Error('no key')
            return visit.who
          },
          time: ({ at }: Visit) => (at % 5 === 1 ? Number.NaN : at)
        }
        // Windows by count ask for no time.
        const all = kind.kind === 'count' ? chunks.map(visits => visits.filter(v => v.at % 5 !== 1)) : chunks
        const skipping = window({ ...broken, kind, lateness, onError: 'skip' })
        const sound = window({ ...byTime, kind, lateness })
        const got = await Array.fromAsync(skipping(source(all)))
        deepStrictEqual(got, await Array.fromAsync(sound(source(all.map(visits => visits.filter(isSound))))))
        strictEqual(skipping.late, sound.late)
        strictEqual(skipping.failed, all.flat().filter(visit => !isSound(visit)).length)
      }),
      { numRuns: 60 }
    )
  })
}

test('what is over comes out before the error that ends the flow', async () => {
  const seen: number[] = []
  const key = (visit: Visit) => {
    if (visit.at === 12) throw new Error('no key')
    return visit.who
  }
  const reading = async () => {
    for await (const { start } of window({ ...byTime, key, kind: tumbling(5) })(source([visits(1, 7, 12)])))
      seen.push(start)
  }
  await rejects(reading, { message: 'window: item 2: no key' })
  deepStrictEqual(seen, [0])
})

test('windows by count do not go by the watermarks of chunks', async () => {
  const chunks = stream<Visit>(async function* () {
    yield chunkAt(visits(1), undefined, 1000)
    yield chunkAt(visits(2, 3), undefined, 2000)
  })
  const out = await Array.fromAsync(window({ ...byTime, kind: count(2) })(chunks))
  deepStrictEqual(
    out.map(w => w.items.map(v => v.at)),
    [[1, 2], [3]]
  )
})

test('window closes its source when the reader stops, and takes no more chunks than it needs', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  function* endless() {
    for (let at = 0; ; at++) yield visits(at)
  }
  const operator = window({ ...byTime, kind: tumbling(3) })
  for await (const _ of operator(source(endless(), account))) break
  deepStrictEqual(account, { chunks: 4, closed: 1 })
})

const holder = () => {
  const states: KeyedState[] = []
  return { states, keep: (state: KeyedState) => void states.push(state) }
}

test('a chunk with a watermark of its own ends windows by that, less the lateness, and not by its items', async () => {
  const ends: [number, unknown][] = []
  for (const lateness of [0, 5]) {
    const operator = window({ ...byTime, kind: tumbling(10), lateness })
    const chunks = stream<Visit>(async function* () {
      yield chunkAt(visits(35, 2), undefined, Number.NEGATIVE_INFINITY)
      yield chunkAt(visits(12), undefined, 9)
      yield chunkAt<Visit>([], undefined, 12)
      yield chunkAt(visits(3, 14), undefined, 20)
    })
    for await (const chunk of chunksOf(operator(chunks)))
      ends.push([lateness, Array.from(chunk, w => [w.start, w.items.map(v => v.at)])])
    strictEqual(operator.late, lateness === 0 ? 1 : 0)
  }
  deepStrictEqual(ends, [
    [0, [[0, [2]]]],
    [0, [[10, [12, 14]]]],
    [0, [[30, [35]]]],
    [5, [[0, [2, 3]]]],
    [
      5,
      [
        [10, [12, 14]],
        [30, [35]]
      ]
    ]
  ])
})

for (const { kind } of kinds) {
  if (kind.kind === 'count') continue
  const name = 'every' in kind ? `${kind.ms} every ${kind.every}` : kind.kind

  test(`windows (${name}) taken out of one peer and put in at another are those of both their items`, async () => {
    await fc.assert(
      fc.asyncProperty(someVisits, someVisits, async (before, after) => {
        const moves = [holder(), holder()] as const
        const options = { ...byTime, kind, lateness: 60 }
        const [from, to] = moves.map(held => window({ ...options, moves: held }))
        if (from === undefined || to === undefined) throw new Error('two were made')
        const leaving = source([...before, []])
        const rest: unknown[] = []
        const taken = stream<Visit>(async function* () {
          yield* leaving.chunks()
          rest.push(...(moves[0].states[0]?.take(key => key === 'a') ?? []))
        })
        const stayed = await Array.fromAsync(from(taken))
        ok(
          stayed.every(w => w.key === 'b'),
          'the windows of a have gone'
        )
        const putIn = stream<Visit>(async function* () {
          yield after.flat().slice(0, 3)
          moves[1].states[0]?.put(rest)
          yield after.flat().slice(3)
        })
        const out = await Array.fromAsync(to(putIn))
        const all = [...before.flat().filter(v => v.who === 'a'), ...after.flat()]
        const whole = await Array.fromAsync(window(options)(source([all])))
        const key = (w: { readonly key: string; readonly end: number }) => `${w.end} ${w.key}`
        const ordered = (windows: Window<string, Visit>[]) =>
          sameItems(windows)
            .map(w => ({ ...w, items: w.items.map(v => v.at) }))
            .sort((x, y) => (key(x) < key(y) ? -1 : 1))
        deepStrictEqual(ordered(out), ordered(whole))
      }),
      { numRuns: 60 }
    )
  })
}

test('windows by count do not move', () => {
  throws(() => window({ kind: count(2), moves: holder() }), {
    name: 'TypeError',
    message: 'window: windows by count cannot move: each peer counts its own items; take out moves'
  })
})
