import type { Content } from '../src/net/content.ts'
import { mean } from './measure.ts'
import { fingerprintOf, sizesOf } from './scaleout-contents.ts'
import { Clock, Wire } from './scaleout-network.ts'
import { type Handout, type Recording, rowsOf } from './scaleout-packs.ts'
import { SimulatedPeer, type World } from './scaleout-peer.ts'

export interface SwarmOptions {
  readonly peers: number
  /** Milliseconds from a byte's sending to its arrival. */
  readonly latency: number
  /** Words a peer trains in a second while it does nothing else. */
  readonly speed: number
  /** Seconds of training before anything is counted, and those that are. */
  readonly warmup: number
  readonly seconds: number
}

/** What peers came to, a second where it is bytes, frames or times. */
export interface SwarmOutcome {
  readonly out: Spread
  readonly in: Spread
  readonly frames: Spread
  /** Bytes of a copy of the packs that a peer makes. */
  readonly own: number
  /** Times that a peer packs: the mean, and the one that does least often. */
  readonly exchanges: { readonly mean: number; readonly least: number }
  /** Milliseconds from a pack's making to its application at each other peer, transit included. */
  readonly staleness: number
  readonly stalenessMost: number
  readonly applyShare: Spread
  /** Share of a core of this machine that summing takes a peer. */
  readonly sumShare: Spread
  /** Links from the root to the farthest peer. */
  readonly depth: number
  /** Peers that have children. */
  readonly inner: number
}

export interface Spread {
  readonly mean: number
  readonly most: number
}

const LINK_BYTES_PER_SECOND = 125e6
// What a log keeps is asked for only where links are lost.
const LOG_BYTES = 2 ** 20
const SEED = 1

/**
 * Runs a swarm in which every peer plays back a recording from another place on, in simulated time.
 * @throws Error unless all peers come to the same state in the end.
 */
export function runSwarm(recording: Recording, options: SwarmOptions): SwarmOutcome {
  const { peers: count, latency, speed, warmup, seconds } = options
  const clock = new Clock()
  const peers = new Map<string, SimulatedPeer>()
  const world = openWorld(clock, recording, peers, latency)
  const list: SimulatedPeer[] = []
  for (let i = 0; i < count; i++) {
    clock.run(clock.now + 100)
    const peer = new SimulatedPeer(world, { start: 1 + i, peer: peerId(i) }, peers, {
      logBytes: LOG_BYTES
    })
    peers.set(peer.age.peer, peer)
    for (const other of list) {
      other.discovered(peer.age)
      peer.discovered(other.age)
    }
    list.push(peer)
  }
  clock.run(clock.now + 20_000)
  const strays = list.filter(({ tree }, i) => (i === 0) !== tree.root)
  if (strays.length > 0) throw new Error(`scaleout: ${strays.length} peers found no place in the tree`)

  for (const [i, peer] of list.entries()) {
    const packs = (n: number, words: number) => handoutAfter(recording, words, i / count, n)
    // By the golden ratio: spread evenly, and neighbours in the list far apart.
    peer.train({ speed, packs }, (i * 0.618) % 1)
  }
  clock.run(clock.now + warmup * 1000)
  const before = list.map(totals)
  clock.run(clock.now + seconds * 1000)
  const counted = list.map((peer, i) => subtract(totals(peer), before[i]))

  for (const peer of list) peer.finish()
  for (let left = 600; left > 0 && !list.every(({ ledger }) => ledger.idle); left--)
    clock.run(clock.now + 1000)
  const states = new Set(
    list.map(({ fingerprint, ledger }) => `${fingerprint} ${JSON.stringify([...ledger.vector].sort())}`)
  )
  if (states.size !== 1) throw new Error(`scaleout: the peers came to ${states.size} different states`)

  const spread = (figure: (total: Totals) => number): Spread => {
    const figures = counted.map(total => figure(total) / seconds)
    return { mean: mean(figures), most: Math.max(...figures) }
  }
  const applications = counted.reduce((sum, total) => sum + total.applications, 0)
  return {
    out: spread(total => total.bytesOut),
    in: spread(total => total.bytesIn),
    frames: spread(total => total.framesIn),
    own: spread(total => total.ownBytes).mean,
    exchanges: {
      mean: spread(total => total.handouts).mean,
      least: Math.min(...counted.map(total => total.handouts)) / seconds
    },
    staleness: counted.reduce((sum, total) => sum + total.staleness, 0) / applications,
    stalenessMost: Math.max(...list.map(peer => peer.staleness.most)),
    applyShare: spread(total => total.applied / 1000),
    sumShare: spread(total => total.summed / 1000),
    depth: Math.max(...list.map(peer => depthOf(peer, peers))),
    inner: list.filter(({ tree }) => tree.children.length > 0).length
  }
}

