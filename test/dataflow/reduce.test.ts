import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { aggregate } from '../../src/dataflow/aggregate.ts'
import { reduce } from '../../src/dataflow/reduce.ts'
import { window } from '../../src/dataflow/window.ts'
import { count, session, sliding, tumbling, type Windows } from '../../src/dataflow/windows.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import { HandClock } from './clock.ts'
import { type Account, read, source } from './source.ts'

interface Sale {
  readonly shop: string
  readonly at: number
  readonly price: number
}

const someSales = fc.array(
  fc.array(
    fc.record({
      shop: fc.constantFrom('x', 'y', 'z'),
      at: fc.nat(50),
      price: fc.integer()
    }) as fc.Arbitrary<Sale>,
    { maxLength: 8 }
  ),
  { maxLength: 8 }
)
const key = (sale: Sale) => sale.shop
const time = (sale: Sale) => sale.at
const prices = {
  initial: (): number[] => [],
  reduce: (all: number[], sale: Sale) => [...all, sale.price],
  merge: (earlier: number[], later: number[]) => earlier.concat(later)
}

for (const kind of [count(4), tumbling(10), sliding(10, 4), session(3)]) {
  const name = 'every' in kind ? `${kind.ms} every ${kind.every}` : kind.kind

  test(`reduce by windows (${name}) gives what the items of each window reduce to, and so does aggregate`, async () => {
    await fc.assert(
      fc.asyncProperty(someSales, fc.nat(15), async (chunks, lateness) => {
        const late: Sale[] = []
        const common =
          kind.kind === 'count' ? { key } : { key, time, lateness, late: (s: Sale) => void late.push(s) }
        const whole = await Array.fromAsync(window({ ...common, kind })(source(chunks)))
        const wanted = whole.map(({ items, ...span }) => ({ ...span, value: items.map(sale => sale.price) }))
        const wantedLate = late.splice(0)

        const reduced = reduce({ ...common, ...prices, window: kind })
        deepStrictEqual(await Array.fromAsync(reduced(source(chunks))), wanted)
        deepStrictEqual(late.splice(0), wantedLate)
        strictEqual(reduced.late, wantedLate.length)

        const aggregated = aggregate({
          ...common,
          window: kind,
          initial: (): number[] => [],
          add(all: number[], sale: Sale) {
            all.push(sale.price)
          },
          merge: prices.merge,
          result: (value, span) => ({ ...span, value })
        })
        deepStrictEqual(await Array.fromAsync(aggregated(source(chunks))), wanted)
        deepStrictEqual(late, wantedLate)
        strictEqual(aggregated.late, wantedLate.length)
      }),
      { numRuns: 60 }
    )
  })
}

test('words are counted over windows of a number of words', async () => {
  const words = reduce({
    window: count(4),
    key: (word: string) => word,
    initial: () => 0,
    reduce: n => n + 1
  })
  const counts = await Array.fromAsync(
    words(
      source([
        ['to', 'be', 'or'],
        ['not', 'to', 'be']
      ])
    )
  )
  deepStrictEqual(
    counts.map(({ key, value, start, end }) => [key, value, start, end]),
    [
      ['to', 1, 0, 4],
      ['be', 1, 0, 4],
      ['or', 1, 0, 4],
      ['not', 1, 0, 4],
      ['to', 1, 4, 8],
      ['be', 1, 4, 8]
    ]
  )
})

test('without a key all items are reduced together', async () => {
  const sums = reduce({ window: count(2), initial: () => 0, reduce: (sum: number, n: number) => sum + n })
  deepStrictEqual(await Array.fromAsync(sums(source([[1, 2, 3]]))), [
    { key: undefined, start: 0, end: 2, value: 3 },
    { key: undefined, start: 2, end: 4, value: 3 }
  ])
})

