import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { keyOf, wordKey } from '../../src/models/word-key.ts'

test('the keys of these words are what files and peers already call them', () => {
  const known: [string, number, number][] = [
    ['', 0x652ef6e5, 0x25615cfc],
    ['a', 0xfd7aafb8, 0x48716df1],
    ['the', 0xf94dacd1, 0x399040f5],
    ['king', 0x9d0e2ac1, 0x6dfc7b7b],
    ['queen', 0x42273843, 0xb1632314],
    ['naïve', 0x5909fb71, 0x5ff045e7],
    ['北京', 0xeaa9cb31, 0x997f2995],
    ['antidisestablishmentarianism', 0x498013bd, 0x58afe650]
  ]
  for (const [word, low, high] of known) deepStrictEqual([...keyOf(word)], [low, high], word)
})

test('a key does not depend on where the word lies, nor on what follows it', () => {
  const word = new TextEncoder().encode('kingfisher')
  for (let length = 0; length <= word.length; length++) {
    for (let offset = 0; offset < 5; offset++) {
      const bytes = new Uint8Array(20).fill(0xff)
      bytes.set(word.subarray(0, length), offset)
      const key = new Uint32Array(2)
      wordKey(bytes, offset, offset + length, key)
      deepStrictEqual(key, keyOf('kingfisher'.slice(0, length)))
    }
  }
})

test('a word and the same word with zeros after it have different keys', () => {
  const keys = ['', '\0', '\0\0', '\0\0\0', '\0\0\0\0', '\0\0\0\0\0'].map(word => keyOf(word).join())
  strictEqual(new Set(keys).size, keys.length)
})

test('a million similar words have different keys, and each half is as good as random', () => {
  const words = 1_000_000
  const both = new BigUint64Array(words)
  const halves = new Uint32Array(both.buffer)
  const bytes = new Uint8Array(16)
  const encoder = new TextEncoder()
  const key = new Uint32Array(2)
  for (let i = 0; i < words; i++) {
    // Four shapes: a number after a stem, a short number alone, a number before an ending, letters that differ by little.
    const word = [`word${i}`, `${i}`, `${i}ing`, i.toString(26)][i % 4]
    const { written } = encoder.encodeInto(`${word}${'_'.repeat(i % 3)}`, bytes)
    wordKey(bytes, 0, written, key)
    halves.set(key, i * 2)
  }
  const low = halves.filter((_, i) => i % 2 === 0)
  const high = halves.filter((_, i) => i % 2 === 1)
  strictEqual(repeats(both.sort()), 0)
  // Random ones repeat words²/2^33 = 116 times, give or take 11.
  for (const half of [low, high]) {
    const found = repeats(half.sort())
    ok(found > 70 && found < 165, `${found} of a million 32-bit halves repeat`)
  }
})

test('each bit of a word changes each bit of its key half of the time', () => {
  const length = 7
  const trials = 2000
  const flips = new Uint32Array(length * 8 * 64)
  let random = 1
  const bytes = new Uint8Array(length)
  const key = new Uint32Array(2)
  const other = new Uint32Array(2)
  for (let trial = 0; trial < trials; trial++) {
    for (let i = 0; i < length; i++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0
      bytes[i] = random >>> 24
    }
    wordKey(bytes, 0, length, key)
    for (let bit = 0; bit < length * 8; bit++) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      wordKey(bytes, 0, length, other)
      bytes[bit >> 3] ^= 1 << (bit & 7)
      for (let out = 0; out < 64; out++) {
        flips[bit * 64 + out] += ((key[out >> 5] ^ other[out >> 5]) >>> (out & 31)) & 1
      }
    }
  }
  // 3584 shares of 2000 trials: the standard deviation is 0.011, so 0.06 is beyond five of them.
  flips.forEach((count, place) => {
    const share = count / trials
    ok(Math.abs(share - 0.5) < 0.06, `bit ${place >> 6} changes bit ${place & 63} in ${share} of all cases`)
  })
})

function repeats(sorted: Uint32Array | BigUint64Array): number {
  let count = 0
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) count++
  return count
}
