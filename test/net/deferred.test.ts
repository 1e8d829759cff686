import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { Deferred } from '../../src/net/deferred.ts'
import { newLink } from '../../src/net/ledger-link.ts'
import { Outbox } from '../../src/net/outbox.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'
import { ack, frame, rules, vector, wantState } from './ledger-words.ts'

const link = (name: string) => newLink(name, 'child', new Outbox(rules, 4, 1000))
const [one, other] = [link('one'), link('other')]

test('what waits is handed out once, in the order in which it came; what came on a closed link is forgotten', () => {
  const deferred = new Deferred<number>(4)
  deferred.add({ link: one, message: frame('a 1', 1), now: 1 })
  deferred.add({ link: other, message: ack(1), now: 2 })
  deferred.add({ link: one, message: 'open', now: 3 })
  deferred.forget(other)
  strictEqual(deferred.empty, false)
  deepStrictEqual(
    deferred.take().map(({ now }) => now),
    [1, 3]
  )
  strictEqual(deferred.empty, true)
})

test('of each type only so much waits on a link', () => {
  const deferred = new Deferred<number>(2)
  for (const [message, most] of [
    [frame('a 1', 1), 2],
    [wantState, 1],
    [vector(1), 8]
  ] as const) {
    for (let n = 0; n < most; n++) deferred.add({ link: one, message, now: 0 })
    deferred.add({ link: other, message, now: 0 })
    throws(() => deferred.add({ link: one, message, now: 0 }), ProtocolError)
  }
})
