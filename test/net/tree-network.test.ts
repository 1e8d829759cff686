import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { history, play, randomFrom } from './histories.ts'
import { SimulatedNetwork } from './simulated-network.ts'

// Trees of whole networks; one tree alone is in tree.test.ts.

test('two that dial each other at the same moment end with one link', () => {
  for (let seed = 0; seed < 200; seed++) {
    const network = new SimulatedNetwork({ random: randomFrom(seed), discovery: false, delay: 100 })
    const one = network.start('a', { start: seed % 3 })
    const two = network.start('b', { start: 1, bootstrap: [one] })
    network.discover(one, two, 'by address')
    network.runUntil('one link', () => network.flaw() === undefined, 10_000)
    network.run(30_000)
    strictEqual(network.flaw(), undefined)
    strictEqual(one.dials + two.dials, 2)
  }
})

test('whatever the order in which peers come, they change places a few times at most', () => {
  for (let seed = 0; seed < 20; seed++) {
    const network = new SimulatedNetwork({ random: randomFrom(seed), maxChildren: 1 + (seed % 2) })
    // Each is older than all that are there.
    for (let i = 0; i < 12; i++) {
      network.start(`p${i}`, { start: 100 - i })
      network.run(300)
    }
    network.runUntil('one tree', () => network.flaw() === undefined)
    const before = network.alive.map(process => process.attachments)
    network.run(60_000)
    deepStrictEqual(
      network.alive.map(process => process.attachments),
      before,
      'no swapping without end'
    )
  }
})

test('twelve peers that start together have one tree after a few round trips', () => {
  const network = new SimulatedNetwork({ random: randomFrom(1), delay: 20 })
  for (let i = 0; i < 12; i++) network.start(`p${i}`)
  network.runUntil('one tree', () => network.flaw() === undefined, 5_000)
  for (const { tree, attachedAfter } of network.alive)
    ok(tree.root || (attachedAfter ?? 1e9) < 300, `${attachedAfter}`)
})

test('two peers are linked within a second and a half, whichever is older', () => {
  for (const [one, two] of [
    [0, 1],
    [1, 0]
  ]) {
    const network = new SimulatedNetwork({ random: randomFrom(2), delay: 20 })
    network.start('a', { start: one })
    network.start('b', { start: two })
    ok(network.runUntil('linked', () => network.flaw() === undefined, 2_000) <= 1_500)
  }
})

test('when the root dies the next oldest takes its place, and its children find a parent at once', () => {
  for (const silent of [false, true]) {
    const network = new SimulatedNetwork({ random: randomFrom(3), maxChildren: 2 })
    for (let i = 0; i < 10; i++) network.start(`p${i}`, { start: i })
    network.runUntil('one tree', () => network.flaw() === undefined)
    const [root, next] = network.alive
    network.kill(root ?? fail(), silent)
    const linked = () => network.alive.every(({ tree }) => tree.root === (tree === next?.tree))
    const took = network.runUntil('healed', linked, 20_000)
    ok(took <= (silent ? 12_000 : 2_000), `${took}`)
    network.runUntil('forgotten', () => network.flaw() === undefined)
  }
})

test('a partition makes two trees, each with its oldest as root, and a merge makes them one', () => {
  for (const discovery of [false, true]) {
    const network = new SimulatedNetwork({ random: randomFrom(4), maxChildren: 2, discovery })
    const first = network.start('p0', { start: 0 })
    for (let i = 1; i < 10; i++) network.start(`p${i}`, { start: i, bootstrap: [first] })
    network.runUntil('one tree', () => network.flaw() === undefined)
    for (const [i, process] of network.alive.entries()) network.move(process, i % 2)
    network.runUntil('two trees', () => network.flaw() === undefined)
    network.run(200_000)
    strictEqual(network.flaw(), undefined)
    for (const process of network.alive) network.move(process, 0)
    network.runUntil('one tree again', () => network.flaw() === undefined)
  }
})

test('two trees of which only two leaves meet become one', () => {
  const network = new SimulatedNetwork({ random: randomFrom(5), maxChildren: 1, discovery: false })
  const one = network.start('p0', { start: 0 })
  const two = network.start('p1', { start: 1 })
  for (let i = 2; i < 8; i++) network.start(`p${i}`, { start: i, bootstrap: [i % 2 ? two : one] })
  network.run(20_000)
  strictEqual(network.alive.filter(({ tree }) => tree.root).length, 2)
  const [leaf, other] = network.alive.slice(-2)
  network.discover(leaf ?? fail(), other ?? fail())
  network.runUntil('one tree', () => network.flaw() === undefined)
})

test('a root that was stopped for a while comes back as root', () => {
  const network = new SimulatedNetwork({ random: randomFrom(6) })
  for (let i = 0; i < 5; i++) network.start(`p${i}`, { start: i })
  network.runUntil('one tree', () => network.flaw() === undefined)
  const [root] = network.alive
  network.freeze(root ?? fail())
  network.runUntil('another root', () => network.alive[1]?.tree.root === true)
  network.run(20_000)
  network.thaw(root ?? fail())
  network.runUntil('one tree', () => network.flaw() === undefined)
})

test('whatever happens to a swarm that knows one address, in the end it is one tree', () => {
  const property = fc.property(history, history => {
    const { seed, delay, maxChildren } = history
    const network = new SimulatedNetwork({ random: randomFrom(seed), delay, maxChildren, discovery: false })
    play(network, history, { known: true })
    network.runUntil('one tree', () => network.flaw() === undefined, 400_000)
    network.run(30_000)
    strictEqual(network.flaw(), undefined)
  })
  fc.assert(property, { numRuns: 300 })
})

function fail(): never {
  throw new Error('the network has no such peer')
}
