import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { isOlder } from '../../src/net/age.ts'
import type { Member, TreeMessage } from '../../src/net/messages.ts'
import { ProtocolError } from '../../src/net/protocol-error.ts'
import { Tree, type TreeAction } from '../../src/net/tree.ts'
import { randomFrom } from './histories.ts'

// One tree alone, whose neighbours are played by the test. Peer `p5` started at 5: greater numbers are younger.

const age = (start: number) => ({ start, peer: `p${start}` })
const hello = (start: number, children = 0) => ({ age: age(start), children, maxChildren: 4 })
const record = (start: number, version = 1, more: Partial<Member> = {}): Member => ({
  age: age(start),
  addresses: [`/at/p${start}`],
  version,
  source: '',
  position: 0,
  words: 0,
  packs: 0,
  finished: false,
  left: false,
  ...more
})
const members = (...all: Member[]): TreeMessage => ({ type: 'members', members: all })
const treeOf = (start: number, maxChildren = 4) =>
  new Tree({ self: age(start), addresses: [`/at/p${start}`], maxChildren, random: randomFrom(start) })

/** Actions in short: `dial p3`, `attach l1`, `up l1 parent`, `close l1`. */
const short = (actions: readonly TreeAction[]) =>
  actions.map(action => {
    if (action.type === 'dial') return `dial ${action.peer ?? action.addresses}`
    if (action.type === 'send') return `${action.message.type} ${action.link}`
    return action.type === 'close' ? `close ${action.link}` : `up ${action.link} ${action.role}`
  })
const sent = (actions: readonly TreeAction[], type: TreeMessage['type']) =>
  actions.flatMap(action => (action.type === 'send' && action.message.type === type ? [action.message] : []))
const proposed = (actions: readonly TreeAction[]) =>
  sent(actions, 'redirect').flatMap(message =>
    'members' in message ? message.members.map(one => one.age.peer) : []
  )

/** A tree that has a child on each of the links, named as the children. */
function withChildren(tree: Tree, ...starts: number[]): Tree {
  for (const start of starts) {
    tree.opened(`p${start}`, hello(start), undefined, 0)
    tree.received(`p${start}`, members(record(start)), 0)
    tree.received(`p${start}`, { type: 'attach' }, 0)
  }
  return tree
}

/** A tree with a parent, on a link of its name. */
function withParent(tree: Tree, start: number): Tree {
  tree.opened(`p${start}`, hello(start), undefined, 0)
  tree.received(`p${start}`, members(record(start)), 0)
  tree.received(`p${start}`, { type: 'attached' }, 0)
  return tree
}

/** Ticks every half second from one time to another; what was done is said with its time. */
function ticks(tree: Tree, from: number, to: number): { at: number; actions: TreeAction[] }[] {
  const all: { at: number; actions: TreeAction[] }[] = []
  for (let at = from; at <= to; at += 500) all.push({ at, actions: tree.tick(at) })
  return all
}

test('who has the greater id dials at once when two discover each other, the other a second later', () => {
  deepStrictEqual(short(treeOf(5).discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)), ['dial p3'])
  const tree = treeOf(5)
  deepStrictEqual(short(tree.discovered({ peer: 'p7', addresses: ['/at/p7'] }, 0)), [])
  deepStrictEqual(short(tree.tick(500)), [])
  deepStrictEqual(short([...tree.tick(1000), ...tree.tick(1500)]), ['dial p7'])
})

test('an address without a peer is dialled at once, and this peer itself never', () => {
  const tree = treeOf(5)
  deepStrictEqual(short(tree.discovered({ addresses: ['/at/somebody'] }, 0)), ['dial /at/somebody'])
  deepStrictEqual(short(tree.discovered({ peer: 'p5', addresses: ['/at/p5'] }, 0)), [])
})

