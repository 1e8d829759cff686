import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { ack, frame, ledgerOf, linked, plain, state, vector, wantState, words } from './ledger-words.ts'

test('a child whose log its parent cannot be served from asks for the state, and its children must adopt it too', () => {
  const ledger = ledgerOf({ initial: new Map([['old', 3]]) })
  ledger.open('down', 'child')
  ledger.received('down', vector(1, { old: 3 }), 0)
  ledger.packed(1, 0)
  ledger.open('up', 'parent')
  deepStrictEqual(words(ledger.received('up', vector(1, { b: 4 }), 0)), ['up: want-state'])
  ok(ledger.adopting && !ledger.idle)
  throws(() => ledger.packed(1, 0), /nothing may be packed/)
  ok(!ledger.expectsState('up', 1))
  deepStrictEqual(words(ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)), [])
  ok(ledger.expectsState('up', 1))
  deepStrictEqual(ledger.received('up', state(1, { b: 5 }, false), 0), [])
  deepStrictEqual(ledger.received('up', state(1, { b: 5 }), 0), [])
  deepStrictEqual(words(ledger.adopted('up', new Map([['b', 5]]), 1, 0)), [
    'down: must-adopt 1',
    'apply 1 of the log',
    'up: adopted 1',
    'up: me/1 1 = 1'
  ])
  strictEqual(plain(ledger.vector), 'b 5, me/1 1')
  ok(!ledger.adopting)
  deepStrictEqual(words(ledger.received('up', frame('b 6', 1), 0)), ['apply 1 of up', 'up: ack 1'])
  // What the child said before it was told is ignored, until it has adopted; what comes in goes to it on top of the state.
  deepStrictEqual(words(ledger.received('down', frame('c 1', 1), 0)), ['down: ack 1'])
  deepStrictEqual(words(ledger.received('down', wantState, 0)), ['down: state 1, b 6, me/1 1'])
  ledger.received('down', ack(1), 0)
  deepStrictEqual(words(ledger.packed(2, 0)), ['down: me/1 2 = 2', 'up: me/1 2 = 2'])
  deepStrictEqual(words(ledger.received('down', frame('c 1', 1), 0)), ['down: ack 1'])
  deepStrictEqual(words(ledger.received('down', { type: 'adopted', adoption: 1 }, 0)), [])
  deepStrictEqual(words(ledger.received('down', frame('c 1', 1), 0)), [
    'apply 1 of down',
    'down: ack 1',
    'up: c 1 = 1'
  ])
})

test('a parent that cannot serve its child hands the state down, and nothing goes to it before', () => {
  const ledger = ledgerOf({ initial: new Map([['old', 3]]) })
  ledger.open('down', 'child')
  deepStrictEqual(words(ledger.received('down', vector(1), 0)), ['down: must-adopt 1'])
  deepStrictEqual(words(ledger.packed(1, 0)), [])
  strictEqual(ledger.waiting('down'), 0)
  deepStrictEqual(words(ledger.received('down', wantState, 0)), ['down: state 1, old 3, me/1 1'])
  deepStrictEqual(words(ledger.packed(2, 0)), ['down: me/1 2 = 2'])
})

test('a child that asks by itself is told the number first', () => {
  const ledger = linked({ down: 'child' })
  deepStrictEqual(words(ledger.received('down', wantState, 0)), [
    'down: must-adopt 1',
    'down: state 1, nothing'
  ])
})

test('want-state and must-adopt may cross', () => {
  const parent = ledgerOf({ initial: new Map([['old', 3]]) })
  parent.open('down', 'child')
  parent.received('down', vector(1, { lost: 2 }), 0)
  deepStrictEqual(words(parent.received('down', wantState, 0)), ['down: state 1, old 3'])
  const child = ledgerOf({ initial: new Map([['lost', 2]]) })
  child.open('up', 'parent')
  deepStrictEqual(words(child.received('up', vector(1, { old: 3 }), 0)), ['up: want-state'])
  deepStrictEqual(words(child.received('up', { type: 'must-adopt', adoption: 1 }, 0)), [])
  child.received('up', state(1, { old: 3 }), 0)
  deepStrictEqual(words(child.adopted('up', new Map([['old', 3]]), 1, 0)), ['up: adopted 1'])
  strictEqual(plain(child.vector), 'old 3')
})

test('a round that crosses an adoption is dropped on both sides, and the next has another number', () => {
  const child = linked({ up: 'parent' })
  child.received('up', frame('a 2', 1), 0)
  deepStrictEqual(words(child.received('up', { type: 'must-adopt', adoption: 1 }, 0)), ['up: want-state'])
  deepStrictEqual(words(child.received('up', frame('a 1-2', 1), 0)), ['up: ack 1'])
  child.received('up', state(1, { a: 2 }), 0)
  child.adopted('up', new Map([['a', 2]]), 1, 0)
  deepStrictEqual(words(child.received('up', frame('a 4', 1), 0)).slice(0, 2), [
    'up lost: gap',
    'up: vector 3, a 2'
  ])

  const parent = linked({ down: 'child' }, { initial: new Map([['old', 1]]) })
  deepStrictEqual(words(parent.received('down', vector(2), 0)), [])
  parent.received('down', wantState, 0)
  parent.received('down', { type: 'adopted', adoption: 1 }, 0)
  deepStrictEqual(words(parent.received('down', vector(3, { old: 1 }), 0)), ['down: vector 3, old 1'])
})

