import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Ending, Ends } from '../../src/dataflow/ends.ts'

const put = fc.integer({ min: -20, max: 20 })
const take = fc.constant('take')

test('what ends is taken by its end, then by which was opened first, whatever is put in between', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(put, take)), acts => {
      const ends = new Ends<Ending>()
      const held: Ending[] = []
      for (const [opened, act] of acts.entries()) {
        if (typeof act === 'number') {
          const ending = { end: act, opened }
          ends.put(ending)
          held.push(ending)
        } else {
          const first = held.sort((a, b) => a.end - b.end || a.opened - b.opened).shift()
          strictEqual(ends.take()?.of, first)
        }
        strictEqual(ends.least, Math.min(...held.map(({ end }) => end)))
      }
    })
  )
})

test('what ends later than when it was put in is still taken by what it had then', () => {
  const ends = new Ends<{ end: number; opened: number }>()
  const growing = { end: 1, opened: 0 }
  ends.put(growing)
  ends.put({ end: 2, opened: 1 })
  growing.end = 9
  strictEqual(ends.least, 1)
  deepStrictEqual(ends.take(), { end: 1, of: growing })
  strictEqual(ends.take()?.of.opened, 1)
  strictEqual(ends.take(), undefined)
})