test('without a window each item gives its key its value so far, and chunks keep their positions', async () => {
  await fc.assert(
    fc.asyncProperty(someSales, async chunks => {
      const seen = new Map<string, number>()
      const wanted = chunks.flat().map(({ shop, price }) => {
        const value = (seen.get(shop) ?? 0) + price
        seen.set(shop, value)
        return { key: shop, value }
      })
      const operator = reduce({
        key,
        initial: () => 0,
        reduce: (sum: number, sale: Sale) => sum + sale.price
      })
      const got = await read(chunksOf(operator(source(chunks))))
      deepStrictEqual(
        got.flatMap(chunk => chunk.items),
        wanted
      )
      deepStrictEqual(
        got.map(chunk => [chunk.items.length, chunk.at]),
        (await read(chunksOf(source(chunks)))).map(chunk => [chunk.items.length, chunk.at])
      )
    }),
    { numRuns: 60 }
  )
})

test('a function that fails is told with its operator and item', async () => {
  const cause = new Error('odd')
  const fail = () => {
    throw cause
  }
  const odd = (sum: number, n: number) => (n === 3 ? fail() : sum + n)
  const initial = () => 0
  const items = () =>
    source([
      [1, 2],
      [3, 4]
    ])
  await rejects(Array.fromAsync(reduce({ initial, reduce: odd })(items())), {
    message: 'reduce: item 2: odd',
    cause
  })
  await rejects(Array.fromAsync(reduce({ initial, reduce: odd, window: count(4) })(items())), {
    message: 'reduce: item 2: odd',
    cause
  })
  const failing = { initial: () => [], add: () => {}, result: fail }
  await rejects(Array.fromAsync(aggregate({ ...failing, window: count(2) })(items())), {
    message: 'aggregate: result: item 1: odd',
    cause
  })
  await rejects(Array.fromAsync(aggregate({ ...failing, window: count(9) })(items())), {
    message: 'aggregate: result: item 3: odd',
    cause
  })
})

for (const kind of [count(4), tumbling(10), sliding(10, 4), session(3)]) {
  const name = 'every' in kind ? `${kind.ms} every ${kind.every}` : kind.kind

  test(`an item that cannot be reduced (${name}) is skipped and in no window, and so with aggregate`, async () => {
    await fc.assert(
      fc.asyncProperty(someSales, async chunks => {
        const common = kind.kind === 'count' ? { key } : { key, time, lateness: 50 }
        const check = (sale: Sale) => {
          if (sale.price % 3 === 0) throw new Error('a third')
        }
        const sound = chunks.map(sales => sales.filter(({ price }) => price % 3 !== 0))
        const wanted = await Array.fromAsync(reduce({ ...common, ...prices, window: kind })(source(sound)))
        const failures = chunks.flat().length - sound.flat().length

        const reduced = reduce({
          ...common,
          ...prices,
          window: kind,
          reduce(all: number[], sale: Sale) {
            check(sale)
            return prices.reduce(all, sale)
          },
          onError: 'skip'
        })
        deepStrictEqual(await Array.fromAsync(reduced(source(chunks))), wanted)
        strictEqual(reduced.failed, failures)

        const aggregated = aggregate({
          ...common,
          window: kind,
          initial: (): number[] => [],
          add(all: number[], sale: Sale) {
            check(sale)
            all.push(sale.price)
          },
          merge: prices.merge,
          result: (value, span) => ({ ...span, value }),
          onError: 'skip'
        })
        deepStrictEqual(await Array.fromAsync(aggregated(source(chunks))), wanted)
        strictEqual(aggregated.failed, failures)
      }),
      { numRuns: 60 }
    )
  })
}

test('an item that cannot be reduced in one of its windows is in none of them, and its time has counted', async () => {
  const sale = (at: number): Sale => ({ shop: 'x', at, price: at })
  const some = async (window: Windows, most: number, lateness: number, ...times: number[]) => {
    const operator = reduce({
      ...prices,
      time,
      window,
      lateness,
      reduce(all: number[], one: Sale) {
        if (all.length >= most) throw new Error('full')
        return prices.reduce(all, one)
      },
      onError: 'skip'
    })
    const out = await Array.fromAsync(operator(source([times.map(sale)])))
    return {
      out: out.map(({ start, value }) => [start, value]),
      failed: operator.failed,
      late: operator.late
    }
  }
  deepStrictEqual(await some(sliding(10, 5), 1, 0, 4, 6), {
    out: [
      [-5, [4]],
      [0, [4]]
    ],
    failed: 1,
    late: 0
  })
  deepStrictEqual(await some(session(10), 2, 50, 0, 18, 9), {
    out: [
      [0, [0]],
      [18, [18]]
    ],
    failed: 1,
    late: 0
  })
  deepStrictEqual(await some(tumbling(10), 0, 0, 12, 5), { out: [], failed: 1, late: 1 })
})

