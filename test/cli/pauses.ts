import type { PeerProcess } from './swarm-processes.ts'

const EVERY_MS = 100

/** What is known of a peer's training: since when it has been at so many words, at the latest. */
interface Watch {
  words: number
  since: number
  longest: number
  readonly timer: ReturnType<typeof setInterval>
}

/**
 * Measures for how long peers do not train though they have been given words, by asking for their status again and again.
 *
 * A pause that it finds was one, however late answers come: it begins when an answer came that tells of so many words, or when
 * the next ones were written, and ends when the last question was put that was answered the same.
 */
export class Pauses {
  readonly #watches = new Map<PeerProcess, Watch>()

  /** Begins with peers that have joined their swarm. */
  watch(...peers: readonly PeerProcess[]): void {
    for (const peer of peers) {
      const timer = setInterval(() => this.#ask(peer), EVERY_MS)
      this.#watches.set(peer, { words: -1, since: 0, longest: 0, timer })
    }
  }

  /** Ends; returns the longest pause of all, in ms. */
  end(): number {
    for (const { timer } of this.#watches.values()) clearInterval(timer)
    return Math.max(...Array.from(this.#watches.values(), watch => watch.longest))
  }

  // It does not wait for the answer to the last question, so that a peer that answers nothing is found out as well.
  async #ask(peer: PeerProcess): Promise<void> {
    const asked = performance.now()
    const status = await peer.status().catch(() => undefined)
    const words = status?.members.find(member => member.peer === status.peer)?.words
    const watch = this.#watches.get(peer)
    if (watch === undefined || words === undefined) return
    if (words > watch.words) {
      watch.words = words
      watch.since = performance.now()
    } else if (words === watch.words) {
      const given = peer.fed.find(fed => fed.words > words)?.at ?? asked
      watch.longest = Math.max(watch.longest, asked - Math.max(watch.since, given))
    }
  }
}
