import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { iterate, type Round, type Turn } from '../../src/dataflow/iterate.ts'
import { map } from '../../src/dataflow/map.ts'
import { type Account, source } from './source.ts'

/** Halves of a number until they are odd; each odd one goes out. */
function halves({ item, round }: Round<number>): Turn<number, number> {
  if (item % 2 === 1) return { round, out: [item] }
  return { round, again: [item / 2, item / 2] }
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
  const body = map(({ item, round }: Round<string>): Turn<string, string> => {
    seen.push([Number(item), round, account.chunks])
    return round < 2 ? { round, again: [item] } : { round, out: [item] }
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
  const forever = map(({ item, round }: Round<number>): Turn<number, number> => ({ round, again: [item] }))
  await rejects(Array.fromAsync(iterate(forever, { most: 5 })(source([[1]]))), {
    name: 'RangeError',
    message: 'iterate: most is 5; what has gone round so often was to go round again'
  })
  const more = map(({ item, round }: Round<number>): Turn<number, number> => ({ round, again: [item, item] }))
  await rejects(Array.fromAsync(iterate(more, { most: 50, going: 100 })(source([[1]]))), {
    name: 'RangeError',
    message: 'iterate: going is 100; 101 items go round'
  })
  const twice = flatMap(({ round }: Round<number>): Turn<number, number>[] => [{ round }, { round }])
  await rejects(Array.fromAsync(iterate(twice, { most: 1 })(source([[1]]))), {
    message: 'iterate: wanted one turn of the body for each item; got more'
  })
  throws(() => iterate(forever, { most: 0 }), {
    name: 'RangeError',
    message: 'iterate: most must be a whole number of rounds, at least 1; got 0'
  })
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
