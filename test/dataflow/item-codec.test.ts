import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeValues, encodeValues } from '../../src/dataflow/item-codec.ts'

const number = fc.double().map(value => value + 0) // -0 becomes 0
const back = (value: unknown) => decodeValues(encodeValues([value]))[0]

test('plain values, dates, bytes and bigints come back as they were', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.jsonValue().map(value => JSON.parse(JSON.stringify(value))),
        number,
        fc.date(),
        fc.uint8Array(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.array(fc.oneof(number, fc.date({ noInvalidDate: true }), fc.string())),
        fc.record(
          {
            at: fc.date({ noInvalidDate: true }),
            n: number,
            text: fc.string({ unit: 'binary' })
          },
          { noNullPrototype: true }
        )
      ),
      value => {
        if (value instanceof Date && Number.isNaN(value.getTime())) return
        if (JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? '' : one))?.includes('__proto__'))
          return
        deepStrictEqual(back(value), value instanceof Uint8Array ? new Uint8Array(value) : value)
      }
    )
  )
})

test('what is all JSON goes as JSON, the rest as MessagePack', () => {
  strictEqual(encodeValues([{ a: 1.5, b: ['x', null, true] }]).form, 0)
  for (const other of [Number.NaN, new Date(0), 1n, undefined, { a: undefined }]) {
    strictEqual(encodeValues(['x', other]).form, 1)
  }
})

test('a field that is undefined is left out, undefined elsewhere becomes null, and -0 becomes 0', () => {
  deepStrictEqual(back({ a: undefined, b: 1 }), { b: 1 })
  deepStrictEqual(back([undefined]), [null])
  deepStrictEqual(back([-0, new Date(0)]), [0, new Date(0)])
})

test('what would not come back as it was is refused', () => {
  class Flight {}
  const refused = (message: string) => ({ name: 'TypeError', message })
  throws(() => back(new Map()), refused('an instance of Map cannot be sent; send plain values'))
  throws(
    () => back([{ a: new Flight() }]),
    refused('an instance of Flight cannot be sent; send plain values')
  )
  throws(
    () => back(new Float32Array(1)),
    refused('an instance of Float32Array cannot be sent; send plain values')
  )
  throws(() => back(() => 1), refused('a function cannot be sent; send plain values'))
  const circle: unknown[] = []
  circle.push(circle)
  throws(() => back(circle), refused('values nested deeper than 64 cannot be sent'))
  throws(() => back(Symbol('s')), refused('a symbol cannot be sent; send plain values'))
})

test('bytes that are no array of values are refused', () => {
  throws(() => decodeValues({ form: 0, bytes: new TextEncoder().encode('{}') }), TypeError)
  throws(() => decodeValues({ form: 1, bytes: new Uint8Array([0xc1]) }))
})