test('the younger asks as soon as the hellos are exchanged, the older answers, and both have a link', () => {
  const older = treeOf(1)
  const younger = treeOf(2)
  deepStrictEqual(short(younger.opened('a', hello(1), undefined, 0)), ['members a', 'attach a'])
  deepStrictEqual(short(older.opened('b', hello(2), undefined, 0)), ['members b'])
  deepStrictEqual(short(older.received('b', { type: 'attach' }, 0)), ['attached b', 'up b child'])
  deepStrictEqual(short(younger.received('a', { type: 'attached' }, 0)), ['up a parent'])
  deepStrictEqual(younger.parent, age(1))
  deepStrictEqual(older.children, [age(2)])
  strictEqual(older.root, true)
})

test('a peer that has a parent hears whom an older one knows, and closes the link', () => {
  const tree = withParent(treeOf(5), 1)
  deepStrictEqual(short(tree.opened('a', hello(3), undefined, 0)), ['members a'])
  deepStrictEqual(short(tree.received('a', members(record(3), record(0)), 0)), ['goodbye a', 'close a'])
  deepStrictEqual(
    tree.members.map(member => member.age.peer),
    ['p0', 'p1', 'p3', 'p5']
  )
})

test('a link that serves nothing is closed after some seconds, by the younger first', () => {
  const closedAt = (tree: Tree, start: number) => {
    tree.opened('a', hello(start), undefined, 0)
    return ticks(tree, 0, 9_000).find(({ actions }) => short(actions).includes('close a'))?.at
  }
  strictEqual(closedAt(withParent(treeOf(5), 1), 3), 5_000)
  strictEqual(closedAt(treeOf(5), 7), 8_000)
})

test('who is asked in vain is left for another', () => {
  const tree = treeOf(5)
  tree.opened('a', hello(1), undefined, 0)
  tree.opened('b', hello(2), undefined, 0)
  const done = ticks(tree, 500, 5_000)
  ok(short(done.at(-1)?.actions ?? []).includes('close a'))
  tree.opened('c', hello(3), undefined, 5_100)
  deepStrictEqual(short(tree.received('c', { type: 'attached' }, 5_200)), ['up c parent'])
})

test('of two links to one peer the younger keeps the first, and the older goes along', () => {
  const younger = treeOf(5)
  younger.opened('a', hello(1), undefined, 0)
  deepStrictEqual(short(younger.opened('b', hello(1), undefined, 10)), ['goodbye b', 'close b'])
  deepStrictEqual(short(younger.received('a', { type: 'attached' }, 20)), ['up a parent'])

  const older = treeOf(1)
  older.opened('a', hello(5), undefined, 0)
  older.opened('b', hello(5), undefined, 0)
  deepStrictEqual(short(older.received('b', { type: 'attach' }, 10)), [
    'goodbye a',
    'close a',
    'attached b',
    'up b child'
  ])
  strictEqual(older.children.length, 1)
})

test('a link that has gone silent gives way to a new one to the same peer', () => {
  const tree = withParent(treeOf(5), 1)
  for (const at of [1_000, 2_000, 3_000]) tree.tick(at)
  deepStrictEqual(short(tree.opened('b', hello(1), undefined, 3_100)), [
    'goodbye p1',
    'close p1',
    'members b',
    'attach b'
  ])
})

test('a peer that has started again takes the place of its old link, and not the other way round', () => {
  const tree = withChildren(treeOf(1), 5)
  const again = { age: { start: 9, peer: 'p5' }, children: 0, maxChildren: 4 }
  deepStrictEqual(short(tree.opened('b', again, undefined, 0)), ['goodbye p5', 'close p5', 'members b'])
  deepStrictEqual(short(tree.opened('c', hello(5), undefined, 0)), ['goodbye c', 'close c'])
})

test('another process of this peer is not taken in', () => {
  const tree = treeOf(5)
  const actions = tree.opened(
    'a',
    { age: { start: 3, peer: 'p5' }, children: 0, maxChildren: 4 },
    undefined,
    0
  )
  deepStrictEqual(short(actions), ['goodbye a', 'close a'])
  deepStrictEqual(sent(actions, 'goodbye'), [
    { type: 'goodbye', reason: 'this is the same peer', again: false }
  ])
})

