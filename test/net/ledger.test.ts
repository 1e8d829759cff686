import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import type { LedgerAction } from '../../src/net/ledger-action.ts'
import { ack, frame, ledgerOf, linked, plain, rules, vector, words } from './ledger-words.ts'

test('a pack goes out on every link, and is acknowledged', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  deepStrictEqual(words(ledger.packed(5, 0)), ['up: me/1 1 = 5', 'down: me/1 1 = 5'])
  ok(ledger.holds('me/1', 1) && !ledger.holds('me/1', 2))
  strictEqual(ledger.unacknowledged('up'), 1)
  ok(!ledger.idle)
  deepStrictEqual(ledger.received('up', ack(1), 0), [])
  ledger.received('down', ack(1), 0)
  ok(ledger.idle)
})

test('a frame that continues the state is applied, acknowledged, and goes on to all but where it came from', () => {
  const ledger = linked({ up: 'parent', left: 'child', right: 'child' })
  deepStrictEqual(words(ledger.received('left', frame('a 1-2, b 1', 7), 0)), [
    'apply 7 of left',
    'left: ack 1',
    'up: a 1-2, b 1 = 7',
    'right: a 1-2, b 1 = 7'
  ])
  strictEqual(plain(ledger.vector), 'a 2, b 1')
})

test('what is old is dropped, and acknowledged', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.received('up', frame('a 1-3', 7), 0)
  deepStrictEqual(words(ledger.received('down', frame('a 1-2', 4), 0)), ['down: ack 1'])
})

test('of what is partly old only the rest is applied, where the log can tell it', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.received('up', frame('a 1', 1), 0)
  ledger.received('up', frame('a 2', 2), 0)
  ledger.received('up', frame('b 1', 4), 0)
  deepStrictEqual(words(ledger.received('down', frame('a 1-3, b 1, c 1', 127), 0)), [
    'apply 120 of down',
    'down: ack 1',
    'up: a 3, c 1 = 120'
  ])
  strictEqual(plain(ledger.vector), 'a 3, b 1, c 1')
})

test('a gap, or what the log cannot tell apart, begins another round, and what comes before it is answered is ignored', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  ledger.received('up', frame('a 1, b 1', 3), 0)
  deepStrictEqual(words(ledger.received('down', frame('a 3', 1), 0)), [
    'down lost: gap',
    'down: vector 2, a 1, b 1',
    'down: ack 1'
  ])
  deepStrictEqual(words(ledger.received('down', frame('c 1', 1), 0)), ['down: ack 1'])
  strictEqual(plain(ledger.vector), 'a 1, b 1')
  deepStrictEqual(words(ledger.received('down', vector(2, { a: 1, b: 1 }), 0)), [])
  deepStrictEqual(words(ledger.received('down', frame('a 1-2', 1), 0)), [
    'down lost: overlap',
    'down: vector 3, a 1, b 1',
    'down: ack 1'
  ])
})

test('a frame that does not hold what it names is not applied', () => {
  const subtract = () => {
    throw new RangeError('not in it')
  }
  const ledger = linked({ up: 'parent' }, { rules: { ...rules, subtract } })
  ledger.received('up', frame('a 1', 1), 0)
  deepStrictEqual(words(ledger.received('up', frame('a 1-2', 0), 0)).slice(0, 1), ['up lost: overlap'])
})

test('both sides may begin the same round', () => {
  const ledger = linked({ down: 'child' })
  ledger.received('down', frame('a 2', 1), 0)
  deepStrictEqual(words(ledger.received('down', vector(2), 0)), [])
  deepStrictEqual(words(ledger.received('down', frame('a 1', 1), 0)), ['apply 1 of down', 'down: ack 1'])
})

test('a round that the other side begins is answered with what the state holds then, and all it lacks', () => {
  const ledger = linked({ down: 'child' })
  ledger.packed(1, 0)
  ledger.packed(2, 0)
  ledger.packed(4, 0)
  deepStrictEqual(words(ledger.received('down', vector(2, { 'me/1': 1 }), 0)), [
    'down: vector 2, me/1 3',
    'down: me/1 2 = 2'
  ])
  strictEqual(ledger.unacknowledged('down'), 4)
  // Acknowledgements of frames of the round before count as all others.
  deepStrictEqual(words(ledger.received('down', ack(3), 0)), ['down: me/1 3 = 4'])
})

