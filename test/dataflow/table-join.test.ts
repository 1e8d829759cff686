import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { type JoinTableOptions, joinTable } from '../../src/dataflow/table-join.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import { type Account, read, source } from './source.ts'

interface Order {
  readonly of: string
  readonly at: number
}
interface Price {
  readonly of: string
  readonly at: number
  readonly price: number | undefined
}
type Options = JoinTableOptions<Order, Price, string, number>

const asComes: Options = { keys: [order => order.of, price => price.of], value: price => price.price }
const asOf: Options = { ...asComes, times: [order => order.at, price => price.at] }
const orders = (...times: number[]): Order[] => times.map(at => ({ of: 'a', at }))
const price = (at: number, value: number | undefined, of = 'a'): Price => ({ of, at, price: value })
const prices = (pairs: readonly [Order, number | undefined][]) =>
  pairs.map(([order, found]) => [order.at, found])

function timed<Item>(chunks: readonly { readonly items: readonly Item[]; readonly turns: number }[]) {
  return stream<Item>(async function* () {
    let bytes = 0
    for (const { items, turns } of chunks) {
      for (let turn = 0; turn < turns; turn++) await setImmediate()
      bytes += items.length
      yield Object.assign([...items], { position: { bytes } })
    }
  })
}

const some = <Item>(item: fc.Arbitrary<Item>) =>
  fc.array(fc.record({ turns: fc.nat(2), items: fc.array(item, { maxLength: 6 }) }), { maxLength: 6 })
const someOrders = some(fc.record({ of: fc.constantFrom('a', 'b'), at: fc.nat(30) }))
const somePrices = some(
  fc.record({
    of: fc.constantFrom('a', 'b'),
    at: fc.nat(30),
    price: fc.option(fc.nat(99), { nil: undefined, freq: 3 })
  })
)

test('without times an item meets the table as of the updates that were taken before it', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, somePrices, async (lefts, rights) => {
      const table = new Map<string, number | undefined>()
      const wanted: [Order, number | undefined][] = []
      const joined = joinTable(timed(lefts), timed(rights), {
        keys: [
          order => {
            wanted.push([order, table.get(order.of)])
            return order.of
          },
          update => {
            table.set(update.of, update.price)
            return update.of
          }
        ],
        value: asComes.value
      })
      const got = await read(chunksOf(joined))
      deepStrictEqual(
        got.flatMap(chunk => chunk.items),
        wanted
      )
      deepStrictEqual(
        got.map(chunk => [chunk.items.map(([order]) => order), chunk.at]),
        (await read(timed(lefts).chunks())).map(chunk => [chunk.items, chunk.at]),
        'all items, in their chunks'
      )
      strictEqual(joined.held, [...table.values()].filter(value => value !== undefined).length)
    }),
    { numRuns: 100 }
  )
})

test('without times updates that have come are taken first, and an item waits for none', async () => {
  const early = joinTable(
    timed([{ items: orders(1), turns: 1 }]),
    source([[price(0, 5)], [price(0, 6)]]),
    asComes
  )
  deepStrictEqual(prices(await Array.fromAsync(early)), [[1, 6]])
  const late = joinTable(source([orders(1)]), timed([{ items: [price(0, 5)], turns: 2 }]), asComes)
  deepStrictEqual(prices(await Array.fromAsync(late)), [[1, undefined]])
})

test('with times an item meets the table as of its time, whenever the updates come', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, somePrices, fc.nat(30), async (lefts, rights, lateness) => {
      const notLate = <One extends { at: number }>(all: readonly One[]) => {
        let greatest = Number.NEGATIVE_INFINITY
        return all.filter(({ at }) => {
          const late = at < greatest - lateness
          greatest = Math.max(greatest, at)
          return !late
        })
      }
      const items = lefts.flatMap(chunk => chunk.items)
      const updates = rights.flatMap(chunk => chunk.items)
      const valid = notLate(updates)
      const wanted = notLate(items).map(order => [
        order,
        valid
          .filter(update => update.of === order.of && update.at <= order.at)
          .sort((a, b) => a.at - b.at)
          .at(-1)?.price
      ])
      const late: unknown[] = []
      const joined = joinTable(timed(lefts), timed(rights), {
        ...asOf,
        lateness,
        late: (one, side) => {
          // What the items never wait for is not read.
          if (side === 'item') late.push(one)
        }
      })
      deepStrictEqual(await Array.fromAsync(joined), wanted)
      const taken = new Set(notLate(items))
      deepStrictEqual(
        late,
        items.filter(item => !taken.has(item))
      )
    }),
    { numRuns: 100 }
  )
})

test('an update counts from its own time on, and of two at one time the last', async () => {
  const updates = [price(10, 1), price(20, 2), price(20, 3), price(30, undefined), price(40, 4)]
  const joined = joinTable(source([orders(9.9, 10, 19.9, 20, 29.9, 30, 39.9, 40)]), source([updates]), asOf)
  deepStrictEqual(prices(await Array.fromAsync(joined)), [
    [9.9, undefined],
    [10, 1],
    [19.9, 1],
    [20, 3],
    [29.9, 3],
    [30, undefined],
    [39.9, undefined],
    [40, 4]
  ])
})

