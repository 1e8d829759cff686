// What every operator that takes a function promises about failures of that function.

import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { pipe } from 'it-pipe'
import { aggregate } from '../../src/dataflow/aggregate.ts'
import type { FailureOptions, FallibleOperator } from '../../src/dataflow/failures.ts'
import { filter } from '../../src/dataflow/filter.ts'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { map } from '../../src/dataflow/map.ts'
import { reduce } from '../../src/dataflow/reduce.ts'
import { tap } from '../../src/dataflow/tap.ts'
import { window } from '../../src/dataflow/window.ts'
import { count } from '../../src/dataflow/windows.ts'
import { chunksOf } from '../../src/stream.ts'
import { idle } from './clock.ts'
import { type Account, read, source } from './source.ts'

const later = <Value>(value: Value) => new Promise<Value>(resolve => setImmediate(() => resolve(value)))

interface Case {
  readonly name: string
  readonly operator: (
    fails: (n: number) => boolean,
    options?: FailureOptions<number>
  ) => FallibleOperator<number, number>
  /** Whether a chunk of which nothing is left is not passed on. */
  readonly gathers?: true
}

/** Passes an item on, or fails for it. */
const pass = (fails: (n: number) => boolean) => (n: number) => {
  if (fails(n)) throw new Error(`no ${n}`)
  return n
}

/** The operator with something done to each result. */
function followed<Out>(
  operator: FallibleOperator<number, Out>,
  transform: (out: Out) => number
): FallibleOperator<number, number> {
  const both = (items: AsyncIterable<number>) => map(transform)(operator(items))
  return Object.defineProperty(both as FallibleOperator<number, number>, 'failed', {
    get: () => operator.failed
  })
}

const last = { initial: () => 0, window: count(1) }

// Each hands its items on as they are.
const cases: readonly Case[] = [
  { name: 'map', operator: (fails, options) => map(pass(fails), options) },
  { name: 'map', operator: (fails, options) => map(async n => pass(fails)(await later(n)), options) },
  {
    name: 'map',
    operator: (fails, options) => map(async n => pass(fails)(n), { ...options, concurrency: 3 })
  },
  { name: 'filter', operator: (fails, options) => filter(n => pass(fails)(n) === n, options) },
  { name: 'filter', operator: (fails, options) => filter(async n => pass(fails)(n) === n, options) },
  { name: 'flatMap', operator: (fails, options) => flatMap(n => [pass(fails)(n)], options) },
  { name: 'flatMap', operator: (fails, options) => flatMap(async n => [pass(fails)(n)], options) },
  { name: 'flatMap', operator: (fails, options) => flatMap(n => map(pass(fails))(source([[n]])), options) },
  { name: 'tap', operator: (fails, options) => tap(pass(fails), options) },
  { name: 'tap', operator: (fails, options) => tap(async n => pass(fails)(n), options) },
  {
    name: 'reduce',
    operator: (fails, options) =>
      followed(
        reduce({ initial: () => 0, reduce: (_: number, n: number) => pass(fails)(n), ...options }),
        ({ value }) => value
      )
  },
  {
    name: 'reduce',
    operator: (fails, options) =>
      followed(
        reduce({ ...last, reduce: (_: number, n: number) => pass(fails)(n), ...options }),
        ({ value }) => value
      ),
    gathers: true
  },
  {
    name: 'aggregate',
    operator: (fails, options) =>
      aggregate({
        window: count(1),
        initial: (): number[] => [],
        add: (all: number[], n: number) => void all.push(pass(fails)(n)),
        result: ([n = 0]) => n,
        ...options
      }),
    gathers: true
  },
  {
    name: 'window',
    operator: (fails, options) =>
      followed(window({ kind: count(1), key: pass(fails), ...options }), ({ key }) => key),
    gathers: true
  }
]

const someChunks = fc.array(fc.array(fc.nat(9), { maxLength: 5 }), { maxLength: 5 })
const odd = (n: number) => n % 2 > 0

