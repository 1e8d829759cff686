import { deepStrictEqual, rejects } from 'node:assert'
import { test } from 'node:test'
import { filter } from '../../src/dataflow/filter.ts'
import { chunksOf } from '../../src/stream.ts'
import { read, source } from './source.ts'

test('filter keeps positions, also of a chunk of which nothing is left', async () => {
  const odd = filter((n: number) => n % 2 === 1)(source([[1, 2, 3], [4], [5]]))
  deepStrictEqual(await read(chunksOf(odd)), [
    { items: [1, 3], at: 3 },
    { items: [], at: 4 },
    { items: [5], at: 5 }
  ])
})

test('filter narrows the type its function tells', async () => {
  const texts = filter((item: string | number) => typeof item === 'string')(source([['a', 1]]))
  const lengths = (await Array.fromAsync(texts)).map(text => text.length)
  deepStrictEqual(lengths, [1])
})

test('filter says which item its function failed for, and keeps the error', async () => {
  const cause = new Error('undecided')
  const failing = filter((n: number) => {
    if (n === 3) throw cause
    return true
  })
  await rejects(Array.fromAsync(failing(source([[1, 2], [3]]))), {
    message: 'filter: item 2: undecided',
    cause
  })
})