test('a result that fails ends the flow whatever the policy, after what was over before', async () => {
  const cause = new Error('odd')
  const failing = (window: Windows, more: object = {}) =>
    aggregate({
      window,
      key: (n: number) => n % 10,
      initial: () => ({ sum: 0 }),
      add(all: { sum: number }, n: number) {
        all.sum += n
      },
      result({ sum }) {
        if (sum % 2 === 1) throw cause
        return sum
      },
      onError: 'skip' as const,
      ...more
    })
  const outcome = async (numbers: AsyncIterable<number>) => {
    const seen: number[] = []
    const error = await (async () => {
      for await (const n of numbers) seen.push(n)
    })().catch(error => error)
    strictEqual(error.cause, cause)
    return [...seen, error.message]
  }
  deepStrictEqual(await outcome(failing(count(3))(source([[2, 4, 5, 6]]))), [
    2,
    4,
    'aggregate: result: item 2: odd'
  ])
  const time = (n: number) => n
  const marked = stream<number>(async function* () {
    yield [2]
    yield chunkAt([5], undefined, 50)
    yield [60]
  })
  deepStrictEqual(await outcome(failing(tumbling(10), { time })(marked)), [
    2,
    'aggregate: result: item 1: odd'
  ])
  const clock = new HandClock()
  const waiting = stream<number>(async function* () {
    yield [2, 5]
    await new Promise(() => {})
  })
  const told = outcome(failing(tumbling(10), { clock })(waiting))
  await clock.pass(10)
  deepStrictEqual(await told, [2, 'aggregate: result: item 1: odd'])
})

test('sessions with a lateness need a way to merge, others do not', async () => {
  const { merge: _, ...options } = { ...prices, key, time, window: session(5) }
  throws(() => reduce({ ...options, lateness: 1 }), {
    name: 'TypeError',
    message: 'reduce: sessions with a lateness need merge: a late item may join two of them'
  })
  const needs = { name: 'TypeError', message: /^aggregate: sessions with a lateness need merge/ }
  const none = { initial: () => 0, add: () => {}, result: () => 0 }
  throws(() => aggregate({ ...none, time, lateness: 1, window: session(5) }), needs)
  await fc.assert(
    fc.asyncProperty(someSales, async chunks => {
      await Array.fromAsync(reduce(options)(source(chunks)))
    })
  )
})

test('reduce and aggregate close their source when the reader stops', async () => {
  const options = { window: count(2), initial: () => ({ sum: 0 }) }
  const operators = [
    reduce<number, { sum: number }>({ ...options, reduce: one => one }),
    aggregate({ ...options, add: (_: { sum: number }, __: number) => {}, result: one => one }),
    reduce<number, { sum: number }>({ initial: options.initial, reduce: one => one })
  ]
  for (const operator of operators) {
    const account: Account = { chunks: 0, closed: 0 }
    for await (const _ of operator(
      source(
        [
          [1, 2],
          [3, 4],
          [5, 6]
        ],
        account
      )
    ))
      break
    deepStrictEqual(account, { chunks: 1, closed: 1 })
  }
})

test('what is to move needs a way to merge', () => {
  const moves = { keep: () => {} }
  const needs = (name: string) => ({
    name: 'TypeError',
    message: `${name}: moves needs merge: a key may have had items on two peers`
  })
  throws(() => reduce({ initial: () => 0, reduce: (n: number) => n, moves }), needs('reduce'))
  throws(
    () => reduce({ initial: () => 0, reduce: (n: number) => n, moves, window: tumbling(5) }),
    needs('reduce')
  )
  throws(
    () => aggregate({ initial: () => 0, add: () => {}, result: () => 0, moves, window: tumbling(5) }),
    needs('aggregate')
  )
})
