import { deepStrictEqual, ok, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { OptwinWindow } from '../../src/drift/optwin-window.ts'

const MOST = 12
const values = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 80, size: 'max' })
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 80, maxLength: 80 })

/** Sum and sum of squares of whole numbers, less the anchor, from scratch. */
function sums(part: readonly number[], anchor: number): number[] {
  const shifted = part.map(x => x - anchor)
  return [shifted.reduce((a, x) => a + x, 0), shifted.reduce((a, x) => a + x * x, 0)]
}

test('history and new part have the sums of their values, however the window slides and the cut moves', () => {
  fc.assert(
    fc.property(values, cuts, (values, cuts) => {
      const window = new OptwinWindow(MOST, false)
      const held: number[] = []
      for (const [i, value] of values.entries()) {
        window.add(value)
        held.push(value)
        if (held.length > MOST) held.shift()
        // A window that slides has a cut.
        const cut = Math.max(held.length === MOST ? 1 : 0, Math.floor((cuts[i] ?? 0) * held.length))
        window.cutAt(cut)
        const anchor = values[0] ?? 0
        const { history, fresh } = window
        deepStrictEqual([window.length, window.cut], [held.length, cut])
        deepStrictEqual([history.sum + 0, history.squares + 0], sums(held.slice(0, cut), anchor))
        deepStrictEqual([fresh.sum + 0, fresh.squares + 0], sums(held.slice(cut), anchor))
      }
    })
  )
})

test('a million slides over values with large steps leave no rounding behind', () => {
  const window = new OptwinWindow(50, false)
  for (let i = 0; i < 50; i++) window.add(0.1)
  window.cutAt(25)
  for (let i = 0; i < 1_000_000; i++) window.add(i % 1000 === 0 ? 1e6 : 0.1 + (i % 7) / 10)
  for (let i = 0; i < 100; i++) window.add(0.3)
  ok(window.history.deviation(25) < 1e-6)
  ok(window.history.isConstant(25))
})

test('values that differ from a constant history are counted, large ones more than small ones', () => {
  const window = new OptwinWindow(50, false)
  for (const value of [...Array(20).fill(2), 2, 5, 2, 5, 2]) window.add(value)
  window.cutAt(20)
  ok(window.history.isConstant(20))
  deepStrictEqual(window.others(), 2)
  window.add(2.001)
  ok(window.others() > 2 && window.others() < 2.01)
})

test('a window that cannot have been saved is refused', () => {
  const window = new OptwinWindow(3, false)
  throws(() => window.open([0, 0, 0]), /^RangeError: optwin: a saved state must hold at most 3 values/)
  throws(() => window.open([3, 0, 0, 0, 0, 0, 0, 1, 1]), RangeError)
  throws(() => window.open([0.5, 0, 0, 0, 0, 0, 0, 1, 1]), /got 2 and 0.5/)
  throws(() => window.open([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]), /got 4/)
})
