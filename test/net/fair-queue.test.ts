import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairQueue } from '../../src/net/fair-queue.ts'

interface Entry {
  readonly lane: number
  readonly place: number
  readonly bytes: number
}

const step = fc.oneof(
  fc.record({ lane: fc.nat(3), bytes: fc.nat(1 << 20) }),
  fc.constant('take' as const),
  fc.record({ forget: fc.nat(3) })
)

test('each lane is first come first served, and nothing is lost or doubled', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const queue = new FairQueue<Entry>()
      const lanes: Entry[][] = [[], [], [], []]
      const take = () => {
        const entry = queue.take()
        const waiting = lanes.flat().length
        if (entry === undefined) strictEqual(waiting, 0)
        else strictEqual(entry, lanes[entry.lane].shift())
      }
      for (const [place, one] of steps.entries()) {
        if (one === 'take') take()
        else if ('forget' in one) {
          queue.keep(one.forget, entry => entry.place % 2 === 0)
          lanes[one.forget] = lanes[one.forget].filter(entry => entry.place % 2 === 0)
        } else {
          const entry = { ...one, place }
          queue.add(one.lane, entry)
          lanes[one.lane].push(entry)
        }
        strictEqual(queue.size, lanes.flat().length)
        strictEqual(
          queue.bytes,
          lanes.flat().reduce((sum, { bytes }) => sum + bytes, 0)
        )
      }
      while (queue.size > 0) take()
      take()
    })
  )
})

test('of lanes that have something waiting all the time none gets ahead by more than one entry', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 1 << 20 }), { minLength: 50, maxLength: 50 })
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 2, maxLength: 4 }), all => {
      const queue = new FairQueue<Entry>()
      for (const [lane, bytes] of all.entries()) {
        for (const [place, size] of bytes.entries()) queue.add(lane, { lane, place, bytes: size })
      }
      const had = all.map(() => 0)
      const left = all.map(() => 50)
      for (;;) {
        const entry = queue.take()
        if (entry === undefined) break
        had[entry.lane] += entry.bytes + 64
        if (--left[entry.lane] === 0) break
        ok(Math.max(...had) - Math.min(...had) <= (1 << 20) + 64)
      }
    })
  )
})

test('what a lane did not use while it was empty is not kept for it', () => {
  const queue = new FairQueue<Entry>()
  const add = (lane: number, count: number) => {
    for (let place = 0; place < count; place++) queue.add(lane, { lane, place, bytes: 1000 })
  }
  add(1, 20)
  for (let i = 0; i < 10; i++) queue.take()
  add(2, 20)
  const lanes = Array.from({ length: 10 }, () => queue.take()?.lane)
  deepStrictEqual(lanes.filter(lane => lane === 1).length, 5)
})
