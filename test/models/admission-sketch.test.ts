import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { AdmissionSketch } from '../../src/models/admission-sketch.ts'
import { keyOf } from '../../src/models/word-key.ts'

const add = (sketch: AdmissionSketch, word: string) => {
  const [low, high] = keyOf(word)
  return sketch.add(low, high)
}

test('a word alone is counted exactly, and no further than one above the limit', () => {
  const sketch = new AdmissionSketch(3, 64)
  deepStrictEqual(
    [1, 2, 3, 4, 5].map(() => add(sketch, 'king')),
    [1, 2, 3, 4, 4]
  )
})

test('until it forgets, it never counts too few', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), words => {
      const sketch = new AdmissionSketch(200, 64)
      const truth = new Map<number, number>()
      for (const word of words) {
        const count = (truth.get(word) ?? 0) + 1
        truth.set(word, count)
        const counted = add(sketch, String(word))
        ok(counted >= count, `${word}: ${counted} of ${count}`)
      }
    })
  )
})

test('ten thousand words seen once do not look frequent in a sketch that has room', () => {
  const sketch = new AdmissionSketch(5, 2 ** 17)
  let wrong = 0
  for (let i = 0; i < 10_000; i++) if (add(sketch, `w${i}`) > 1) wrong++
  ok(wrong < 60, `${wrong} of 10000 looked seen before`)
})

test('however long the stream of words seen once, none of them looks frequent', () => {
  const sketch = new AdmissionSketch(5, 2 ** 12)
  let admitted = 0
  for (let i = 0; i < 200_000; i++) if (add(sketch, `w${i}`) >= 5) admitted++
  // It forgets when half full: a word meets three used counters one time in eight at worst, and they are rarely at 4.
  ok(admitted < 200, `${admitted} of 200000 were admitted`)
})

test('a saved sketch goes on as the one it was saved from, forgetting at the same word', () => {
  const words = Array.from({ length: 3000 }, (_, i) => `w${(i * i) % 701}`)
  const whole = new AdmissionSketch(5, 2 ** 10)
  const first = new AdmissionSketch(5, 2 ** 10)
  const expected = words.map(word => add(whole, word))
  const actual = words.slice(0, 1234).map(word => add(first, word))
  const second = new AdmissionSketch(5, first.counters.slice())
  actual.push(...words.slice(1234).map(word => add(second, word)))
  deepStrictEqual(actual, expected)
  deepStrictEqual(second.counters, whole.counters)
})

test('a size that is no power of two is refused', () => {
  throws(
    () => new AdmissionSketch(5, 1000),
    /admission sketch: counters must be a power of two, 2\^4 to 2\^30; got 1000/
  )
  strictEqual(new AdmissionSketch(5, 1024).counters.length, 1024)
})
