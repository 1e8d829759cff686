import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { ProtocolError } from '../../src/net/protocol-error.ts'
import {
  ack,
  frame,
  ledgerOf,
  linked,
  type Message,
  plain,
  state,
  vector,
  wantState,
  words
} from './ledger-words.ts'

test('what the other side may not say is refused, and changes nothing', () => {
  const far = { up: 'parent', down: 'child' } as const
  const most = Number.MAX_SAFE_INTEGER
  const cases: [link: 'up' | 'down', message: Message, why: RegExp][] = [
    ['down', frame('a 3-2', 1), /1 ≤ first ≤ last/],
    ['down', frame('a 0-2', 1), /1 ≤ first ≤ last/],
    ['down', frame(`a 1-${most + 1}`, 1), /1 ≤ first ≤ last/],
    ['down', { type: 'frame', ranges: new Map(), content: 1, waited: 0 }, /one pack or more/],
    ['down', frame('a 1', 1, NaN), /waited/],
    ['down', frame('a 1', 1, -1), /waited/],
    ['down', frame('me/1 2', 1), /this peer made 1; got a claim of 2/],
    ['down', vector(2, { 'me/1': 2 }), /this peer made 1; got a claim of 2/],
    ['down', vector(2, { a: 0.5 }), /1 ≤ first ≤ last/],
    ['down', vector(1), /round 1 was the last \(open\); got round 1/],
    ['down', vector(3), /got round 3/],
    ['up', ack(2), /1 to 1 frames are on their way; got 2/],
    ['up', ack(0), /got 0/],
    ['up', wantState, /from a child only/],
    ['up', { type: 'adopted', adoption: 1 }, /from a child only/],
    ['down', { type: 'must-adopt', adoption: 1 }, /from a parent only/],
    ['down', state(1, {}), /from a parent only/],
    ['down', { type: 'adopted', adoption: 1 }, /adoption none wanted; got 1/],
    ['up', state(1, {}), /adoption none wanted; got 1/],
    ['up', { type: 'must-adopt', adoption: 0 }, /adoption 0 was the last; got 0/]
  ]
  for (const [link, message, why] of cases) {
    const ledger = linked(far)
    ledger.packed(1, 0)
    throws(
      () => ledger.received(link, message, 0),
      (error: Error) => error instanceof ProtocolError && why.test(error.message),
      `${message.type} ${why}`
    )
    strictEqual(plain(ledger.vector), 'me/1 1')
    deepStrictEqual(words(ledger.packed(2, 0)), ['up: me/1 2 = 2', 'down: me/1 2 = 2'])
  }
})

test('nothing comes before the vector', () => {
  for (const message of [frame('a 1', 1), wantState, ack(1)]) {
    const ledger = ledgerOf()
    ledger.open('down', 'child')
    throws(() => ledger.received('down', message, 0), ProtocolError)
  }
})

test('in an adoption both sides keep to its numbers', () => {
  const child = linked({ up: 'parent' })
  child.received('up', { type: 'must-adopt', adoption: 3 }, 0)
  throws(() => child.received('up', { type: 'must-adopt', adoption: 4 }, 0), /adoption 3 is under way; got 4/)
  throws(() => child.received('up', state(2, {}), 0), /adoption 3 wanted; got 2/)
  throws(() => child.received('up', state(3, { 'me/1': 1 }), 0), /this peer made 0; got a claim of 1/)
  throws(() => child.adopted('up', new Map(), 2, 0), /no state was expected/)
  const parent = linked({ down: 'child' })
  parent.received('down', wantState, 0)
  throws(() => parent.received('down', wantState, 0), /adoption 1 is under way/)
  throws(() => parent.received('down', vector(2), 0), /got round 2/)
  throws(() => parent.received('down', { type: 'adopted', adoption: 2 }, 0), /adoption 1 wanted; got 2/)
})

test('what has waited may break the rules too, and too much may not wait', () => {
  const ledger = linked({ up: 'parent', down: 'child', other: 'child' }, { unacknowledgedFrames: 2 })
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  ledger.received('down', frame('a 2-1', 1), 0)
  ledger.received('down', frame('a 1', 1), 0)
  ledger.received('other', frame('b 1', 1), 0)
  throws(() => ledger.received('down', frame('a 2', 1), 0), /frame: at most 2 may wait/)
  ledger.received('other', wantState, 0)
  throws(() => ledger.received('other', wantState, 0), /want-state: at most 1 may wait/)
  deepStrictEqual(words(ledger.close('up', 0)), [
    'down broke the rules: packs of a: 1 ≤ first ≤ last < 2^53 wanted; got 2 to 1',
    'apply 1 of other',
    'other: ack 1',
    'other: must-adopt 1',
    'other: state 1, b 1'
  ])
  deepStrictEqual(ledger.received('down', frame('a 1', 1), 0), [])
})

test('a link has a name of its own', () => {
  const ledger = linked({ up: 'parent' })
  throws(() => ledger.open('up', 'parent'), /a new name/)
  ledger.close('up', 0)
  ledger.open('up', 'parent')
})