test('one adoption may follow another before the first is confirmed', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.received('down', wantState, 0)
  deepStrictEqual(words(ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)), ['up: want-state'])
  ledger.received('up', state(1, { a: 1 }), 0)
  deepStrictEqual(words(ledger.adopted('up', new Map([['a', 1]]), 1, 0)), [
    'down: must-adopt 2',
    'up: adopted 1'
  ])
  deepStrictEqual(words(ledger.received('down', { type: 'adopted', adoption: 1 }, 0)), [])
  deepStrictEqual(words(ledger.received('down', frame('b 1', 1), 0)), ['down: ack 1'])
  // Told once, the child is not told again before it asks, whatever this peer adopts meanwhile.
  ledger.received('up', { type: 'must-adopt', adoption: 2 }, 0)
  deepStrictEqual(words(ledger.received('down', wantState, 0)), [])
  ledger.received('up', state(2, { a: 7 }), 0)
  deepStrictEqual(words(ledger.adopted('up', new Map([['a', 7]]), 2, 0)), [
    'up: adopted 2',
    'down: state 2, a 7'
  ])
  ledger.received('down', { type: 'adopted', adoption: 2 }, 0)
  ok(ledger.idle)
})

test('while a state is asked for, what other links say waits, and goes on where the parent is gone', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.packed(1, 0)
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  deepStrictEqual(words(ledger.received('down', frame('a 1', 1), 0)), [])
  deepStrictEqual(words(ledger.open('late', 'child')), [])
  deepStrictEqual(words(ledger.received('late', vector(1, { 'me/1': 1 }), 0)), [])
  deepStrictEqual(words(ledger.received('down', ack(1), 0)), [])
  strictEqual(ledger.unacknowledged('down'), 0)
  ledger.received('up', state(1, { b: 9 }, false), 0)
  deepStrictEqual(words(ledger.close('up', 0)), [
    'apply 1 of down',
    'down: ack 1',
    'late: vector 1, me/1 1, a 1',
    'late: a 1 = 1'
  ])
  ok(!ledger.adopting)
  strictEqual(plain(ledger.vector), 'me/1 1, a 1')
  deepStrictEqual(ledger.received('up', state(1, { b: 9 }), 0), [])
})

test('a link that was opened while a state is asked for is not told to adopt it', () => {
  const ledger = linked({ up: 'parent' })
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  ledger.open('late', 'child')
  ledger.received('late', vector(1, { b: 9 }), 0)
  ledger.received('up', state(1, { b: 9 }), 0)
  deepStrictEqual(words(ledger.adopted('up', new Map([['b', 9]]), 1, 0)), [
    'up: adopted 1',
    'late: vector 1, b 9'
  ])
})

test('what a log holds goes into an adopted state as soon as it fits', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  for (const n of [1, 2, 3]) ledger.received('down', frame(`a ${n}`, 2 ** n), 0)
  ledger.received('down', frame('a 4, b 1', 64), 0)
  ledger.received('down', frame('c 1-2', 128), 0)
  ledger.received('up', ack(4), 0)
  ledger.received('up', ack(1), 0)
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  const held = new Map(Object.entries({ a: 2, c: 1 }))
  ledger.received('up', state(1, { a: 2, c: 1 }), 0)
  // Pack 3 continues what was adopted, and then 4 with b's; c's 1 and 2 cannot be told apart.
  deepStrictEqual(words(ledger.adopted('up', held, 1, 0)), [
    'down: must-adopt 1',
    'apply 8 of the log',
    'apply 64 of the log',
    'up: adopted 1',
    'up: a 3-4, b 1 = 72'
  ])
  strictEqual(plain(ledger.vector), 'a 4, c 1, b 1')
})

test('what left a hole after an adoption goes in when the hole is filled', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.received('down', frame('a 1, b 1', 1), 0)
  ledger.received('down', frame('a 2', 2), 0)
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  ledger.received('up', state(1, { b: 1 }), 0)
  deepStrictEqual(words(ledger.adopted('up', new Map([['b', 1]]), 1, 0)), [
    'down: must-adopt 1',
    'up: adopted 1'
  ])
  deepStrictEqual(words(ledger.received('up', frame('a 1', 4), 0)), [
    'apply 4 of up',
    'apply 2 of the log',
    'up: ack 1',
    'up: a 2 = 2'
  ])
})

test('own packs that left the log are told to be forgotten, and the peer goes on under another name', () => {
  const ledger = linked({ up: 'parent' }, { logBytes: 600 })
  for (const content of [300, 2, 3]) ledger.packed(content, 0)
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  ledger.received('up', state(1, { 'me/2': 1 }), 0)
  deepStrictEqual(words(ledger.adopted('up', new Map([['me/2', 1]]), 1, 0)), [
    'up: adopted 1',
    'forgotten: me/1 1-3'
  ])
  strictEqual(ledger.origin, 'me/3')
  ledger.received('up', ack(3), 0)
  deepStrictEqual(words(ledger.packed(4, 0)), ['up: me/3 1 = 4'])
  // Somebody had pack 1 after all.
  deepStrictEqual(words(ledger.received('up', frame('me/1 1', 1), 0)), [
    'apply 1 of up',
    'apply 2 of the log',
    'apply 3 of the log',
    'up: ack 1',
    'up: me/1 2-3 = 5'
  ])
})
