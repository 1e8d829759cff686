import { deepStrictEqual, ok } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Example, exampleChunk } from '../../src/models/layers-batch.ts'
import { chunkOf, columnsOf } from '../../src/models/layers-thread-chunk.ts'

const float = fc.float({ noNaN: false })
const values = fc.array(float, { maxLength: 5 })
const example: fc.Arbitrary<Example> = fc.record({ input: values, label: fc.oneof(float, values) })
const plain = ({ input, label }: Example) => [
  Array.from(input),
  typeof label === 'number' ? label : Array.from(label)
]

test('examples of any widths arrive as they were, with their position', () => {
  fc.assert(
    fc.property(fc.array(example, { maxLength: 8 }), fc.boolean(), (examples, placed) => {
      const position = { bytes: 12, share: 0.5 }
      const chunk = placed
        ? { length: examples.length, position, [Symbol.iterator]: () => examples[Symbol.iterator]() }
        : examples
      const arrived = chunkOf(structuredClone(columnsOf(chunk)))
      deepStrictEqual(Array.from(arrived, plain), examples.map(plain))
      deepStrictEqual(arrived.length, examples.length)
      deepStrictEqual(arrived.position, placed ? position : undefined)
    })
  )
})

test('a part of larger columns is copied alone, and bytes stay bytes', () => {
  const inputs = Uint8Array.from({ length: 1000 }, (_, i) => i % 256)
  const labels = Float32Array.from({ length: 20 }, (_, i) => i / 3)
  const chunk = exampleChunk(inputs.subarray(300, 306), labels.subarray(4, 8), 2)
  const columns = columnsOf(chunk)
  ok(columns.inputs instanceof Uint8Array)
  deepStrictEqual(columns.inputs.buffer.byteLength, 6)
  deepStrictEqual(Array.from(chunkOf(columns), plain), Array.from(chunk, plain))
})
