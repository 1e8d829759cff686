import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { median, medianMs } from '../../bench/measure.ts'

test('the median is the middle value, or the mean of the two in the middle, whatever the order', () => {
  strictEqual(median([3, 1, 2]), 2)
  strictEqual(median([4, 1, 3, 2]), 2.5)
  strictEqual(median([7]), 7)
  strictEqual(median([]), Number.NaN)
})

test('every run is prepared, those that warm up too', async () => {
  const done: string[] = []
  const ms = await medianMs(() => done.push('run'), {
    warmups: 1,
    runs: 2,
    prepare: () => done.push('prepare')
  })
  deepStrictEqual(done, ['prepare', 'run', 'prepare', 'run', 'prepare', 'run'])
  ok(ms >= 0)
})