test('a full peer proposes older ones: its children first, its parent last', () => {
  const tree = withChildren(withParent(treeOf(2, 2), 1), 4, 6)
  tree.received('p1', members(record(3), record(9), record(20)), 0)
  tree.opened('a', hello(10), undefined, 0)
  const actions = tree.received('a', { type: 'attach' }, 0)
  deepStrictEqual(short(actions), ['redirect a'])
  deepStrictEqual(proposed(actions).slice(0, 2).sort(), ['p4', 'p6'])
  deepStrictEqual(proposed(actions).slice(2, 4).sort(), ['p3', 'p9'])
  deepStrictEqual(proposed(actions).slice(4), ['p1'])
})

test('a full peer makes room for one that is older than a child, and proposes it to that child', () => {
  const tree = withChildren(treeOf(1, 2), 8, 6)
  tree.opened('a', hello(4), undefined, 0)
  tree.received('a', members(record(4)), 0)
  const actions = tree.received('a', { type: 'attach' }, 0)
  deepStrictEqual(short(actions), ['redirect p8', 'close p8', 'attached a', 'up a child'])
  deepStrictEqual(proposed(actions).sort(), ['p4', 'p6'])
  deepStrictEqual(tree.children, [age(6), age(4)])
})

test('who is sent away asks those it is told of, in their order, before any other', () => {
  const tree = withParent(treeOf(9), 1)
  tree.received('p1', members(record(2), record(3), record(4)), 0)
  const actions = tree.received('p1', { type: 'redirect', members: [record(5), record(4)] }, 0)
  deepStrictEqual(short(actions).slice(0, 4), ['goodbye p1', 'close p1', 'dial p5', 'dial p4'])
  strictEqual(actions.length, 5)
  strictEqual(tree.root, true)
})

test('a root dials an older peer as soon as it hears of it, and attaches', () => {
  const tree = withChildren(treeOf(5), 7)
  deepStrictEqual(short(tree.received('p7', members(record(6), record(3)), 100)), ['dial p3'])
  deepStrictEqual(short(tree.opened('a', hello(3), 1, 150)), ['members a', 'attach a'])
})

test('a peer that has a parent passes on what it hears', () => {
  const tree = withChildren(withParent(treeOf(5), 3), 7)
  tree.received('p7', members(record(1)), 100)
  const told = tree
    .tick(600)
    .flatMap(action => (action.type === 'send' && action.link === 'p3' ? [action.message] : []))
  ok(told.some(message => message.type === 'members' && message.members.some(one => one.age.peer === 'p1')))
})

test('who has lost its parent dials older living peers at once, the nearest first, three at most', () => {
  const tree = treeOf(9)
  tree.discovered({ peer: 'p4', addresses: ['/at/p4'] }, 0)
  tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)
  tree.opened('near', hello(3), 2, 200)
  tree.received('near', members(record(3), record(1), record(2), record(12)), 200)
  deepStrictEqual(short(tree.received('near', { type: 'attached' }, 250)), ['up near parent'])
  tree.opened('far', hello(4), 1, 300)
  deepStrictEqual(short(tree.received('far', members(record(4)), 300)), ['goodbye far', 'close far'])
  const actions = short(tree.closed('near', 2_100))
  deepStrictEqual(actions.slice(0, 2), ['dial p3', 'dial p4'])
  strictEqual(actions.length, 3)
  ok(!actions.includes('dial p12'), 'a younger one can be no parent')
})

test('a dial that fails is tried again after 1 s, 2 s, 4 s … 30 s, give or take a quarter', () => {
  const tree = treeOf(5)
  let dial: TreeAction | undefined = tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)[0]
  let now = 0
  for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    ok(dial?.type === 'dial')
    deepStrictEqual(short(tree.dialFailed(dial.dial, now)), [])
    const failed = now
    for (dial = undefined; dial === undefined; now += 100) dial = tree.tick(now + 100)[0]
    ok(now - failed >= 0.75 * wait && now - failed <= 1.25 * wait + 200, `${now - failed} of ${wait}`)
  }
})

