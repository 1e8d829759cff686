import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Origin } from '../../src/net/messages.ts'
import { Network, type Peer, plain } from './ledger-network.ts'

interface History {
  readonly seed: number
  readonly peers: number
  readonly steps: number
  /** Bytes; undefined: the logs never trim. */
  readonly logBytes: number | undefined
  readonly frames: number
  /** Deliveries for each other thing that happens. */
  readonly calm: number
  /** Packs among them, 0 to 1. */
  readonly busy: number
  /** Of so many packs the steps are too long, so that strict neighbours refuse them; 0 to 1. */
  readonly long: number
}

const MOST_PEERS = 12

/** Lets things happen to a network at random: packs, deliveries, links, deaths, partitions. */
function live(history: History): Network {
  const random = randomNumbers(history.seed)
  const { logBytes = 2 ** 40, frames } = history
  const network = new Network(
    {
      logBytes,
      unacknowledgedFrames: frames,
      unacknowledgedBytes: random() < 0.5 ? 40 : 2 ** 40
    },
    random,
    history.long
  )
  for (let i = 0; i < history.peers; i++) network.join()
  let sides = 1
  const side = (peer: Peer) => peer.id % sides
  const grow = (peer: Peer) => {
    const older = network.peers.filter(other => other.id < peer.id && side(other) === side(peer))
    const parent = network.any(older)
    if (peer.parent === undefined && parent !== undefined) network.attach(peer, parent)
  }
  for (const peer of network.peers) grow(peer)
  for (let step = 0; step < history.steps; step++) {
    const peer = network.peers[network.below(network.peers.length)]
    const event = random() * (1 + history.calm)
    if (event > 1) {
      if (random() < history.busy) network.pack(peer)
      else network.deliver()
    } else if (event < 0.2) {
      network.pack(peer)
    } else if (event < 0.75) {
      grow(peer)
    } else if (event < 0.85) {
      const down = network.wires.filter(wire => !wire.up)
      const wire = network.any(down)
      if (wire !== undefined) network.notice(wire.ends[network.below(2)], wire)
    } else if (event < 0.93) {
      const wire = network.any(network.wires)
      if (wire === undefined) continue
      network.cut(wire)
      const noticing = network.below(4)
      if (noticing < 2) network.notice(wire.ends[noticing], wire)
      else if (noticing === 2) for (const end of wire.ends) network.notice(end, wire)
    } else if (event < 0.95) {
      if (network.peers.length > 1) network.die(peer)
    } else if (event < 0.98) {
      if (network.peers.length + network.dead.length >= MOST_PEERS) continue
      const saved = random() < 0.3 ? network.any(network.dead) : undefined
      grow(network.join(saved))
    } else {
      sides = sides === 1 ? 2 + network.below(2) : 1
      for (const wire of network.wires) if (side(wire.ends[0]) !== side(wire.ends[1])) network.cut(wire)
    }
  }
  return network
}

/** Joins all peers to one tree and delivers until nothing is on its way. */
function settle(network: Network): void {
  for (const wire of network.wires) {
    if (!wire.up) for (const end of wire.ends) network.notice(end, wire)
  }
  const rest = () => network.peers.every(({ ledger }) => ledger.idle)
  const oldest = Math.min(...network.peers.map(({ id }) => id))
  const roots = () => network.peers.filter(({ id, parent }) => parent === undefined && id > oldest)
  let left = 20_000
  // Whoever refuses a pack closes the link.
  do {
    for (const peer of roots()) {
      const older = network.any(network.peers.filter(other => other.id < peer.id))
      if (older !== undefined) network.attach(peer, older)
    }
    for (; network.deliver() || !rest(); left--) ok(left > 0, 'the peers do not come to rest')
  } while (roots().length > 0)
}

/** How many packs of an origin, from its first on, are each held singly by some living peer. */
function keptSingly(network: Network, origin: Origin): number {
  let last = 0
  while (network.peers.some(({ single }) => single.get(origin)?.has(last + 1))) last++
  return last
}

const totals = {
  histories: 0,
  packs: 0,
  applied: 0,
  lost: 0,
  adoptions: 0,
  forgotten: 0,
  replayed: 0,
  subtracted: 0,
  merged: 0,
  refused: 0,
  recalled: 0,
  recalls: 0,
  recallsLetIn: 0,
  shutOut: 0
}

function check(history: History): void {
  const network = live(history)
  for (const peer of [...network.peers, ...network.dead]) network.checkSum(peer)
  const kept = network.origins.map(origin => [origin, keptSingly(network, origin)] as const)
  settle(network)
  const [oldest, ...others] = network.peers
  for (const peer of network.peers) network.checkSum(peer)
  for (const { ledger } of others) deepStrictEqual(plain(ledger.vector), plain(oldest.ledger.vector))
  for (const peer of network.peers) network.checkRecalls(peer)
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) {
    totals[key] += key === 'histories' ? 1 : network.counts[key]
  }
  for (const { ledger, names, forgotten } of network.peers) {
    for (const origin of names) {
      for (let pack = (ledger.vector.get(origin) ?? 0) + 1; pack <= network.madeBy(origin); pack++) {
        ok(forgotten.has(`${origin}#${pack}`), `pack ${pack} of ${origin}, which lives, is missing`)
      }
    }
  }
  if (history.logBytes !== undefined) return
  strictEqual(network.counts.forgotten, 0)
  for (const [origin, last] of kept) {
    ok(
      oldest.ledger.holds(origin, last),
      `pack ${last} of ${origin} was in a living peer's log, and is not in`
    )
  }
}

test('whatever happens to links and peers, those that live come to the same state, with every pack in it once', () => {
  const history = fc.record({
    seed: fc.nat(),
    peers: fc.integer({ min: 2, max: 8 }),
    steps: fc.integer({ min: 20, max: 1000 }),
    logBytes: fc.oneof(fc.constant(undefined), fc.constantFrom(0, 400, 1000, 3000, 10_000)),
    frames: fc.integer({ min: 1, max: 4 }),
    calm: fc.constantFrom(1, 3, 10, 30),
    busy: fc.constantFrom(0.05, 0.1, 0.3),
    long: fc.constantFrom(0, 0, 0.03, 0.2)
  })
  fc.assert(fc.property(history, check), { numRuns: 2000 })
  // All of this happened, or the histories would show little.
  for (const [what, times] of Object.entries(totals)) ok(times > 0, `${what}: ${times} times`)
})

/** Numbers in [0, 1) from a seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
