import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { bitmapOf, bitsIn, bitWords, hasBit } from '../../src/net/bitmap.ts'

test('a bitmap has a bit for each of the rows that are in it, and as many as there are', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), kept => {
      const all = Uint32Array.from(kept, (_, i) => i * 3)
      const bitmap = bitmapOf(
        all.filter((_, i) => kept[i]),
        all
      )
      strictEqual(bitmap.length, bitWords(kept.length))
      deepStrictEqual(
        kept.map((_, i) => hasBit(bitmap, i)),
        kept
      )
      strictEqual(bitsIn(bitmap, kept.length), kept.filter(Boolean).length)
    })
  )
})

test('a bit beyond those that count is found', () => {
  for (let bits = 1; bits < 64; bits++) {
    for (let bit = 0; bit < bitWords(bits) * 32; bit++) {
      const bitmap = new Uint32Array(bitWords(bits))
      bitmap[bit >>> 5] = 1 << (bit & 31)
      strictEqual(bitsIn(bitmap, bits), bit < bits ? 1 : Number.NaN, `bit ${bit} of ${bits}`)
    }
  }
})
