import { deepStrictEqual } from 'node:assert'
import { test } from 'node:test'
import { filter } from '../../src/dataflow/filter.ts'
import { flatMap } from '../../src/dataflow/flat-map.ts'
import { map } from '../../src/dataflow/map.ts'
import { pipe } from '../../src/dataflow/pipe.ts'
import { reduce } from '../../src/dataflow/reduce.ts'
import { count } from '../../src/dataflow/windows.ts'
import { linesOf } from '../../src/sources/memory.ts'

test('a function in a stage knows its items, and a flow is what its end gives', async () => {
  const lengths: AsyncIterable<{ readonly word: string; readonly times: number }> = pipe(
    linesOf(['a bc a', 'bc d']),
    flatMap(line => line.split(' ')),
    filter(word => word.length > 0),
    reduce({ key: word => word, window: count(10), initial: () => 0, reduce: times => times + 1 }),
    map(({ key, value }) => ({ word: key, times: value }))
  )
  deepStrictEqual(await Array.fromAsync(lengths), [
    { word: 'a', times: 2 },
    { word: 'bc', times: 2 },
    { word: 'd', times: 1 }
  ])
  const sum: Promise<number> = pipe(
    linesOf(['1', '2', '3']),
    map(line => Number(line)),
    async numbers => {
      let sum = 0
      for await (const number of numbers) sum += number
      return sum
    }
  )
  deepStrictEqual(await sum, 6)
})
