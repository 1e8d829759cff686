import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { filter } from '../../src/dataflow/filter.ts'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { type IterateBody, iterate, type Round, type Turn } from '../../src/dataflow/iterate.ts'
import { map } from '../../src/dataflow/map.ts'
import { stream } from '../../src/stream.ts'
import { idle } from './clock.ts'
import { type Account, source } from './source.ts'

/** Halves of a number until they are odd; each odd one goes out. */
function halves(of: Round<number>): Turn<number, number> {
  const { item } = of
  if (item % 2 === 1) return { of, out: [item] }
  return { of, again: [item / 2, item / 2] }
}

function halved(item: number): number[] {
  return item % 2 === 1 ? [item] : [...halved(item / 2), ...halved(item / 2)]
}

const someChunks = fc.array(fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 6 }), { maxLength: 6 })
const ascending = (numbers: number[]) => numbers.sort((a, b) => a - b)

for (const concurrency of [1, 3]) {
  test(`what comes back goes round until it is done, ${concurrency} at a time`, async () => {
    await fc.assert(
      fc.asyncProperty(someChunks, async chunks => {
        const later = (round: Round<number>) =>
          new Promise<Turn<number, number>>(resolve => setImmediate(() => resolve(halves(round))))
        const body = concurrency === 1 ? map(halves) : map(later, { concurrency, ordered: false })
        const out = await Array.fromAsync(iterate(body, { most: 6 })(source(chunks)))
        deepStrictEqual(ascending(out), ascending(chunks.flat().flatMap(halved)))
      }),
      { numRuns: 40 }
    )
  })
}

test('what goes round comes before more of the source', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const seen: [number, number, number][] = []
  const body = map((of: Round<string>): Turn<string, string> => {
    const { item, round } = of
    seen.push([Number(item), round, account.chunks])
    return round < 2 ? { of, again: [item] } : { of, out: [item] }
  })
  deepStrictEqual(await Array.fromAsync(iterate(body, { most: 2 })(source([['1'], ['2', '3']], account))), [
    '1',
    '2',
    '3'
  ])
  deepStrictEqual(
    seen.filter(([item]) => item === 1).map(([, round, chunks]) => [round, chunks]),
    [
      [0, 1],
      [1, 1],
      [2, 1]
    ]
  )
})

test('an item may go round so often and no more, and so many at once', async () => {
  const forever = map((of: Round<number>): Turn<number, number> => ({ of, again: [of.item] }))
  await rejects(Array.fromAsync(iterate(forever, { most: 5 })(source([[1]]))), {
    name: 'RangeError',
    message: 'iterate: most is 5; what has gone round so often was to go round again'
  })
  const more = map((of: Round<number>): Turn<number, number> => ({ of, again: [of.item, of.item] }))
  await rejects(Array.fromAsync(iterate(more, { most: 50, going: 100 })(source([[1]]))), {
    name: 'RangeError',
    message: 'iterate: going is 100; 101 items go round'
  })
  throws(() => iterate(forever, { most: 0 }), {
    name: 'RangeError',
    message: 'iterate: most must be a whole number of rounds, at least 1; got 0'
  })
})

test('two turns of an item, a turn of something else, and an item without one are errors', async () => {
  const wanted = 'iterate: wanted one turn of the body for each item it gets; '
  const run = (body: IterateBody<number, number>, items = source([[1, 2, 3]])) =>
    Array.fromAsync(iterate(body, { most: 2 })(items))
  const twice = flatMap((of: Round<number>): Turn<number, number>[] => [{ of }, { of }])
  await rejects(run(twice), { message: `${wanted}got another` })
  const forged = map((of: Round<number>): Turn<number, number> => ({ of: { ...of, number: of.number + 5 } }))
  await rejects(run(forged), { message: `${wanted}got another` })
  // How often something has gone round is not what the body says.
  const younger = map((of: Round<number>): Turn<number, number> => ({ of: { ...of, round: 0 }, again: [1] }))
  await rejects(run(younger), /^RangeError: iterate: most is 2/)

  const even = filter(({ item }: Round<number>) => item % 2 === 0)
  const silent = stream<number>(async function* () {
    yield [2, 3]
    await new Promise(() => {})
  })
  const body = (rounds: AsyncIterable<Round<number>>) => map(halves)(even(rounds))
  await rejects(run(body, silent), { message: `${wanted}it dropped one` })
  const first = async function* (rounds: AsyncIterable<Round<number>>) {
    for await (const of of rounds) {
      if (of.item === 2) return
      yield { of }
    }
  }
  await rejects(run(first), { message: `${wanted}it dropped one` })
})

test('items that come back go round while the source is silent', async () => {
  const silent = stream<number>(async function* () {
    yield [8]
    await new Promise(() => {})
  })
  const later = map(async (of: Round<number>) => halves(of), { concurrency: 2 })
  const seen: number[] = []
  for await (const item of iterate(later, { most: 3 })(silent)) if (seen.push(item) === 8) break
  deepStrictEqual(seen, Array(8).fill(1))
})

test('no more of the source is read while half of what may go round does', async () => {
  let free = () => {}
  const blocked = new Promise<void>(resolve => (free = resolve))
  const account: Account = { chunks: 0, closed: 0 }
  const slow = map(async (of: Round<number>) => blocked.then(() => halves(of)), { concurrency: 100 })
  const all = Array.fromAsync(iterate(slow, { most: 1, going: 20 })(source(Array(50).fill([1, 3]), account)))
  await idle()
  strictEqual(account.chunks, 5)
  free()
  strictEqual((await all).length, 100)
})

test('when leaving aborts what goes round comes out and no more is read', async () => {
  const leaving = new AbortController()
  const account: Account = { chunks: 0, closed: 0 }
  const body = map((of: Round<number>): Turn<number, number> => {
    if (of.item === 4) leaving.abort()
    return halves(of)
  })
  const run = iterate(body, { most: 3, leaving: leaving.signal })
  deepStrictEqual(await Array.fromAsync(run(source([[1], [4], [3]], account))), [1, 1, 1, 1, 1])
  deepStrictEqual(account, { chunks: 2, closed: 1 })
  deepStrictEqual(await Array.fromAsync(run(source([[3]], account))), [])
})

test('errors come out, and a reader that stops closes the source', async () => {
  const account: Account = { chunks: 0, closed: 0 }
  const body = () => map(halves)
  const broken = iterate(body(), { most: 6 })(source([[4]], account, new Error('source broke')))
  await rejects(Array.fromAsync(broken), /^Error: source broke$/)
  for await (const _ of iterate(body(), { most: 6 })(source([[1], [3], [5]], account))) break
  deepStrictEqual([account.closed, account.chunks], [2, 2])
  const failing = map((_: Round<number>): Turn<number, number> => {
    throw new Error('no turn')
  })
  await rejects(Array.fromAsync(iterate(failing, { most: 6 })(source([[1]], account))), {
    message: 'map: item 0: no turn'
  })
  strictEqual(account.closed, 3)
})
