// What every operator promises, whatever it does to the items.

import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { adapt } from '../../src/dataflow/adapt.ts'
import { aggregate } from '../../src/dataflow/aggregate.ts'
import { batch } from '../../src/dataflow/batch.ts'
import { detect } from '../../src/dataflow/detect.ts'
import { distinct } from '../../src/dataflow/distinct.ts'
import { evaluate } from '../../src/dataflow/evaluate.ts'
import { filter } from '../../src/dataflow/filter.ts'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { join } from '../../src/dataflow/join.ts'
import { map } from '../../src/dataflow/map.ts'
import { merge } from '../../src/dataflow/merge.ts'
import { predict } from '../../src/dataflow/predict.ts'
import { reduce } from '../../src/dataflow/reduce.ts'
import { replay } from '../../src/dataflow/replay.ts'
import { split } from '../../src/dataflow/split.ts'
import { joinTable } from '../../src/dataflow/table-join.ts'
import { tap } from '../../src/dataflow/tap.ts'
import { throttle } from '../../src/dataflow/throttle.ts'
import { tokenize } from '../../src/dataflow/tokenize.ts'
import { window } from '../../src/dataflow/window.ts'
import { count, session, sliding, tumbling } from '../../src/dataflow/windows.ts'
import { linear } from '../../src/models/linear.ts'
import { chunkAt, chunksOf, stream } from '../../src/stream.ts'
import type { Operator } from '../../src/types.ts'
import { scriptedConvergence, scriptedDetector } from './adapting.ts'
import { type Account, source } from './source.ts'

interface Case {
  readonly name: string
  readonly operator: () => Operator<string, unknown>
  /** The definition, on all items at once. */
  readonly oracle: (items: string[]) => unknown[]
  /** What it says of positions: where its source ends it is there too, or it has none. Default `kept`. */
  readonly positions?: 'kept' | 'none'
  /** Chunks it may have taken when its first item is out. Default 1. */
  readonly ahead?: number
}

const later = <Value>(value: Value) => new Promise<Value>(resolve => setImmediate(() => resolve(value)))
const pairs = (items: string[]) => items.flatMap((_, i) => (i % 2 === 0 ? [items.slice(i, i + 2)] : []))
const firsts = (items: string[]) => items.filter((item, i) => items.indexOf(item) === i)
const lengthOf = (s: string) => s.length
const add = (sum: number, s: string) => sum + s.length
const sumOf = (items: string[]) => items.reduce(add, 0)
const table = { keys: [(s: string) => s, (s: string) => s], value: (s: string) => s.length } as const
const known = ['p', 'z', 'za']
const found = (items: string[]) => items.map(s => [s, known.includes(s) ? s.length : undefined])
const lengths = { predict: async (items: readonly string[]) => items.map(lengthOf) }
/** Predicts 7, as the first target it was given, and cannot learn anything else. */
const seven = () => linear<string>({ features: () => ({}), target: () => 7, size: 2 })
/** Learns each item, one at a time. */
const learning = () =>
  adapt(seven(), {
    truth: lengthOf,
    loss: (p: number, y: number) => p - y,
    detector: scriptedDetector(),
    convergence: scriptedConvergence(),
    mode: 'always',
    most: 1
  })
