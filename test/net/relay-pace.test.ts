import { ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { Ranges } from '../../src/net/messages.ts'
import { RelayPace } from '../../src/net/relay-pace.ts'

const paceOf = (limit: number) => new RelayPace<number>(limit, bytes => bytes)

function came(pace: RelayPace<number>, packs: Record<string, [number, number]>, bytes: number): number {
  const ranges: Ranges = new Map(Object.entries(packs))
  return pace.came({ ranges, content: bytes })
}

/** So many origins each make a pack, time after time; returns the intervals that went by. */
function round(pace: RelayPace<number>, origins: number, times: number, bytes = 100): number {
  let passed = 0
  for (let time = 1; time <= times; time++) {
    for (let origin = 0; origin < origins; origin++) {
      passed += came(pace, { [`o${origin}`]: [time, time] }, bytes)
    }
  }
  return passed
}

const near = (value: number, wanted: number) =>
  ok(Math.abs(value / wanted - 1) < 0.1, `${value}, not ${wanted}`)

test('an interval has passed when as many packs have come as there are origins', () => {
  for (const origins of [1, 4, 64]) {
    const pace = paceOf(10)
    round(pace, origins, 10)
    near(round(pace, origins, 20), 20)
  }
})

test('packs that come summed are as many', () => {
  const pace = paceOf(10)
  round(pace, 5, 10)
  let passed = 0
  for (let time = 11; time < 31; time += 2) {
    passed += came(pace, { o0: [time, time + 1], o1: [time, time + 1], o2: [time, time + 1] }, 150)
    passed += came(pace, { o3: [time, time + 1], o4: [time, time + 1] }, 150)
  }
  near(passed, 20)
  near(pace.share(2), 4 * 100)
})

test('origins that make no more do not count any more, whatever their number was', () => {
  const pace = paceOf(10)
  round(pace, 300, 2)
  round(pace, 4, 100)
  near(round(pace, 4, 20), 20)
  near(came(pace, { newcomer: [1, 1] }, 100), 1 / 5)
})

test('what own packs leave of the limit is shared by the links, half a pack for each at least', () => {
  const pace = paceOf(10)
  strictEqual(pace.share(2), 0)
  round(pace, 3, 5, 200)
  strictEqual(pace.share(2), 4 * 200)
  strictEqual(pace.share(5), 200)
  strictEqual(pace.share(50), 100)
  strictEqual(paceOf(Infinity).share(3), Infinity)
})
