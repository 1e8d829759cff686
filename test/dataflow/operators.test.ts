// What every operator promises, whatever it does to the items.

import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { batch } from '../../src/dataflow/batch.ts'
import { filter } from '../../src/dataflow/filter.ts'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { map } from '../../src/dataflow/map.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { chunksOf } from '../../src/stream.ts'
import type { Operator } from '../../src/types.ts'
import { type Account, source } from './source.ts'

interface Case {
  readonly name: string
  readonly operator: () => Operator<string, unknown>
  /** The definition, on all items at once. */
  readonly oracle: (items: string[]) => unknown[]
}

const later = <Value>(value: Value) => new Promise<Value>(resolve => setImmediate(() => resolve(value)))
const pairs = (items: string[]) => items.flatMap((_, i) => (i % 2 === 0 ? [items.slice(i, i + 2)] : []))

const cases: readonly Case[] = [
  { name: 'map', operator: () => map((s: string) => s.length), oracle: items => items.map(s => s.length) },
  {
    name: 'map with a promise',
    operator: () => map((s: string) => later(s.length)),
    oracle: items => items.map(s => s.length)
  },
  {
    name: 'map with a promise now and then',
    operator: () => map((s: string) => (s < 'm' ? later(s) : s)),
    oracle: items => items
  },
  {
    name: 'filter',
    operator: () => filter((s: string) => s > 'm'),
    oracle: items => items.filter(s => s > 'm')
  },
  {
    name: 'filter with a promise',
    operator: () => filter((s: string) => later(s > 'm')),
    oracle: items => items.filter(s => s > 'm')
  },
  {
    name: 'flatMap',
    operator: () => flatMap((s: string) => s.split('')),
    oracle: items => items.flatMap(s => s.split(''))
  },
  {
    name: 'flatMap with a promise',
    operator: () => flatMap((s: string) => later([s, s])),
    oracle: items => items.flatMap(s => [s, s])
  },
  {
    name: 'flatMap with streams',
    operator: () => flatMap((s: string) => source([[s], [s, s]])),
    oracle: items => items.flatMap(s => [s, s, s])
  },
  { name: 'batch', operator: () => batch({ size: 2 }), oracle: pairs },
  { name: 'tokenize', operator: () => tokenize(), oracle: items => items.map(s => s.match(/[a-z]+/g) ?? []) }
]

const someChunks = fc.array(
  fc.array(fc.string({ unit: fc.constantFrom('a', 'p', 'z', ' '), maxLength: 4 })),
  {
    maxLength: 6
  }
)

for (const { name, operator, oracle } of cases) {
  test(`${name} does what its definition says, however the items are cut into chunks`, async () => {
    await fc.assert(
      fc.asyncProperty(someChunks, async chunks => {
        deepStrictEqual(await Array.fromAsync(operator()(source(chunks))), oracle(chunks.flat()))
      }),
      { numRuns: 50 }
    )
  })

  test(`${name} ends at the position where its source does`, async () => {
    const last = (await Array.fromAsync(chunksOf(operator()(source([['p'], ['z', 'z', 'a'], ['a']]))))).at(-1)
    strictEqual(last?.position?.bytes, 5)
  })

  test(`${name} passes an error of its source on, and closes the source`, async () => {
    const account: Account = { chunks: 0, closed: 0 }
    const failed = operator()(source([['p', 'z']], account, new Error('source broke')))
    await rejects(Array.fromAsync(failed), /^Error: source broke$/)
    strictEqual(account.closed, 1)
  })

  test(`${name} closes its source when the reader stops, and does not run ahead of it`, async () => {
    const account: Account = { chunks: 0, closed: 0 }
    function* endless() {
      for (;;) yield ['pz', 'zp']
    }
    for await (const _ of operator()(source(endless(), account))) break
    strictEqual(account.closed, 1)
    ok(account.chunks <= 1, `${account.chunks} chunks were taken for one item`)
  })
}
