import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { batch } from '../../src/dataflow/batch.ts'
import { chunksOf } from '../../src/stream.ts'
import { read, source } from './source.ts'

test('batch fills up across chunks; the last one may be shorter', async () => {
  const batches = batch<number>({ size: 3 })(source([[1], [2, 3, 4, 5], [6, 7]]))
  deepStrictEqual(await Array.fromAsync(batches), [[1, 2, 3], [4, 5, 6], [7]])
})

test('batch gives the last position before any item that still waits', async () => {
  const batches = batch<number>({ size: 2 })(source([[1, 2], [3], [4, 5], [6], [7]]))
  deepStrictEqual(await read(chunksOf(batches)), [
    { items: [[1, 2]], at: 2 },
    { items: [[3, 4]], at: 3 }, // 5 waits, so not yet 5
    { items: [[5, 6]], at: 6 },
    { items: [[7]], at: 7 }
  ])
})

test('batch refuses a size that is none', () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    throws(() => batch({ size }), {
      name: 'RangeError',
      message: `batch: size must be a whole number of items, at least 1; got ${size}`
    })
  }
})