interface Totals {
  readonly bytesOut: number
  readonly bytesIn: number
  readonly framesIn: number
  readonly ownBytes: number
  readonly handouts: number
  readonly applied: number
  readonly summed: number
  readonly staleness: number
  readonly applications: number
}

function totals(peer: SimulatedPeer): Totals {
  const { bytesOut, bytesIn, framesIn, ownBytes, handouts, applied, summed, staleness } = peer
  const { sum, count } = staleness
  return {
    bytesOut,
    bytesIn,
    framesIn,
    ownBytes,
    handouts,
    applied,
    summed,
    staleness: sum,
    applications: count
  }
}

function subtract(totals: Totals, before: Totals): Totals {
  const names = Object.keys(totals) as (keyof Totals)[]
  return Object.fromEntries(names.map(name => [name, totals[name] - before[name]])) as unknown as Totals
}

/** What was handed out after about so many words, for the n-th time from a place (0 to 1) in the recording on. */
function handoutAfter({ lengths }: Recording, words: number, place: number, n: number): Handout {
  const distance = (length: number) => Math.abs(Math.log(length / words))
  const { handouts } = lengths.reduce((a, b) => (distance(b.words) < distance(a.words) ? b : a))
  return handouts[(Math.floor(place * handouts.length) + n) % handouts.length]
}

function depthOf(peer: SimulatedPeer, peers: ReadonlyMap<string, SimulatedPeer>): number {
  const parent = peers.get(peer.tree.parent?.peer ?? '')
  return parent === undefined ? 0 : 1 + depthOf(parent, peers)
}

function openWorld(
  clock: Clock,
  recording: Recording,
  peers: ReadonlyMap<string, SimulatedPeer>,
  latency: number
): World {
  const random = randomNumbers(SEED)
  const fingerprints = new WeakMap<Content, number>()
  let links = 0
  return {
    clock,
    random,
    size: sizesOf(recording),
    packMs: ({ delta }) => rowsOf(delta) * recording.packMs,
    applyMs: ({ delta }) => rowsOf(delta) * recording.applyMs,
    fingerprint(content) {
      const known = fingerprints.get(content)
      if (known !== undefined) return known
      const number = fingerprintOf(content)
      fingerprints.set(content, number)
      return number
    },
    dial(from, dial, name) {
      const to = peers.get(name)
      if (to === undefined) throw new Error(`scaleout: there is no peer ${name}`)
      // Two round trips: a connection, and what each says first.
      clock.at(clock.now + 4 * latency, () => {
        const link = `${++links}`
        const there = {
          link,
          wire: new Wire(clock, LINK_BYTES_PER_SECOND, latency),
          far: to,
          role: undefined
        }
        const back = {
          link,
          wire: new Wire(clock, LINK_BYTES_PER_SECOND, latency),
          far: from,
          role: undefined
        }
        const { hello } = from
        from.connected(there, to.hello, dial)
        to.connected(back, hello, undefined)
      })
    }
  }
}

/** As long as those of libp2p. */
function peerId(number: number): string {
  return `12D3KooW${`${number}`.padStart(44, 'x')}`
}

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
