import { deepStrictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { byteInputs, jsonInputs } from '../../src/serving/inputs.ts'

const limits = { shape: [2, 3], most: 4 }

/** The same values, nested as the sizes say. */
function nested(values: readonly number[], [size, ...inner]: readonly number[]): unknown {
  if (size === undefined) return values[0]
  const width = values.length / size
  return Array.from({ length: size }, (_, i) => nested(values.slice(i * width, (i + 1) * width), inner))
}

test('inputs are the same flat, nested or as bytes', () => {
  const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })
  const some = shape.chain(shape => {
    const size = shape.reduce((product, size) => product * size, 1)
    const value = fc.float({ noNaN: true, noDefaultInfinity: true })
    const input = fc.array(value, { minLength: size, maxLength: size })
    return fc.record({
      shape: fc.constant(shape),
      inputs: fc.array(input, { minLength: 1, maxLength: 3 })
    })
  })
  fc.assert(
    fc.property(some, ({ shape, inputs }) => {
      const limits = { shape, most: 3 }
      // JSON has no -0 when it is written.
      const wanted = inputs.map(values => Float32Array.from(values, value => value + 0))
      const json = (inputs: readonly unknown[]) => jsonInputs(JSON.stringify({ inputs }), limits)
      deepStrictEqual(json(inputs), wanted)
      deepStrictEqual(json(inputs.map(values => nested(values, shape))), wanted)
      const floats = Float32Array.from(wanted.flatMap(values => [...values]))
      // A view that does not begin at a multiple of 4.
      const bytes = new Uint8Array(floats.byteLength + 1)
      bytes.set(new Uint8Array(floats.buffer), 1)
      deepStrictEqual(byteInputs(bytes.subarray(1), limits), wanted)
    })
  )
})

const row = [1, 2, 3]
for (const [body, status, message] of [
  ['{"inputs":', 400, 'the body is not JSON'],
  ['[]', 422, /^wanted \{ "inputs": \[input, …\] \}: body: .*object/],
  ['{}', 422, /^wanted .*: inputs: .*array/],
  [{ inputs: [] }, 422, /^wanted .*: inputs: /],
  [{ inputs: [[row, row]], more: 1 }, 422, /^wanted .*more/],
  [{ inputs: [7] }, 422, 'inputs[0]: wanted a list of 2; got a number'],
  [{ inputs: [row] }, 422, 'inputs[0]: wanted a list of 6; got one of 3'],
  [{ inputs: [[row, row], [row]] }, 422, 'inputs[1]: wanted a list of 2; got one of 1'],
  [{ inputs: [[row, [1, 2]]] }, 422, 'inputs[0][1]: wanted a list of 3; got one of 2'],
  [{ inputs: [[row, [1, 'x', 3]]] }, 422, 'inputs[0][1][1]: wanted a number; got a string'],
  [{ inputs: [[row, [1, null, 3]]] }, 422, 'inputs[0][1][1]: wanted a number; got null'],
  [{ inputs: [[row, 5]] }, 422, 'inputs[0][1]: wanted a list of 3; got a number'],
  ['{"inputs":[[1,2,3,4,5,1e39]]}', 422, 'inputs[0][5]: wanted a number that float32 holds; got 1e+39'],
  [{ inputs: Array.from({ length: 5 }, () => row) }, 413, 'a request has at most 4 inputs; got 5']
] as const) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  test(`${text} is refused with ${status}, saying where`, () => {
    throws(() => jsonInputs(text, limits), { name: 'Refusal', status, message })
  })
}

test('bytes that are no inputs are refused', () => {
  for (const length of [0, 23, 25, 28])
    throws(() => byteInputs(new Uint8Array(length), limits), {
      status: 422,
      message: `wanted inputs of 24 bytes (6 float32); got ${length} bytes`
    })
  throws(() => byteInputs(new Uint8Array(5 * 24), limits), { status: 413 })
  const odd = new Uint8Array(Float32Array.of(0, 0, 0, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0).buffer)
  throws(() => byteInputs(odd, limits), { status: 422, message: 'value 1 of input 1 is NaN' })
})