test('a new link gets what it lacks pack by pack, and then what came in meanwhile', () => {
  const ledger = linked({ up: 'parent' })
  ledger.packed(1, 0)
  ledger.received('up', frame('a 1-2', 2), 0)
  deepStrictEqual(words(ledger.open('down', 'child')), ['down: vector 1, me/1 1, a 2'])
  ledger.packed(4, 0)
  ledger.received('up', frame('a 3', 8), 0)
  strictEqual(ledger.waiting('down'), 2)
  deepStrictEqual(words(ledger.received('down', vector(1), 0)), [
    'down: me/1 1 = 1',
    'down: a 1-2 = 2',
    'down: me/1 2 = 4',
    'down: a 3 = 8'
  ])
})

test('in the first round packs come along that cannot be told apart; in the next the child adopts the state', () => {
  const ledger = ledgerOf()
  ledger.open('up', 'parent')
  ledger.received('up', vector(1), 0)
  ledger.received('up', frame('a 1-2, b 1', 7), 0)
  ledger.open('down', 'child')
  deepStrictEqual(words(ledger.received('down', vector(1, { a: 1 }), 0)), ['down: a 1-2, b 1 = 7'])
  deepStrictEqual(words(ledger.received('down', vector(2, { a: 1 }), 0)), [
    'down: vector 2, a 2, b 1',
    'down: must-adopt 1'
  ])
})

test('at most so many frames and bytes are on their way, and what waits is summed', () => {
  const ledger = linked({ up: 'parent' }, { unacknowledgedFrames: 2, unacknowledgedBytes: 100 })
  deepStrictEqual(words(ledger.packed(10, 1000)), ['up: me/1 1 = 10'])
  deepStrictEqual(words(ledger.packed(20, 1000)), ['up: me/1 2 = 20'])
  for (let n = 0; n < 20; n++) deepStrictEqual(ledger.packed(3, 1000 + n), [])
  strictEqual(ledger.waiting('up'), 20)
  const [sent] = ledger.received('up', ack(1), 1050)
  deepStrictEqual(words([sent]), ['up: me/1 3-22 = 60'])
  ok(sent.type === 'send' && sent.message.type === 'frame' && sent.message.waited === 50)
  // 80 bytes are on their way: 30 more do not fit, and 500 fit alone only.
  ledger.received('up', ack(1), 0)
  ledger.packed(50, 0)
  strictEqual(ledger.waiting('up'), 1)
  deepStrictEqual(words(ledger.received('up', ack(1), 0)), ['up: me/1 23 = 50'])
  ledger.packed(500, 0)
  strictEqual(ledger.waiting('up'), 1)
  deepStrictEqual(words(ledger.received('up', ack(1), 0)), ['up: me/1 24 = 500'])
})

test('a frame says how long its oldest pack has waited at the peers it passed', () => {
  const ledger = linked({ up: 'parent', down: 'child' }, { unacknowledgedFrames: 1 })
  const sent = (actions: LedgerAction<number>[]) =>
    actions.flatMap(action =>
      action.type === 'send' && action.message.type === 'frame' ? [action.message.waited] : []
    )
  deepStrictEqual(sent(ledger.received('down', frame('a 1', 1, 30), 100)), [30])
  ledger.received('down', frame('a 2', 1, 5), 110)
  ledger.received('down', frame('a 3', 1, 40), 120)
  deepStrictEqual(sent(ledger.received('up', ack(1), 130)), [50])
})

test('a link on which packs leave holes starts over before it holds them all', () => {
  const ledger = linked({ up: 'parent', down: 'child' }, { unacknowledgedFrames: 1 })
  const told: string[] = []
  for (let n = 1; n < 30; n++) {
    told.push(...words(ledger.received(n % 2 === 0 ? 'up' : 'down', frame(`a ${n}`, 1), 0)))
    if (ledger.unacknowledged('up') > 0) ledger.received('up', ack(1), 0)
    if (told.includes('down lost: scattered')) break
  }
  ok(told.includes('down lost: scattered'))
  strictEqual(ledger.waiting('down'), 0)
})

test('a resumed peer begins with what its state holds', () => {
  const ledger = ledgerOf({ initial: new Map([['me/0', 4]]) })
  deepStrictEqual(words(ledger.open('up', 'parent')), ['up: vector 1, me/0 4'])
  deepStrictEqual(words(ledger.received('up', vector(1, { 'me/0': 4 }), 0)), [])
  deepStrictEqual(words(ledger.packed(1, 0)), ['up: me/1 1 = 1'])
})
