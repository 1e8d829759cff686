import type { LinkStatus, Swarm } from '../types.ts'
import type { PeerEvent, SwarmProgress } from './events.ts'

/** Turns what a swarm has come to into events: who came and went, how the exchange goes. */
export class SwarmLog {
  readonly #swarm: Pick<Swarm, 'peer' | 'status'>
  readonly #tell: (event: PeerEvent) => void
  #members: ReadonlySet<string>

  constructor(swarm: Pick<Swarm, 'peer' | 'status'>, tell: (event: PeerEvent) => void) {
    this.#swarm = swarm
    this.#tell = tell
    this.#members = new Set([swarm.peer])
  }

  /** Bytes over all links since the start. */
  get totals(): { readonly bytesIn: number; readonly bytesOut: number } {
    const { bytesIn, bytesOut } = this.#swarm.status()
    return { bytesIn, bytesOut }
  }

  /** The part of a progress event; tells of peers that came or went since the last time. */
  progress(): SwarmProgress {
    const { members, links, bytesIn, bytesOut, stalenessMean, stalenessMax, applyShare } =
      this.#swarm.status()
    const now = new Set(members.map(member => member.peer))
    now.add(this.#swarm.peer)
    for (const peer of now) if (!this.#members.has(peer)) this.#tell({ event: 'peer-joined', peer })
    for (const peer of this.#members) if (!now.has(peer)) this.#tell({ event: 'peer-left', peer })
    this.#members = now
    return {
      peers: now.size,
      bytesInPerSecond: sum(links, link => link.bytesInPerSecond),
      bytesOutPerSecond: sum(links, link => link.bytesOutPerSecond),
      bytesIn,
      bytesOut,
      stalenessMean,
      stalenessMax,
      applyShare
    }
  }
}

function sum(links: readonly LinkStatus[], rate: (link: LinkStatus) => number): number {
  return links.reduce((total, link) => total + rate(link), 0)
}
