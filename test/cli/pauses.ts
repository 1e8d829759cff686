import type { PeerProcess } from './swarm-processes.ts'

const EVERY_MS = 100

/** How far a peer has come, as was last heard. */
interface Watch {
  words: number
  since: number
  longest: number
}

/**
 * Measures for how long peers do not train though they have been given words, by asking for their status again and again:
 * from when their words last grew, or the next ones were written, until they are heard to have grown. That is too long by
 * what the answers take, on a busy machine seconds; so a peer that trains by itself and has nothing to do with the others is
 * asked as well, and what it came to is for the machine.
 */
export class Pauses {
  readonly #alone: PeerProcess
  readonly #watches = new Map<PeerProcess, Watch>()
  #over = false

  /** Begins; all of them have joined a swarm. */
  constructor(peers: readonly PeerProcess[], alone: PeerProcess) {
    this.#alone = alone
    for (const peer of [...peers, alone]) {
      const watch = { words: 0, since: performance.now(), longest: 0 }
      this.#watches.set(peer, watch)
      void this.#look(peer, watch)
    }
  }

  /** Ends; returns the longest pause of any peer and what the same machine did to the one that trains by itself, in ms. */
  end(): { readonly longest: number; readonly alone: number } {
    this.#over = true
    const pauses = (watches: [PeerProcess, Watch][]) =>
      watches.map(([peer, watch]) => Math.max(watch.longest, pauseOf(peer, watch)))
    const all = [...this.#watches]
    return {
      longest: Math.max(...pauses(all.filter(([peer]) => peer !== this.#alone))),
      alone: Math.max(...pauses(all.filter(([peer]) => peer === this.#alone)))
    }
  }

  async #look(peer: PeerProcess, watch: Watch): Promise<void> {
    while (!this.#over && !peer.over) {
      const status = await peer.status()
      const words = status.members.find(member => member.peer === status.peer)?.words ?? 0
      if (words > watch.words) {
        // What it had trained before is not known at the first time.
        if (watch.words > 0) watch.longest = Math.max(watch.longest, pauseOf(peer, watch))
        watch.words = words
        watch.since = performance.now()
      }
      await new Promise(resolve => setTimeout(resolve, EVERY_MS))
    }
  }
}

/** For how long there have been words to train that are not, ms. */
function pauseOf(peer: PeerProcess, { words, since }: Watch): number {
  const now = performance.now()
  const given = peer.fed.find(fed => fed.words > words)?.at ?? now
  return now - Math.max(since, given)
}
