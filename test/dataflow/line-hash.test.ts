import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashBytes, hashText, mix, viewOf } from '../../src/dataflow/line-hash.ts'

// MurmurHash3's x86 32-bit values with seed 0, as its authors' implementation gives them.
for (const [text, hash] of [
  ['', 0],
  ['test', 0xba6bd213],
  ['Hello, world!', 0xc0363e43],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723]
] as const) {
  test(`the hash of ${JSON.stringify(text)} is ${hash.toString(16)}`, () => strictEqual(hashText(text), hash))
}

test('a line has the hash of its text, wherever in a chunk it lies', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(9), fc.nat(9), (text, before, after) => {
      const line = new TextEncoder().encode(text)
      const bytes = new Uint8Array(before + line.length + after).fill(7)
      bytes.set(line, before)
      strictEqual(hashBytes(bytes, viewOf(bytes), before, before + line.length), hashText(text))
    })
  )
})

test('mix maps 32 bits one to one', () => {
  const seen = new Set(Array.from({ length: 2 ** 16 }, (_, i) => mix(i * 65_537)))
  strictEqual(seen.size, 2 ** 16)
  for (const value of seen) ok(value >= 0 && value < 2 ** 32)
})
