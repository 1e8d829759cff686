import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import { Ledger, type LedgerOptions } from '../../src/net/ledger.ts'
import type { LedgerAction } from '../../src/net/ledger-action.ts'
import type { LedgerMessage, Ranges, RowHashes } from '../../src/net/messages.ts'
import type { ContentRules } from '../../src/net/outbox.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'

type Message = LedgerMessage<number>

const rules: ContentRules<number> = {
  sum: parts => parts.reduce((sum, part) => sum + part),
  subtract: (whole, part) => whole - part,
  bytes: content => content
}
const hashes: RowHashes = { keys: new Uint32Array(0), tables: [] }
const unknown = new Uint32Array(0)

function ledgerOf(options: Partial<LedgerOptions<number>> = {}): Ledger<number> {
  return new Ledger({ origin: { peer: 'me', start: 1 }, rules, ...options })
}

/** A ledger with these links open, on which the other side holds nothing. */
function linked(
  links: Record<string, 'parent' | 'child'>,
  options: Partial<LedgerOptions<number>> = {}
): Ledger<number> {
  const ledger = ledgerOf(options)
  for (const [name, role] of Object.entries(links)) {
    ledger.open(name, role)
    ledger.received(name, vector(1), 0)
  }
  return ledger
}

function vector(round: number, held: Record<string, number> = {}): Message {
  return { type: 'vector', round, vector: new Map(Object.entries(held)) }
}

/** `frame('a 1-3, b 2', 5)`: what packs 1 to 3 of a and 2 of b change is 5. */
function frame(packs: string, content: number, waited = 0): Message {
  const ranges = new Map(
    packs.split(', ').map(text => {
      const [, origin = '', first, last = first] = /^(\S+) (\d+)(?:-(\d+))?$/.exec(text) ?? []
      return [origin, [Number(first), Number(last)]] as const
    })
  )
  return { type: 'frame', ranges, content, waited }
}

function state(adoption: number, held: Record<string, number>, last = true): Message {
  return { type: 'state', adoption, vector: new Map(Object.entries(held)), state: 0, unknown, last }
}

const ack = (frames: number): Message => ({ type: 'ack', frames })
const wantState: Message = { type: 'want-state', hashes }

/** What is to be done, in words. */
function words(actions: LedgerAction<number>[]): string[] {
  return actions.map(actionWords)
}

function actionWords(action: LedgerAction<number>): string {
  switch (action.type) {
    case 'apply':
      return `apply ${action.content} of ${action.link ?? 'the log'}`
    case 'send':
      return `${action.link}: ${messageWords(action.message)}`
    case 'send-hashes':
      return `${action.link}: want-state`
    case 'send-state':
      return `${action.link}: state ${action.adoption}, ${plain(action.vector)}`
    case 'lost-place':
      return `${action.link} lost: ${action.why}`
    case 'forgotten':
      return `forgotten: ${action.origin} ${action.first}-${action.last}`
    case 'violation':
      return `${action.link} broke the rules: ${action.error.message}`
  }
}

function messageWords(message: Message): string {
  switch (message.type) {
    case 'vector':
      return `vector ${message.round}, ${plain(message.vector)}`
    case 'frame':
      return `${rangeWords(message.ranges)} = ${message.content}`
    case 'ack':
      return `ack ${message.frames}`
    case 'must-adopt':
    case 'adopted':
      return `${message.type} ${message.adoption}`
    default:
      return message.type
  }
}

function rangeWords(ranges: Ranges): string {
  return [...ranges]
    .map(([origin, [first, last]]) => `${origin} ${first === last ? first : `${first}-${last}`}`)
    .join(', ')
}

function plain(held: ReadonlyMap<string, number>): string {
  return [...held].map(([origin, last]) => `${origin} ${last}`).join(', ') || 'nothing'
}

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

test('a new link gets what it lacks pack by pack, and then the sum of what came in meanwhile', () => {
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
    'down: me/1 2, a 3 = 12'
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

test('a resumed peer begins with what its state holds', () => {
  const ledger = ledgerOf({ initial: new Map([['me/0', 4]]) })
  deepStrictEqual(words(ledger.open('up', 'parent')), ['up: vector 1, me/0 4'])
  deepStrictEqual(words(ledger.received('up', vector(1, { 'me/0': 4 }), 0)), [])
  deepStrictEqual(words(ledger.packed(1, 0)), ['up: me/1 1 = 1'])
})

test('a link has a name of its own', () => {
  const ledger = linked({ up: 'parent' })
  throws(() => ledger.open('up', 'parent'), /a new name/)
  ledger.close('up', 0)
  ledger.open('up', 'parent')
})
