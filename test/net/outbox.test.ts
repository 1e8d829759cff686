import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Entry } from '../../src/net/log.ts'
import type { Ranges } from '../../src/net/messages.ts'
import { Outbox } from '../../src/net/outbox.ts'
import { rules } from './ledger-words.ts'

/** `entry('a 1-2, b 1', 5)`: what these packs change is 5, in 5 bytes; those of `me` are own. */
function entry(packs: string, content: number, born = 0): Entry<number> {
  const ranges = new Map(
    packs.split(', ').map(text => {
      const [, origin = '', first, last = first] = /^(\S+) (\d+)(?:-(\d+))?$/.exec(text) ?? []
      return [origin, [Number(first), Number(last)]] as const
    })
  )
  return { ranges, content, born, own: packs.startsWith('me') }
}

function outboxOf(packs: Record<string, number>, { frames = 4, bytes = 1000 } = {}): Outbox<number> {
  const outbox = new Outbox(rules, frames, bytes)
  for (const [names, content] of Object.entries(packs)) outbox.add(entry(names, content))
  return outbox
}

/** All that may be sent now, in words. */
function sent(outbox: Outbox<number>, now = 0): string[] {
  const frames: string[] = []
  for (let frame = outbox.next(now); frame !== undefined; frame = outbox.next(now)) {
    frames.push(`${named(frame.ranges)} = ${frame.content}`)
  }
  return frames
}

function named(ranges: Ranges): string {
  return [...ranges].map(([name, [a, b]]) => `${name} ${a === b ? a : `${a}-${b}`}`).join(', ')
}

test('own packs are summed, and those of others, but never with each other', () => {
  const outbox = outboxOf({ 'a 1': 1, 'me 1': 2, 'b 1': 4, 'me 2': 8, 'a 2': 16 })
  strictEqual(outbox.waiting, 5)
  deepStrictEqual(sent(outbox), ['me 1-2 = 10', 'a 1-2, b 1 = 21'])
  ok(!outbox.empty)
  outbox.acknowledge(2)
  ok(outbox.empty)
})

test('on a link that takes one frame at a time, own packs and those of others take turns', () => {
  const outbox = outboxOf({ 'me 1': 1, 'a 1': 2 }, { frames: 1 })
  deepStrictEqual(sent(outbox), ['me 1 = 1'])
  outbox.add(entry('me 2', 4))
  outbox.acknowledge(1)
  deepStrictEqual(sent(outbox), ['a 1 = 2'])
  outbox.add(entry('a 2', 8))
  outbox.acknowledge(1)
  deepStrictEqual(sent(outbox), ['me 2 = 4'])
})

test('packs of one origin stay in order, though some came back from others', () => {
  const outbox = outboxOf({ 'a 1': 1 })
  outbox.add({ ...entry('me 1, b 1', 2), own: false })
  outbox.add(entry('me 2', 4))
  outbox.add(entry('a 2', 8))
  deepStrictEqual(sent(outbox), ['a 1-2, me 1, b 1 = 11', 'me 2 = 4'])
})

test('whatever waits is sent once, in order, own packs by themselves', () => {
  const event = fc.oneof(
    fc.record({ origin: fc.constantFrom('me', 'a', 'b', 'c'), own: fc.boolean() }),
    fc.constantFrom('next' as const, 'acknowledge' as const)
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (events, frames) => {
      const outbox = new Outbox(rules, frames, 40)
      const added = new Map<string, number>()
      const sums = new Map<string, number>()
      const take = () => {
        const frame = outbox.next(0)
        if (frame === undefined) return false
        for (const [origin, [first, last]] of frame.ranges) {
          strictEqual(first, (sums.get(origin) ?? 0) + 1)
          sums.set(origin, last)
        }
        return true
      }
      let total = 0
      for (const event of events) {
        if (event === 'next') take()
        else if (event === 'acknowledge') {
          if (outbox.unacknowledged > 0) outbox.acknowledge(1)
        } else {
          const sequence = (added.get(event.origin) ?? 0) + 1
          added.set(event.origin, sequence)
          total++
          // Own packs may come back from others.
          const own = event.origin === 'me' && event.own
          outbox.add({ ...entry(`${event.origin} ${sequence}`, 7), own })
        }
      }
      for (let left = 200; !outbox.empty && left > 0; left--) {
        if (!take() && outbox.unacknowledged > 0) outbox.acknowledge(1)
      }
      ok(outbox.empty)
      deepStrictEqual(sums, added)
      strictEqual(
        [...sums.values()].reduce((sum, last) => sum + last, 0),
        total
      )
    })
  )
})