test('where dialling again is of no use, it is not done for minutes', () => {
  const tree = treeOf(5)
  const [dial] = tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)
  ok(dial?.type === 'dial')
  tree.dialFailed(dial.dial, 0, false)
  const next = ticks(tree, 0, 400_000).find(({ actions }) => actions.length > 0)
  ok(next !== undefined && next.at >= 225_000 && next.at <= 376_000, `${next?.at}`)
})

test('addresses where nobody is known to live take two of the three dials at most', () => {
  const tree = withChildren(treeOf(5), 7)
  for (let i = 0; i < 9; i++) tree.discovered({ addresses: [`/at/nowhere/${i}`] }, 0)
  const actions = tree.received('p7', members(record(1), record(2)), 0)
  strictEqual(actions.length, 1)
  ok(['dial p1', 'dial p2'].includes(short(actions)[0] ?? ''))
})

test('a dial that nobody answers is given up', () => {
  const tree = treeOf(5)
  tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)
  const again = ticks(tree, 500, 25_000).filter(({ actions }) => short(actions).includes('dial p3'))
  deepStrictEqual(
    again.map(({ at }) => at >= 20_000 && at <= 22_000),
    [true]
  )
})

test('a peer that has a parent dials what discovery told only if it stays unknown, and spread in time', () => {
  const tree = withParent(treeOf(5), 1)
  deepStrictEqual(short(tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)), [])
  tree.discovered({ peer: 'p4', addresses: ['/at/p4'] }, 0)
  const dials: string[] = []
  for (let at = 0; at <= 12_000; at += 500) {
    tree.received('p1', members(record(4, at)), at)
    for (const action of short(tree.tick(at)))
      if (action.startsWith('dial')) dials.push(`${action} ${at >= 5_000}`)
  }
  deepStrictEqual(dials, ['dial p3 true'])
})

test('every second something is sent on a link, and what has been silent for 8 s is closed', () => {
  const tree = withChildren(withParent(treeOf(5), 1), 7)
  const done = ticks(tree, 500, 8_000)
  for (const { at, actions } of done) {
    if (at % 1_000 === 0) strictEqual(sent(actions, 'members').length, at < 8_000 ? 2 : 0, `${at}`)
    strictEqual(short(actions).includes('close p7'), at === 8_000)
  }
  strictEqual(tree.children.length, 0)
  strictEqual(tree.root, true)
})

test('what is not for the tree is a sign of life too', () => {
  const tree = withParent(treeOf(5), 1)
  for (let at = 500; at <= 20_000; at += 500) {
    tree.heard('p1', at)
    tree.tick(at)
  }
  strictEqual(tree.root, false)
})

test('a process that was frozen does not take its neighbours for dead', () => {
  const tree = withChildren(withParent(treeOf(5), 1), 7)
  tree.tick(500)
  tree.tick(3_600_000)
  strictEqual(tree.root, false)
  strictEqual(tree.children.length, 1)
  strictEqual(tree.members.length, 3)
})

test('who leaves says so: its neighbours know at once that it is gone, and do not dial it', () => {
  const tree = withChildren(withParent(treeOf(5), 1), 7)
  const actions = tree.leave(100)
  deepStrictEqual(short(actions), [
    'members p1',
    'goodbye p1',
    'close p1',
    'members p7',
    'goodbye p7',
    'close p7'
  ])
  deepStrictEqual(tree.tick(1_000), [])
  deepStrictEqual(short(tree.opened('a', hello(1), undefined, 1_000)), ['goodbye a', 'close a'])

  const child = withParent(treeOf(7), 5)
  child.received('p5', members(record(1)), 0)
  for (const message of sent(actions, 'members')) child.received('p5', message, 100)
  deepStrictEqual(short(child.received('p5', { type: 'goodbye', reason: 'leaving', again: false }, 100)), [
    'close p5',
    'dial p1'
  ])
  deepStrictEqual(
    child.members.map(member => member.age.peer),
    ['p1', 'p7']
  )
})

