import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { nibblesOf, widenRows } from '../../src/net/nibbles.ts'

test('values of -8 to 7 fit, and no others, wherever they stand', () => {
  for (let at = 0; at < 8; at++) {
    for (let value = -128; value < 128; value++) {
      for (const others of [0, -8, 7]) {
        const values = new Int8Array(8).fill(others)
        values[at] = value
        const fits = nibblesOf(values) !== undefined
        strictEqual(fits, value >= -8 && value <= 7, `${value} at ${at} among ${others}`)
      }
    }
  }
})

test('one value that does not fit is found among many, wherever it stands', () => {
  const values = new Int8Array(40_000).fill(7)
  strictEqual(nibblesOf(values)?.length, 20_000)
  for (const at of [0, 16_383, 16_384, 39_999]) strictEqual(nibblesOf(values.with(at, 8)), undefined, `${at}`)
})

test('rows come back as they went, where they are to be', () => {
  const rows = fc.array(fc.array(fc.integer({ min: -8, max: 7 }), { minLength: 12, maxLength: 12 }), {
    minLength: 1
  })
  fc.assert(
    fc.property(rows, fc.nat(), (rows, turn) => {
      const places = Uint32Array.from(rows, (_, i) => (i + turn) % rows.length)
      const nibbles = nibblesOf(Int8Array.from(rows.flat()))
      ok(nibbles !== undefined)
      strictEqual(nibbles.length, rows.length * 6)
      const to = new Int8Array(rows.length * 12)
      widenRows(nibbles, new Uint8Array(to.buffer), 12, places)
      for (const [i, row] of rows.entries()) {
        deepStrictEqual([...to.subarray(places[i] * 12, places[i] * 12 + 12)], row)
      }
    })
  )
})