test('with times an item waits until the watermark of the updates is above its time, and what is ready goes ahead', async () => {
  const given: number[] = []
  const updates = stream<Price>(async function* () {
    for (const at of [10, 20, 25, 26, 90]) {
      given.push(at)
      yield [price(at, at)]
    }
  })
  const joined = chunksOf(joinTable(source([orders(9, 20)]), updates, { ...asOf, lateness: 5 }))
  const next = async () => prices([...((await joined.next()).value ?? [])])
  deepStrictEqual([await next(), given.splice(0)], [[[9, undefined]], [10, 20]])
  deepStrictEqual([await next(), given.splice(0)], [[[20, 20]], [25, 26]], 'at 25 one of 20 could still come')
  strictEqual((await joined.next()).done, true)
  deepStrictEqual(given, [], 'none was read that no item waited for')
})

test('an item or update is late below its watermark, and not at it', async () => {
  const late: unknown[] = []
  const options: Options = { ...asOf, lateness: 5, late: (one, side) => void late.push([side, one.at]) }
  const updates = [price(20, 1), price(15, 2), price(14.9, 3), price(99, 4)]
  const joined = joinTable(source([orders(20, 15, 14.9)]), source([updates]), options)
  deepStrictEqual(prices(await Array.fromAsync(joined)), [
    [20, 1],
    [15, 2]
  ])
  deepStrictEqual(late, [
    ['update', 14.9],
    ['item', 14.9]
  ])
  strictEqual(joined.late, 2)
})

test('of the past only what an item may still meet is held', async () => {
  const count = 20_000
  const chunked = <Item>(item: (at: number) => Item) =>
    Array.from({ length: count / 100 }, (_, i) => Array.from({ length: 100 }, (_, j) => item(i * 100 + j)))
  let most = 0
  const updates = chunked(at => price(at, at % 3 === 0 ? undefined : at, String(at % 5)))
  const items = chunked(at => ({ of: String((at + 3) % 5), at }))
  const joined = joinTable(source(items), source(updates), {
    ...asOf,
    lateness: 50,
    value: update => {
      most = Math.max(most, joined.held)
      return update.price
    }
  })
  let index = 0
  for await (const [order, found] of joined) {
    const last = order.at - 2 // the last update of its key
    const wanted = last < 0 || last % 3 === 0 ? undefined : last
    if (found !== wanted) strictEqual(found, wanted, `item ${index}`)
    index++
  }
  strictEqual(index, count)
  ok(most <= 1024 + 2 * 400, `${most} were held`)
})

test('a key that is deleted is forgotten', async () => {
  const updates = Array.from({ length: 3000 }, (_, at) => [
    price(at, 1, `${at}`),
    price(at, undefined, `${at}`)
  ])
  const joined = joinTable(
    source([orders(...Array.from({ length: 3000 }, (_, at) => at))]),
    source(updates),
    asOf
  )
  for await (const [, found] of joined) strictEqual(found, undefined)
  ok(joined.held <= 1030, `${joined.held} are held`)
})

test('positions of items are kept, after all items before them', async () => {
  const joined = joinTable(
    source([orders(1, 2), orders(0), orders(3)]),
    source([[price(1, 1)], [price(2, 2)]]),
    asOf
  )
  deepStrictEqual(
    (await read(chunksOf(joined))).map(({ items, at }) => [prices(items), at]),
    [
      [[[1, 1]], undefined], // 2 waits for the next update
      [[[2, 2]], 2],
      [[], 3],
      [[[3, 2]], 4]
    ]
  )
})

for (const [name, options] of Object.entries({ 'as it comes': asComes, 'as of the time': asOf })) {
  test(`a table ${name}: both streams are closed when the reader stops, or the items end, or one fails`, async () => {
    const endless = function* <Item>(item: (at: number) => Item) {
      for (let at = 0; ; at++) yield [item(at)]
    }
    const run = async (act: (items: Account, updates: Account) => Promise<unknown>) => {
      const items: Account = { chunks: 0, closed: 0 }
      const updates: Account = { chunks: 0, closed: 0 }
      await act(items, updates)
      await setImmediate()
      strictEqual(items.closed, 1)
      ok(updates.closed === 1 || updates.chunks === 0)
    }
    const order = (at: number): Order => ({ of: 'a', at })
    const update = (at: number) => price(at, at)
    await run(async (items, updates) => {
      const few = timedEndless(endless(update), updates)
      for await (const _ of joinTable(source(endless(order), items), few, options)) break
    })
    await run(async (items, updates) => {
      const few = timedEndless(endless(update), updates)
      strictEqual((await Array.fromAsync(joinTable(source([orders(1, 2)], items), few, options))).length, 2)
    })
    await run(async (items, updates) => {
      const broken = source([[update(0)]], updates, new Error('source broke'))
      await rejects(
        Array.fromAsync(joinTable(source(endless(order), items), broken, options)),
        /^Error: source broke$/
      )
    })
    await run(async (items, updates) => {
      const broken = source([orders(1)], items, new Error('source broke'))
      const few = timedEndless(endless(update), updates)
      await rejects(Array.fromAsync(joinTable(broken, few, options)), /^Error: source broke$/)
    })
  })

  test(`a table ${name}: a function that fails is told with its item or update`, async () => {
    const cause = new Error('bad')
    const fail = () => {
      throw cause
    }
    const run = (changed: Partial<Options>) =>
      Array.fromAsync(
        joinTable(timed([{ items: orders(1), turns: 1 }]), source([[price(1, 1)]]), {
          ...options,
          ...changed
        })
      )
    await rejects(run({ keys: [fail, () => 'a'] }), { message: 'joinTable: item 0: bad', cause })
    await rejects(run({ keys: [() => 'a', fail] }), { message: 'joinTable: update: item 0: bad', cause })
    await rejects(run({ value: fail }), { message: 'joinTable: update: item 0: bad', cause })
  })
}

