import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { Batch, exampleChunk } from '../../src/models/layers-batch.ts'

test('columns iterate as the examples they hold', () => {
  const numbers = exampleChunk(Float32Array.of(1, 2, 3, 4), [7, 8], 2)
  deepStrictEqual(
    [...numbers],
    [
      { input: Float32Array.of(1, 2), label: 7 },
      { input: Float32Array.of(3, 4), label: 8 }
    ]
  )
  const [first] = exampleChunk(Uint8Array.of(1, 2), Float32Array.of(0.5, 0.25), 1)
  deepStrictEqual(first, { input: Uint8Array.of(1, 2), label: [0.5, 0.25] })
})

test('columns that are not as long as their examples are refused', () => {
  throws(
    () => exampleChunk(new Float32Array(5), [1, 2], 2),
    /^RangeError: exampleChunk: 2 examples must have equally many values each; got 5 inputs and 2 labels$/
  )
})

test('the number of a class becomes what the loss wants: itself, or a row with a one', () => {
  const sparse = new Batch(2, { input: 1, label: 1, classes: 3 })
  sparse.add({ input: [0.5], label: 2 })
  deepStrictEqual([...sparse.labels], [2, 0])
  const rows = new Batch(2, { input: 1, label: 3, classes: 3 })
  rows.add({ input: [0.5], label: 2 })
  rows.add({ input: [0.25], label: [0.1, 0.2, 0.7] })
  deepStrictEqual([...rows.labels.subarray(0, 3)], [0, 0, 1])
  deepStrictEqual([...rows.inputs], [0.5, 0.25])
})

test('an example that is refused leaves the batch as it was', () => {
  const batch = new Batch(2, { input: 2, label: 2, classes: undefined })
  batch.add({ input: [1, 2], label: [3, 4] })
  throws(() => batch.add({ input: [1, Number.NaN], label: [3, 4] }), /layers: value 1 of an input is NaN$/)
  throws(() => batch.add({ input: [1, 2], label: [Infinity, 4] }), /layers: value 0 of a label is Infinity$/)
  throws(() => batch.add({ input: [1, 2], label: 3 }), /layers: a label must have 2 values; got 1$/)
  deepStrictEqual(batch.length, 1)
  deepStrictEqual([...batch.inputs.subarray(0, 2)], [1, 2])
})
