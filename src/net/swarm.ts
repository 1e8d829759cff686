import type { Channel, ChannelHandler, Held, LinkStatus, MemberStatus, Swarm, SwarmStatus } from '../types.ts'
import { clock, Peer, type PeerOptions } from './peer.ts'

export type { PeerOptions as SwarmOptions } from './peer.ts'

const DRAIN_MS = 5_000
const LOOK_MS = 50

/**
 * Joins a swarm on a node: from here on the peer finds its place in the tree by itself, and what others train arrives in
 * the replica.
 */
export async function joinSwarm(options: PeerOptions): Promise<Swarm> {
  const jobText = JSON.stringify(options.job)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(jobText))
  const job = Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
  return new PeerSwarm(new Peer(options, { job, jobText }), options.swarm)
}

class PeerSwarm implements Swarm {
  readonly peer: string
  readonly lost: Promise<Error>
  readonly #peer: Peer
  readonly #name: string

  constructor(peer: Peer, name: string) {
    this.#peer = peer
    this.#name = name
    this.peer = peer.node.peer
    this.lost = peer.lost
  }

  report({
    words,
    position,
    finished = false
  }: {
    words: number
    position: number
    finished?: boolean
  }): void {
    this.#peer.words = words
    this.#peer.training = !finished
    this.#peer.tree.report({ words, position, finished, packs: this.#peer.held })
  }

  channel(name: string, hear: ChannelHandler): Channel {
    return this.#peer.channels.channel(name, hear)
  }

  get held(): Held {
    const { tree, ledger } = this.#peer
    return { start: tree.self.start, vector: Object.fromEntries(ledger.vector) }
  }

  exchange(urgent?: boolean): Promise<boolean> {
    return this.#peer.exchange(urgent)
  }

  alone<Result>(act: () => Promise<Result>): Promise<Result> {
    return this.#peer.alone(act)
  }

  status(): SwarmStatus {
    const { tree, ledger, neighbours, past, staleness, applying, strikes, packs, framesApplied } = this.#peer
    const now = clock()
    const links: LinkStatus[] = []
    let { bytesIn, bytesOut } = past
    for (const { id, peer, role, closed, link, in: incoming, out } of neighbours.values()) {
      bytesIn += link.bytesIn
      bytesOut += link.bytesOut
      if (role === undefined || closed) continue
      links.push({
        peer,
        role,
        bytesIn: link.bytesIn,
        bytesOut: link.bytesOut,
        bytesInPerSecond: incoming.perSecond,
        bytesOutPerSecond: out.perSecond,
        unacknowledged: ledger.unacknowledged(id),
        waiting: ledger.waiting(id)
      })
    }
    const { mean, most } = staleness.read(now)
    return {
      swarm: this.#name,
      peer: this.peer,
      root: tree.root,
      links,
      members: tree.members.map(memberStatus),
      bytesIn,
      bytesOut,
      ...this.#peer.channels.status,
      packs,
      framesApplied,
      stalenessMean: mean,
      stalenessMax: most,
      applyShare: applying.read(now),
      rejected: { ...strikes.counts }
    }
  }

  async settled(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#isSettled(), signal)
  }

  async leave(): Promise<void> {
    await this.#until(() => this.#peer.ledger.idle, AbortSignal.timeout(DRAIN_MS))
    await this.#peer.leave()
  }

  /** Everybody has finished, so there will be no more packs, and holds the same as this peer: nothing is on its way. */
  #isSettled(): boolean {
    const { tree, ledger, held } = this.#peer
    return ledger.idle && tree.members.every(member => member.finished && member.packs === held)
  }

  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#peer.alone(async () => holds()))) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS))
    }
  }
}

function memberStatus({
  age,
  addresses,
  words,
  source,
  position,
  finished
}: Peer['tree']['members'][number]): MemberStatus {
  return { peer: age.peer, addresses, start: age.start, words, source, position, finished }
}