/** A source that gives one chunk a turn of the event loop, so that it leaves others a turn too. */
function timedEndless<Item>(chunks: Iterable<readonly Item[]>, account: Account) {
  return stream<Item>(async function* () {
    for await (const chunk of source(chunks, account).chunks()) {
      await setImmediate()
      yield chunk
    }
  })
}

test('joinTable refuses a lateness that is none, or has no times', () => {
  const refused = (options: Options, message: string) =>
    throws(() => joinTable(source<Order>([]), source<Price>([]), options), { name: 'RangeError', message })
  refused({ ...asOf, lateness: -1 }, 'joinTable: lateness must be a number of ms, at least 0; got -1')
  refused({ ...asComes, lateness: 1 }, 'joinTable: lateness needs times; got a lateness of 1')
})

for (const [name, options] of Object.entries({ 'as it comes': asComes, 'as of the time': asOf })) {
  test(`a table ${name}: items and updates for which a function fails go by the policy`, async () => {
    const items = orders(1, 2, 3, 4).map((order, i) => ({ ...order, of: i === 1 ? 'bad' : 'a' }))
    const updates = [price(1, 1), price(2, 2, 'bad'), price(3, 13), price(3, 3)]
    const key = (of: string) => {
      if (of === 'bad') throw new Error('no key')
      return of
    }
    const failing: Options = {
      ...options,
      keys: [order => key(order.of), update => key(update.of)],
      value: update => {
        if (update.price === 13) throw new Error('unlucky')
        return update.price
      }
    }
    const run = (onError: NonNullable<Options['onError']>) =>
      joinTable(timed([{ items, turns: 2 }]), source([updates]), { ...failing, onError })
    const joined = run('skip')
    const seen = await read(chunksOf(joined))
    deepStrictEqual(
      prices(seen.flatMap(chunk => chunk.items)),
      name === 'as it comes'
        ? [
            [1, 3],
            [3, 3],
            [4, 3]
          ]
        : [
            [1, 1],
            [3, 3],
            [4, 3]
          ]
    )
    strictEqual(seen.at(-1)?.at, 4, 'the position stays')
    strictEqual(joined.failed, 3)

    const dead: unknown[] = []
    const letting = run(async (one, error, side) => {
      await setImmediate()
      dead.push([side, one, error.message])
    })
    await Array.fromAsync(letting)
    const wanted = [
      ['item', items[1], 'joinTable: item 1: no key'],
      ['update', updates[1], 'joinTable: update: item 1: no key'],
      ['update', updates[2], 'joinTable: update: item 2: unlucky']
    ]
    const sorted = (letters: unknown[]) => letters.map(letter => JSON.stringify(letter)).sort()
    deepStrictEqual(sorted(dead), sorted(wanted))
    await rejects(
      Array.fromAsync(run(() => Promise.reject(new Error('disk full')))),
      /^Error: joinTable: (update: )?onError: item 1: disk full$/
    )
  })
}

test('a late item or update that cannot be put aside ends the join, whatever the policy', async () => {
  const late = () => Promise.reject(new Error('disk full'))
  const run = (items: Order[], updates: Price[]) =>
    Array.fromAsync(joinTable(source([items]), source([updates]), { ...asOf, late, onError: 'skip' }))
  await rejects(run(orders(2, 1), []), { message: 'joinTable: late: item: item 1: disk full' })
  await rejects(run(orders(2), [price(2, 1), price(1, 1)]), {
    message: 'joinTable: late: update: item 1: disk full'
  })
})

test('with times the watermarks of chunks count, where they have them, and those of items are kept', async () => {
  const items = stream<Order>(async function* () {
    yield chunkAt(orders(30, 10), undefined, 10)
    yield chunkAt(orders(20, 9), undefined, 40)
  })
  const updates = stream<Price>(async function* () {
    yield chunkAt([price(25, 25), price(5, 5)], undefined, 5)
    yield chunkAt([price(7, 7), price(20, 20)], undefined, 50)
  })
  const joined = joinTable(items, updates, asOf)
  const seen: unknown[] = []
  for await (const chunk of chunksOf(joined)) seen.push(...prices([...chunk]), chunk.watermark)
  deepStrictEqual(seen, [[30, 25], [10, 7], 10, [20, 20], 40])
  strictEqual(joined.late, 1)
})