test('a flood of links that serve nothing is cut off at 32', () => {
  const tree = treeOf(1)
  for (let i = 0; i < 32; i++)
    deepStrictEqual(short(tree.opened(`l${i}`, hello(10 + i), undefined, 0)), [`members l${i}`])
  deepStrictEqual(short(tree.opened('more', hello(99), undefined, 0)), ['goodbye more', 'close more'])
  deepStrictEqual(short(tree.received('l3', { type: 'attach' }, 0)), ['attached l3', 'up l3 child'])
})

test('what may not be said is refused, and nothing has changed', () => {
  const tree = withChildren(withParent(treeOf(5), 1), 7)
  tree.opened('a', hello(3), undefined, 0)
  const refused: [string, TreeMessage, RegExp][] = [
    ['p1', { type: 'attach' }, /only a younger peer may ask for a parent; got attach from p1 \(parent\)/],
    ['p7', { type: 'attach' }, /a peer asks once; got attach from p7 \(child\)/],
    ['p7', { type: 'attached' }, /only who was asked may become parent; got attached from p7 \(child\)/],
    ['a', { type: 'attached' }, /only who was asked/],
    ['p7', { type: 'redirect', members: [] }, /only a parent, or who was asked, may send away/],
    ['p1', members(record(2), record(3, -1)), /member p3: version/],
    ['p1', { type: 'redirect', members: [record(2, 1, { words: Number.NaN })] }, /member p2: words/],
    ['p1', members(...Array.from({ length: 1025 }, (_, i) => record(i))), /at most 1024 records/]
  ]
  for (const [link, message, reason] of refused) {
    throws(() => tree.received(link, message, 0), { name: 'ProtocolError', message: reason })
  }
  strictEqual(tree.members.length, 3)
  deepStrictEqual(tree.parent, age(1))
  throws(
    () => tree.opened('b', { age: { start: -1, peer: 'x' }, children: 0, maxChildren: 4 }, undefined, 0),
    ProtocolError
  )
})

test('whatever neighbours say, the parent is older, the children are younger and few, and nothing else is thrown', () => {
  const start = fc.nat({ max: 12 })
  const someMembers = fc.array(
    fc
      .tuple(start, fc.integer({ min: -1, max: 9 }), fc.boolean())
      .map(([start, version, left]) => record(start, version, { left })),
    { maxLength: 4 }
  )
  const message: fc.Arbitrary<TreeMessage> = fc.oneof(
    fc.constant<TreeMessage>({ type: 'attach' }),
    fc.constant<TreeMessage>({ type: 'attached' }),
    someMembers.map((all): TreeMessage => ({ type: 'redirect', members: all })),
    someMembers.map(all => members(...all)),
    fc.boolean().map((again): TreeMessage => ({ type: 'goodbye', reason: '', again }))
  )
  const event = fc.oneof(
    fc.record({ open: start, dial: fc.option(fc.nat({ max: 9 })) }),
    fc.record({ link: start, message }),
    fc.record({ wait: fc.nat({ max: 3000 }) })
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60, size: 'max' }), events => {
      const tree = treeOf(6, 2)
      let now = 0
      for (const event of events) {
        try {
          // The link is named as the peer that opened it: one name may come twice, as with a broken driver.
          if ('open' in event) tree.opened(`l${event.open}`, hello(event.open), event.dial ?? undefined, now)
          else if ('link' in event) tree.received(`l${event.link}`, event.message, now)
          else {
            now += event.wait
            tree.tick(now)
          }
        } catch (error) {
          ok(error instanceof ProtocolError, String(error))
          if ('link' in event) tree.closed(`l${event.link}`, now, false)
        }
        ok(tree.parent === undefined || isOlder(tree.parent, tree.self))
        ok(tree.children.every(child => isOlder(tree.self, child)))
        ok(tree.children.length <= 2)
      }
    }),
    { numRuns: 500 }
  )
})

