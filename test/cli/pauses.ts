import type { PeerProcess } from './swarm-processes.ts'

const EVERY_MS = 100

/**
 * Measures for how long peers did not train, though they had been given words, by their own status.
 *
 * What it finds is certain, however busy the machine: a pause begins when an answer has come that says so many words, at
 * the earliest when the next ones were written, and ends when the last question was put that was answered the same.
 */
export class Pauses {
  /** The longest, ms; for each peer. */
  readonly longest = new Map<PeerProcess, number>()
  readonly #watched = new Set<PeerProcess>()

  /** Begins with a peer that has joined its swarm. */
  watch(...peers: readonly PeerProcess[]): void {
    for (const peer of peers) {
      this.longest.set(peer, 0)
      this.#watched.add(peer)
      void this.#look(peer)
    }
  }

  /** Measures no further. */
  leave(peer: PeerProcess): void {
    this.#watched.delete(peer)
  }

  end(): void {
    this.#watched.clear()
  }

  async #look(peer: PeerProcess): Promise<void> {
    let words = -1
    let since = 0
    while (this.#watched.has(peer)) {
      const asked = performance.now()
      const now = await wordsOf(peer)
      if (now === undefined || !this.#watched.has(peer)) return
      if (now > words) {
        words = now
        since = performance.now()
      } else {
        const fed = peer.fed.find(fed => fed.words > words)?.at ?? asked
        const pause = asked - Math.max(since, fed)
        if (pause > (this.longest.get(peer) ?? 0)) this.longest.set(peer, pause)
      }
      await new Promise(resolve => setTimeout(resolve, EVERY_MS))
    }
  }
}

/** Words trained; undefined where the process is over. */
async function wordsOf(peer: PeerProcess): Promise<number | undefined> {
  try {
    const status = await peer.status()
    return status.members.find(member => member.peer === status.peer)?.words
  } catch {
    return undefined
  }
}
