import { strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { AlarmCount } from '../../src/dataflow/alarm-rule.ts'

test('enough are alarms of as many different peers as are wanted, none longer ago than the time given', () => {
  const alarms = fc.array(fc.tuple(fc.nat(4), fc.nat(30)), { maxLength: 20 })
  fc.assert(
    fc.property(
      alarms,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 60 }),
      (came, peers, within) => {
        const count = new AlarmCount({ peers, within })
        const heard: { peer: number; at: number }[] = []
        let now = 0
        for (const [peer, later] of came) {
          now += later
          heard.push({ peer, at: now })
          const fresh = new Set(heard.filter(({ at }) => now - at <= within).map(({ peer }) => peer))
          strictEqual(count.add(`${peer}`, now, 5), fresh.size >= peers)
        }
      }
    )
  )
})

test('any alarm is enough, and where there are fewer peers than wanted, one of each', () => {
  strictEqual(new AlarmCount('any').add('a', 0, 9), true)
  const three = new AlarmCount({ peers: 3, within: 10 })
  strictEqual(three.add('a', 0, 2), false)
  strictEqual(three.add('a', 1, 2), false)
  strictEqual(three.add('b', 2, 2), true)
  three.reset()
  strictEqual(three.add('a', 3, 2), false)
})
