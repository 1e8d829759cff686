import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { type Entry, Log } from '../../src/net/log.ts'
import type { Ranges } from '../../src/net/messages.ts'

/** What packs change is their number, so that a sum tells what is in it; it takes as many bytes beside the 128. */
function entry(
  packs: Record<string, [first: number, last: number]>,
  content = 0,
  own = false
): Entry<number> {
  return { ranges: ranges(packs), content, born: 0, own }
}

function ranges(packs: Record<string, [first: number, last: number]>): Ranges {
  return new Map(Object.entries(packs))
}

function logOf(entries: Entry<number>[], limit = 2 ** 30): Log<number> {
  const log = new Log<number>(content => content, limit)
  for (const entry of entries) log.add(entry)
  return log
}

const a12 = entry({ a: [1, 2] })
const b1 = entry({ b: [1, 1] })
const a3b2 = entry({ a: [3, 3], b: [2, 2] })
const a4 = entry({ a: [4, 4] })

test('a log finds the entries that are exactly some packs, in the order in which they came', () => {
  const log = logOf([a12, b1, a3b2, a4])
  deepStrictEqual(log.cover(ranges({ b: [1, 1] }), true), [b1])
  deepStrictEqual(log.cover(ranges({ b: [1, 2], a: [1, 4] }), true), [a12, b1, a3b2, a4])
  deepStrictEqual(log.cover(ranges({ a: [3, 4], b: [2, 2] }), true), [a3b2, a4])
  deepStrictEqual(log.cover(ranges({}), true), [])
})

test('a log has none where an entry holds more, or a pack is missing', () => {
  const log = logOf([a12, b1, a3b2, a4])
  strictEqual(log.cover(ranges({ a: [2, 2] }), true), undefined)
  strictEqual(log.cover(ranges({ a: [3, 4] }), true), undefined)
  strictEqual(log.cover(ranges({ a: [4, 5] }), true), undefined)
  strictEqual(log.cover(ranges({ c: [1, 1] }), true), undefined)
})

test('where it need not be exact, what comes along is earlier, or of others', () => {
  const log = logOf([a12, b1, a3b2, a4])
  deepStrictEqual(log.cover(ranges({ a: [2, 4] }), false), [a12, a3b2, a4])
  deepStrictEqual(log.cover(ranges({ b: [2, 2] }), false), [a3b2])
  strictEqual(log.cover(ranges({ a: [4, 5] }), false), undefined)
})

test('what is not wholly in an adopted state goes astray, and serves no one', () => {
  const log = logOf([a12, b1, a3b2, a4])
  log.adopt(
    new Map([
      ['a', 3],
      ['b', 1]
    ])
  )
  deepStrictEqual([...log.astray], [a3b2, a4])
  deepStrictEqual(log.cover(ranges({ a: [1, 2], b: [1, 1] }), true), [a12, b1])
  strictEqual(log.cover(ranges({ a: [4, 4] }), true), undefined)
  log.found(a4)
  log.add(a4)
  deepStrictEqual([...log.astray], [a3b2])
  deepStrictEqual(log.cover(ranges({ a: [4, 4] }), true), [a4])
})

test('a log that is full forgets what others made, oldest first, and its own last', () => {
  const own = [1, 2].map(n => entry({ me: [n, n] }, 72, true))
  const others = [1, 2, 3, 4].map(n => entry({ a: [n, n] }, 72))
  const log = logOf([...own, ...others], 800)
  deepStrictEqual(log.cover(ranges({ me: [1, 2], a: [3, 4] }), true), [...own, ...others.slice(2)])
  strictEqual(log.cover(ranges({ a: [2, 2] }), true), undefined)
})

test('own packs take no more than half of a full log', () => {
  const own = [1, 2, 3].map(n => entry({ me: [n, n] }, 72, true))
  const others = [1, 2, 3].map(n => entry({ a: [n, n] }, 72))
  const log = logOf([...own, ...others], 800)
  deepStrictEqual(log.cover(ranges({ me: [2, 3], a: [2, 3] }), true), [...own.slice(1), ...others.slice(1)])
  strictEqual(log.cover(ranges({ me: [1, 1] }), true), undefined)
})

test('a full log forgets first what went astray', () => {
  const log = logOf([entry({ a: [1, 1] }, 72), entry({ b: [1, 1] }, 72)], 500)
  log.adopt(new Map([['a', 1]]))
  strictEqual(log.astray.size, 1)
  log.add(entry({ c: [1, 1] }, 172))
  strictEqual(log.astray.size, 0)
  strictEqual(log.cover(ranges({ a: [1, 1], c: [1, 1] }), true)?.length, 2)
})

test('a log without room keeps nothing, and many packs of nothing do not fill the memory', () => {
  strictEqual(logOf([a12], 0).cover(a12.ranges, true), undefined)
  const log = logOf(
    Array.from({ length: 1000 }, (_, n) => entry({ a: [n + 1, n + 1] })),
    1280
  )
  strictEqual(log.cover(ranges({ a: [991, 1000] }), true)?.length, 10)
  strictEqual(log.cover(ranges({ a: [990, 1000] }), true), undefined)
})
