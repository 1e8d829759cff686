import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { BATCH_SLOTS, BREAK } from '../../kernels/contract.ts'
import { checkSampling, checkSlots, initialAccumulators } from '../../kernels/skip-gram-checks.ts'

test('the last row and a break are slots, the row after it is not', () => {
  checkSlots(Uint32Array.of(9, BREAK), 10)
  throws(() => checkSlots(Uint32Array.of(0, 10), 10), {
    name: 'RangeError',
    message: 'skip-gram: slot 1 names row 10, the sampling tables have 10 rows'
  })
})

test('a batch may be full, and no more', () => {
  checkSlots(new Uint32Array(BATCH_SLOTS), 1)
  throws(() => checkSlots(new Uint32Array(BATCH_SLOTS + 1), 1), {
    message: 'skip-gram: a batch has at most 8192 slots; got 8193'
  })
})

test('sampling tables are of one length, no longer than the tables, and name their own rows', () => {
  const sampling = {
    keep: Uint32Array.of(1, 1),
    threshold: Uint32Array.of(0, 0),
    alias: Uint32Array.of(1, 0)
  }
  checkSampling(sampling, 2)
  throws(
    () => checkSampling(sampling, 1),
    /sampling must have 1 to 1 rows, in all three tables; got 2, 2 and 2/
  )
  throws(() => checkSampling({ ...sampling, alias: Uint32Array.of(1) }, 2), /got 2, 2 and 1/)
  throws(() => checkSampling({ ...sampling, alias: Uint32Array.of(2, 0) }, 2), /alias names row 2 of 2/)
})

test('accumulators start from 0 unless adagrad is told otherwise', () => {
  deepStrictEqual(initialAccumulators({ kind: 'sgd' }), { input: 0, output: 0 })
  deepStrictEqual(initialAccumulators({ kind: 'adagrad' }), { input: 0, output: 0 })
  deepStrictEqual(initialAccumulators({ kind: 'adagrad', initial: { input: 4, output: 40 } }), {
    input: 4,
    output: 40
  })
})