cases.forEach(({ name, operator, gathers }, i) => {
  const title = `${name} (${i})`

  test(`${title} stops at an item it fails for, unless told otherwise`, async () => {
    for (const options of [undefined, {}, { onError: 'stop' as const }]) {
      const account: Account = { chunks: 0, closed: 0 }
      const failing = operator(n => n === 3, options)
      const error = await Array.fromAsync(failing(source([[1, 2], [3], [4]], account))).catch(error => error)
      ok(error instanceof Error && error.message.startsWith(`${name}: item 2: `), String(error))
      ok(error.message.endsWith('no 3'), error.message)
      ok(error.cause instanceof Error)
      deepStrictEqual([account.closed, failing.failed], [1, 0])
    }
  })

  test(`${title} hands out what came before an item it stops at`, async () => {
    const seen: number[] = []
    const failing = operator(n => n === 4)(
      source([
        [0, 1],
        [2, 3, 4, 5]
      ])
    )
    await rejects(async () => {
      for await (const n of failing) seen.push(n)
    })
    deepStrictEqual(seen, [0, 1, 2, 3])
  })

  test(`${title} skips and counts what it fails for, and keeps positions`, async () => {
    await fc.assert(
      fc.asyncProperty(someChunks, async chunks => {
        const skipping = operator(odd, { onError: 'skip' })
        const seen = await read(chunksOf(skipping(source(chunks))))
        const even = chunks.flat().filter(n => !odd(n))
        deepStrictEqual(
          seen.flatMap(chunk => chunk.items),
          even
        )
        const places = seen.flatMap(({ at }) => (at === undefined ? [] : [at]))
        const all = chunks.map((_, i) => chunks.slice(0, i + 1).flat().length)
        if (gathers) strictEqual(places.at(-1), all.at(-1))
        else deepStrictEqual(places, all)
        strictEqual(skipping.failed, chunks.flat().length - even.length)
      }),
      { numRuns: 40 }
    )
  })

  test(`${title} gives what it fails for to a sink, with the error, once and in order, and waits for it`, async () => {
    await fc.assert(
      fc.asyncProperty(someChunks, async chunks => {
        const dead: { item: number; message: string }[] = []
        let taking = 0
        const onError = async (item: number, error: Error) => {
          taking++
          if (!title.startsWith('map (2)')) strictEqual(taking, 1, 'one at a time')
          await idle()
          dead.push({ item, message: error.message })
          taking--
        }
        const letting = operator(odd, { onError })
        const seen = await Array.fromAsync(letting(source(chunks)))
        const items = chunks.flat()
        deepStrictEqual(
          seen,
          items.filter(n => !odd(n))
        )
        deepStrictEqual(
          dead.map(({ item }) => item),
          items.filter(odd)
        )
        const places = items.flatMap((n, i) => (odd(n) ? [i] : []))
        dead.forEach(({ message }, i) => {
          ok(message.startsWith(`${name}: item ${places[i]}: `), message)
        })
        deepStrictEqual([letting.failed, taking], [dead.length, 0])
      }),
      { numRuns: 10 }
    )
  })

  test(`${title} stops when the sink fails`, async () => {
    const cause = new Error('disk full')
    const onError = () => Promise.reject(cause)
    await rejects(Array.fromAsync(operator(n => n === 2, { onError })(source([[1, 2, 3]]))), {
      message: `${name}: onError: item 1: disk full`,
      cause
    })
  })

  test(`${title} refuses a policy that is none`, () => {
    const onError = 'ignore' as unknown as 'skip'
    throws(() => operator(odd, { onError }), {
      name: 'TypeError',
      message: `${name}: onError must be 'stop', 'skip' or a function; got ignore`
    })
  })
})

test('an error of the source is not skipped', async () => {
  for (const { operator } of cases) {
    const failing = operator(odd, { onError: 'skip' })(source([[1, 2]], undefined, new Error('source broke')))
    await rejects(Array.fromAsync(failing), /^Error: source broke$/)
  }
})

test('what flatMap gave of an item before it failed stays', async () => {
  function* some(n: number) {
    yield n
    if (odd(n)) throw new Error('odd')
    yield n
  }
  const skipping = flatMap(some, { onError: 'skip' })
  deepStrictEqual(await Array.fromAsync(skipping(source([[1, 2], [3]]))), [1, 2, 2, 3])
  strictEqual(skipping.failed, 2)
})

test('failures are counted over all streams of an operator', async () => {
  const skipping = map(pass(odd), { onError: 'skip' })
  await Array.fromAsync(skipping(source([[1, 2, 3]])))
  await Array.fromAsync(skipping(source([[5]])))
  strictEqual(skipping.failed, 3)
})

test('the sink knows the type of the items, and a flow its types from end to end', async () => {
  const dead: number[] = []
  const lengths: AsyncIterable<number> = pipe(
    source([['1', 'x', '22']]),
    map((s: string) => Number(s)),
    filter((n: number) => n > 0, { onError: (item, error) => void dead.push(item, error.message.length) }),
    tap((n: number) => n.toFixed(), { onError: 'skip' }),
    flatMap((n: number) => String(n)),
    map((s: string) => s.length, { concurrency: 2, onError: (item: string) => item.length })
  )
  deepStrictEqual([await Array.fromAsync(lengths), dead], [[1, 1, 1], []])
})
