// Texts that last as long as a test needs them, and what the peers make of them meanwhile.

import type { PeerProcess } from './swarm-processes.ts'

const EVERY_MS = 50
const LINES_AT_ONCE = 40

/**
 * Lines of twelve words for ever: 40 topics of 70 words and 200 words that go with all of them, each by Zipf's law, so that
 * there is much to learn for long. The same seed gives the same lines.
 */
export function* topicLines(seed: number): Generator<string, never> {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  /** 0 to below `count`, each half as often as one of half its rank. */
  const zipf = (count: number) => Math.floor((count + 1) ** random()) - 1
  for (;;) {
    const topic = Math.floor(random() * 40)
    const words = Array.from({ length: 12 }, () =>
      random() < 0.3 ? `common${zipf(200)}` : `topic${topic}word${zipf(70)}`
    )
    yield words.join(' ')
  }
}

/** Some lines of a text. */
export function take(lines: Iterator<string>, count: number): string[] {
  return Array.from({ length: count }, () => lines.next().value)
}

/** Feeds peers, each with a text of its own, some 9,600 words a second each, until it is told to end. */
export class Feeding {
  readonly #texts = new Map<PeerProcess, Iterator<string>>()
  readonly #timer: ReturnType<typeof setInterval>
  #seeds = 0

  constructor(peers: readonly PeerProcess[] = []) {
    for (const peer of peers) this.add(peer)
    this.#timer = setInterval(() => {
      for (const [peer, lines] of this.#texts) peer.feed(take(lines, LINES_AT_ONCE))
    }, EVERY_MS)
  }

  add(peer: PeerProcess): void {
    this.#texts.set(peer, topicLines(++this.#seeds))
  }

  /** Feeds a peer no more; its text is not over. */
  leave(peer: PeerProcess): void {
    this.#texts.delete(peer)
  }

  /** Ends the texts. */
  end(): void {
    clearInterval(this.#timer)
    for (const peer of this.#texts.keys()) peer.end()
  }
}
