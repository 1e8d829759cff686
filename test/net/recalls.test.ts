import { deepStrictEqual, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import type { Ledger } from '../../src/net/ledger.ts'
import type { Ranges } from '../../src/net/messages.ts'
import { ack, frame, linked, type Message, plain, state, vector, words } from './ledger-words.ts'

/** `refused(1, 2)`: a frame of packs 1 and 2 of `me/1` was not let in. */
const refused = (first: number, last = first): Message => ({ type: 'refused', ranges: packs(first, last) })

function packs(first: number, last = first): Ranges {
  return new Map([['me/1', [first, last]]])
}

/** A ledger whose packs 1, 2, … change so much; those of `up` and `down` are on their way. */
function packed(changes: readonly number[], links: Record<string, 'parent' | 'child'>): Ledger<number> {
  const ledger = linked(links)
  for (const change of changes) ledger.packed(change, 0)
  return ledger
}

test('a pack that a neighbour refuses is taken back by another, of which all others hear first', () => {
  const ledger = packed([1, 100], { up: 'parent', down: 'child' })
  deepStrictEqual(words(ledger.received('up', refused(2), 0)), [
    'take back -100',
    'up: recall me/1 2 by me/1 3',
    'down: recall me/1 2 by me/1 3',
    'up: me/1 3 = -100',
    'down: me/1 3 = -100'
  ])
  strictEqual(plain(ledger.vector), 'me/1 3')
})

test('whoever lacks what was taken back gets it in one frame with all that came after', () => {
  const ledger = packed([1, 100, 20], { up: 'parent' })
  ledger.received('up', refused(2), 0)
  ledger.close('up', 0)
  deepStrictEqual(words(ledger.open('up', 'parent')), ['up: recall me/1 2 by me/1 4', 'up: vector 1, me/1 4'])
  deepStrictEqual(words(ledger.received('up', vector(1, { 'me/1': 1 }), 0)), ['up: me/1 2-4 = 20'])
})

test('whoever has what was taken back gets the rest one by one', () => {
  const ledger = packed([1, 100, 20], { up: 'parent' })
  ledger.received('up', refused(2), 0)
  ledger.open('down', 'child')
  deepStrictEqual(words(ledger.received('down', vector(1, { 'me/1': 2 }), 0)), [
    'down: me/1 3 = 20',
    'down: me/1 4 = -100'
  ])
})

test('packs of others go by themselves, and so do those that came before or after', () => {
  const ledger = packed([1, 100], { up: 'parent', down: 'child' })
  ledger.received('down', frame('a 1', 7), 0)
  ledger.received('up', refused(2), 0)
  ledger.open('other', 'child')
  deepStrictEqual(words(ledger.received('other', vector(1), 0)), [
    'other: me/1 1 = 1',
    'other: a 1 = 7',
    'other: me/1 2-3 = 0'
  ])
})

test('what two neighbours refuse is taken back once, and a recall never', () => {
  const ledger = packed([100], { up: 'parent', down: 'child' })
  ledger.received('up', refused(1), 0)
  deepStrictEqual(words(ledger.received('down', refused(1), 0)), [])
  deepStrictEqual(words(ledger.received('up', refused(2), 0)), [])
  strictEqual(plain(ledger.vector), 'me/1 2')
})

test('of a sum that is refused all is taken back that was not', () => {
  const ledger = packed([100, 1], { up: 'parent', down: 'child' })
  ledger.received('up', refused(1), 0)
  ledger.received('down', ack(3), 0)
  for (const change of [1, 1, 1, 1, 200, 30]) ledger.packed(change, 0)
  // Four are on their way; what waits is summed.
  deepStrictEqual(words(ledger.received('down', ack(1), 0)), ['down: me/1 8-9 = 230'])
  deepStrictEqual(words(ledger.received('down', refused(8, 9), 0)).slice(0, 2), [
    'take back -230',
    'up: recall me/1 8-9 by me/1 10'
  ])
  for (const link of ['up', 'down']) ledger.close(link, 0)
  ledger.open('up', 'parent')
  deepStrictEqual(words(ledger.received('up', vector(1), 0)), [
    'up: me/1 1-3 = 1',
    ...[4, 5, 6].map(pack => `up: me/1 ${pack} = 1`)
  ])
  deepStrictEqual(words(ledger.received('up', ack(4), 0)), ['up: me/1 7 = 1', 'up: me/1 8-10 = 0'])
})

test('what was taken back one after the other goes in one frame', () => {
  const ledger = packed([100, 200, 1], { up: 'parent', down: 'child' })
  ledger.received('up', refused(1), 0)
  ledger.received('down', refused(2), 0)
  for (const [link, held, sum] of [
    ['left', {}, 'me/1 1-5 = 1'],
    ['middle', {}, 'me/1 1-5 = 1'],
    ['right', { 'me/1': 1 }, 'me/1 2-5 = -99']
  ] as const) {
    ledger.open(link, 'child')
    deepStrictEqual(words(ledger.received(link, vector(1, held), 0)), [`${link}: ${sum}`])
  }
})

test('what others made is theirs to take back, whatever they claim', () => {
  const ledger = linked({ up: 'parent', down: 'child' })
  const claim = frame(`a 1-${2 ** 50}`, 100)
  ledger.received('down', claim, 0)
  if (claim.type !== 'frame') return
  deepStrictEqual(words(ledger.received('up', { type: 'refused', ranges: claim.ranges }, 0)), [])
})

test('what is no longer in the log cannot be taken back', () => {
  const ledger = linked({ up: 'parent' }, { logBytes: 0 })
  ledger.packed(100, 0)
  deepStrictEqual(words(ledger.received('up', refused(1), 0)), [])
})

test('nothing is taken back while a state is adopted; then what of it is in the state', () => {
  const ledger = packed([1, 100], { up: 'parent', down: 'child' })
  ledger.received('up', { type: 'must-adopt', adoption: 1 }, 0)
  deepStrictEqual(words(ledger.received('down', refused(2), 0)), [])
  strictEqual(ledger.idle, false)
  ledger.received('up', state(1, { 'me/1': 1 }), 0)
  const actions = words(ledger.adopted('up', new Map([['me/1', 1]]), 1, 0))
  deepStrictEqual(
    actions.filter(action => /apply|take/.test(action)),
    ['apply 100 of the log', 'take back -100']
  )
})

test('what is acknowledged cannot be refused any more', () => {
  const ledger = packed([1], { up: 'parent' })
  ledger.received('up', ack(1), 0)
  throws(() => ledger.received('up', refused(1), 0), /refused: packs of a frame on its way wanted/)
  strictEqual(plain(ledger.vector), 'me/1 1')
})