test('maxChildren must be 1 or more', () => {
  throws(() => treeOf(1, 0), /tree: maxChildren must be a whole number, 1 or more; got 0/)
})

test('a full peer is not asked again at once, and one that had room is asked before one that had not', () => {
  const tree = treeOf(9)
  tree.opened('a', hello(1), undefined, 0)
  tree.received('a', members(record(1)), 0)
  tree.opened('b', hello(2, 4), undefined, 0)
  tree.opened('c', hello(3, 3), undefined, 0)
  const redirected = tree.received('a', { type: 'redirect', members: [record(1)] }, 10)
  deepStrictEqual(short(redirected), ['goodbye a', 'close a', 'attach c'])
  tree.received('c', { type: 'redirect', members: [] }, 20)
  deepStrictEqual(short(tree.received('b', { type: 'redirect', members: [] }, 30)), ['goodbye b', 'close b'])
  const again = ticks(tree, 500, 2_000).filter(({ actions }) => short(actions).includes('dial p1'))
  deepStrictEqual(
    again.map(({ at }) => at >= 760 && at <= 1_500),
    [true]
  )
})

test('a peer whose links come to nothing is dialled less and less often', () => {
  const tree = treeOf(9)
  tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)
  let dials = 1
  for (let at = 0; at < 60_000; at += 500) {
    const dialled = short(tree.tick(at)).includes('dial p3')
    if (!dialled && at > 0) continue
    if (dialled) dials++
    tree.opened(`l${at}`, hello(3), dials, at)
    deepStrictEqual(tree.closed(`l${at}`, at), [])
  }
  ok(dials > 4 && dials < 10, `${dials}`)
})

test('a peer that does not say that it lives is not dialled again and again', () => {
  const tree = treeOf(5)
  tree.discovered({ peer: 'p7', addresses: ['/at/p7'] }, 0)
  tree.tick(2_000)
  tree.opened('a', hello(7), 1, 2_000)
  tree.received('a', members(), 2_000)
  deepStrictEqual(short(tree.received('a', { type: 'goodbye', reason: '', again: true }, 2_000)), ['close a'])
  deepStrictEqual(short(tree.tick(2_500)), [])
})

test('who is known to have left is not dialled while that is remembered', () => {
  const tree = withChildren(treeOf(5), 7)
  tree.received('p7', members(record(3, 1, { left: true })), 0)
  deepStrictEqual(short(tree.discovered({ peer: 'p3', addresses: ['/at/p3'] }, 0)), [])
})

test('of those who may be anywhere, who announces itself is dialled first', () => {
  const tree = treeOf(5)
  const addresses = ['/at/a', '/at/b', '/at/c', '/at/d']
  const dials = addresses.flatMap(address => tree.discovered({ addresses: [address] }, 0))
  for (let i = 0; i < dials.length; i++) {
    const action = dials[i]
    if (action?.type === 'dial') dials.push(...tree.dialFailed(action.dial, 0))
  }
  strictEqual(dials.length, 4)
  tree.tick(500)
  for (const address of ['/at/c', '/at/d'])
    deepStrictEqual(tree.discovered({ addresses: [address] }, 600), [])
  deepStrictEqual(short(tree.tick(2_000)).sort(), ['dial /at/c', 'dial /at/d'])
})

test('what was told of a peer long forgotten is told again', () => {
  const tree = withChildren(treeOf(1), 7, 8)
  const told = (at: number) =>
    tree.tick(at).some(action => {
      if (action.type !== 'send' || action.link !== 'p8' || action.message.type !== 'members') return false
      return action.message.members.some(member => member.age.peer === 'p9')
    })
  tree.received('p7', members(record(9, 50)), 100)
  strictEqual(told(500), true)
  for (let at = 1_000; at < 62_000; at += 1_000) {
    for (const link of ['p7', 'p8']) tree.heard(link, at)
    strictEqual(told(at), false)
  }
  tree.received('p7', members(record(9, 3)), 62_000)
  strictEqual(told(62_000), true)
})