/** Tumbling windows by length, without lateness: what comes after an item of a later window is late. */
const windows =
  <Out>(every: number, result: (start: number, items: string[]) => Out) =>
  (items: string[]) => {
    const late = (at: number, i: number) => items.slice(0, i).some(s => s.length >= at + every)
    const inTime = items.filter((s, i) => !late(Math.floor(s.length / every) * every, i))
    const starts = [...new Set(inTime.map(s => Math.floor(s.length / every) * every))].sort((a, b) => a - b)
    return starts.map(start =>
      result(
        start,
        inTime.filter(s => s.length >= start && s.length < start + every)
      )
    )
  }

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
  {
    name: 'tokenize',
    operator: () => tokenize(),
    oracle: items => items.map(s => s.match(/[a-z]+/g) ?? [])
  },
  { name: 'tap', operator: () => tap(() => {}), oracle: items => items },
  { name: 'tap with a promise', operator: () => tap(later), oracle: items => items },
  { name: 'distinct', operator: () => distinct(), oracle: firsts },
  { name: 'throttle', operator: () => throttle({ items: 1e6, seconds: 0.001 }), oracle: items => items },
  { name: 'merge', operator: () => items => merge(items), oracle: items => items, positions: 'none' },
  {
    name: 'a branch of split',
    operator: () => items => split(items, 1)[0] as AsyncIterable<string>,
    oracle: items => items
  },
  {
    name: 'window by count',
    operator: () => window<string>({ kind: count(2) }),
    oracle: items => pairs(items).map((items, i) => ({ key: undefined, start: 2 * i, end: 2 * i + 2, items }))
  },
  {
    name: 'window by time',
    operator: () => window({ kind: tumbling(2), time: lengthOf }),
    oracle: windows(2, (start, items) => ({ key: undefined, start, end: start + 2, items }))
  },
  {
    name: 'reduce',
    operator: () => reduce({ initial: () => 0, reduce: add }),
    oracle: items => items.map((_, i) => ({ key: undefined, value: sumOf(items.slice(0, i + 1)) }))
  },
  {
    name: 'reduce in windows',
    operator: () => reduce({ window: sliding(2, 2), time: lengthOf, initial: () => 0, reduce: add }),
    oracle: windows(2, (start, items) => ({ key: undefined, start, end: start + 2, value: sumOf(items) }))
  },
  {
    name: 'aggregate',
    operator: () =>
      aggregate({
        window: count(2),
        initial: () => ({ sum: 0 }),
        add(to: { sum: number }, s: string) {
          to.sum += s.length
        },
        result: ({ sum }) => sum
      }),
    oracle: items => pairs(items).map(sumOf)
  },
  {
    name: 'aggregate in sessions',
    operator: () =>
      aggregate({
        key: (s: string) => s,
        window: session(9),
        time: lengthOf,
        initial: () => [] as string[],
        add: (to: string[], s: string) => void to.push(s),
        result: items => items
      }),
    oracle: items =>
      firsts(items)
        .map(first => items.filter(s => s === first))
        .sort((a, b) => lengthOf(a[0] ?? '') - lengthOf(b[0] ?? ''))
  },
  {
    name: 'join',
    operator: () => items =>
      join(items, source([['p']]), {
        keys: [() => 1, () => 1],
        times: [() => 0, () => 0],
        within: 9,
        lateness: 9
      }),
    oracle: items => items.map(s => [s, 'p']),
    positions: 'none',
    ahead: 2
  },
  {
    name: 'joinTable as it has come',
    operator: () => items => joinTable(items, source<string>([]), table),
    oracle: items => items.map(s => [s, undefined])
  },
  {
    name: 'joinTable as of the time',
    operator: () => items =>
      joinTable(items, source([known]), { ...table, times: [lengthOf, () => 0], lateness: 9 }),
    oracle: found
  },
  {
    name: 'predict',
    operator: () => predict(lengths),
    oracle: items => items.map(input => ({ input, prediction: input.length }))
  },
  {
    name: 'predict with several calls at once',
    operator: () => predict(lengths, { most: 2, concurrency: 3 }),
    oracle: items => items.map(input => ({ input, prediction: input.length })),
    ahead: 3
  },
  {
    name: 'evaluate',
    operator: () => evaluate(seven(), { truth: lengthOf, loss: (p: number, y: number) => p - y, most: 1 }),
    oracle: items =>
      items.map((input, i) => {
        const prediction = i === 0 ? 0 : 7
        return { input, prediction, truth: input.length, loss: prediction - input.length }
      })
  },
  {
    name: 'adapt',
    operator: learning,
    oracle: items =>
      items.map((input, i) => {
        const prediction = i === 0 ? 0 : 7
        const loss = prediction - input.length
        return { input, prediction, version: i, loss, verdict: 'none', phase: 'training' }
      })
  },
  {
    name: 'detect',
    operator: () => items => detect(scriptedDetector())(map(lengthOf)(items)),
    oracle: items => items.map(s => ({ value: s.length, verdict: 'none' }))
  },
  {
    name: 'replay',
    operator: () => replay({ time: lengthOf, speed: 100 }),
    oracle: items => items
  }
]

const someChunks = fc.array(
  fc.array(fc.string({ unit: fc.constantFrom('a', 'p', 'z', ' '), maxLength: 4 })),
  {
    maxLength: 6
  }
)

for (const { name, operator, oracle, positions = 'kept', ahead = 1 } of cases) {
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
    strictEqual(last?.position?.bytes, positions === 'kept' ? 5 : undefined)
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
      for (;;) yield ['pz', 'zp', 'z'.repeat(20)] // by whose lengths windows end
    }
    for await (const _ of operator()(source(endless(), account))) break
    strictEqual(account.closed, 1)
    ok(account.chunks <= ahead, `${account.chunks} chunks were taken for one item`)
  })
}

// Those that are told of: a window's results, a merge's and a join's items come in another order than their sources' times.
const marking = [
  'map',
  'filter',
  'flatMap',
  'tap',
  'reduce',
  'joinTable as it has come',
  'joinTable as of the time'
]
marking.push('predict', 'predict with several calls at once', 'evaluate', 'adapt', 'detect', 'replay')

for (const { name, operator } of cases.filter(({ name }) => marking.includes(name))) {
  test(`${name} keeps watermarks, after all items that came before them`, async () => {
    const marked = stream<string>(async function* () {
      yield chunkAt(['p', 'zz', 'p'], undefined, 1)
      yield chunkAt([], undefined, 2)
      yield chunkAt(['zzz'], undefined, 3)
    })
    const marks: (number | undefined)[] = []
    const before: number[] = []
    let items = 0
    for await (const chunk of chunksOf(operator()(marked))) {
      items += chunk.length
      if (chunk.watermark === undefined) continue
      marks.push(chunk.watermark)
      before.push(items)
    }
    deepStrictEqual(marks, [1, 2, 3])
    deepStrictEqual([before[0], before[1], before[2]], [before[0], before[0], items])
    ok(before[0] !== 0)
  })
}
