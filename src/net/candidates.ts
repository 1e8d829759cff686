import { soundAddresses } from './members.ts'
import type { Age, Member } from './messages.ts'

const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 30_000
/** How long a peer is left alone that said dialling again is of no use. */
const PUT_OFF_MS = 300_000
const MOST_CANDIDATES = 1024

/** A peer, or an address, that could be dialled. */
export interface Candidate {
  /** Whom to expect there; undefined where only an address is known. */
  readonly peer: string | undefined
  /** Who it is, as far as is known: `peer`, or who answered last at the address. */
  owner: string | undefined
  /** Undefined until it is known; what the peer itself said goes before hearsay. */
  age: Age | undefined
  /** Told by discovery. */
  found: readonly string[]
  /** Told by the peer's own record. */
  recorded: readonly string[]
  /** When discovery told of it first; undefined where it never did. */
  foundAt: number | undefined
  /** When discovery told of it last: whoever announces itself can most likely be reached. */
  announcedAt: number
  /** Dials and requests that failed since the last success. */
  failures: number
  notBefore: number
  /** When it was last tried, or last became known to live. */
  triedAt: number | undefined
  /** How long its last dial took. */
  took: number | undefined
  /** The place in the order in which other peers proposed it; later proposals count more. 0: never. */
  proposal: number
  dialling: boolean
  /** Drawn once, 0 to 1: spreads what would happen at the same moment everywhere. */
  readonly jitter: number
}

/** Whom a peer could dial, with a back-off for each: 1 s, 2 s, 4 s … 30 s, give or take a quarter. */
export class Candidates {
  // By peer id, or by "" and the addresses.
  readonly #all = new Map<string, Candidate>()
  readonly #random: () => number
  #proposals = 0

  constructor(random: () => number) {
    this.#random = random
  }

  [Symbol.iterator](): Iterator<Candidate> {
    return this.#all.values()
  }

  get(peer: string): Candidate | undefined {
    return this.#all.get(peer)
  }

  /** Takes what discovery told. New addresses of a known peer may be dialled at once. */
  discovered(peer: string | undefined, addresses: readonly string[], now: number): void {
    const found = soundAddresses(addresses)
    const key = peer ?? ` ${found.join(' ')}`
    const candidate = this.#all.get(key)
    if (candidate === undefined) {
      this.#add(key, { ...this.#blank(peer, now), found })
      return
    }
    candidate.foundAt ??= now
    candidate.announcedAt = now
    if (found.some(address => !candidate.found.includes(address))) {
      candidate.found = found
      if (!found.every(address => candidate.recorded.includes(address))) this.#startAgain(candidate, now)
    }
  }

  /** Takes a newer record; `back`: its peer is new, or was taken for dead, so that it may be dialled at once. */
  learn(record: Member, back: boolean, now: number): void {
    const { peer } = record.age
    let candidate = this.#all.get(peer)
    if (candidate === undefined) {
      candidate = this.#blank(peer, undefined)
      if (!this.#add(peer, candidate)) return
    }
    if (candidate.age === undefined || record.age.start > candidate.age.start) {
      candidate.age = record.age
      this.#startAgain(candidate, now)
    }
    if (back) {
      candidate.notBefore = Math.min(candidate.notBefore, now)
      candidate.triedAt = now
    }
    candidate.recorded = record.addresses
  }

  /** Puts peers first in the order given. */
  propose(peers: readonly string[]): void {
    for (const peer of peers.toReversed()) {
      const candidate = this.#all.get(peer)
      if (candidate !== undefined) candidate.proposal = ++this.#proposals
    }
  }

  /** There is a parent: what was proposed before is no better than the rest. */
  settle(): void {
    for (const candidate of this.#all.values()) candidate.proposal = 0
  }

  /** A link to the peer is open; `candidate` is what was dialled, where this side did. */
  met(age: Age, candidate: Candidate | undefined, now: number): void {
    if (candidate !== undefined) {
      candidate.owner = age.peer
      candidate.notBefore = now + FIRST_BACK_OFF_MS
    }
    const own = this.#all.get(age.peer)
    if (own !== undefined) own.age = age
  }

  /** A dial, or a request, was of use. */
  worked(candidate: Candidate | undefined): void {
    if (candidate !== undefined) candidate.failures = 0
  }

  /** A dial or a request failed: the candidate is left alone for a while, long where trying `again` is of no use. */
  failed(candidate: Candidate | undefined, again: boolean, now: number): void {
    if (candidate === undefined) return
    const backOff = again
      ? Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** candidate.failures)
      : PUT_OFF_MS
    candidate.failures++
    candidate.notBefore = now + backOff * (0.75 + 0.5 * this.#random())
  }

  #startAgain(candidate: Candidate, now: number): void {
    candidate.failures = 0
    candidate.notBefore = now
  }

  #blank(peer: string | undefined, foundAt: number | undefined): Candidate {
    return {
      peer,
      owner: peer,
      age: undefined,
      found: [],
      recorded: [],
      foundAt,
      announcedAt: foundAt ?? 0,
      failures: 0,
      notBefore: 0,
      triedAt: undefined,
      took: undefined,
      proposal: 0,
      dialling: false,
      jitter: this.#random()
    }
  }

  #add(key: string, candidate: Candidate): boolean {
    if (this.#all.size >= MOST_CANDIDATES && !this.#makeRoom(candidate.foundAt !== undefined)) return false
    this.#all.set(key, candidate)
    return true
  }

  /** Drops who failed most; for one that was `found` by discovery else one of which there is only hearsay. */
  #makeRoom(found: boolean): boolean {
    let worst: string | undefined
    let most = 0
    for (const [key, { dialling, failures, foundAt }] of this.#all) {
      const badness = failures + (found && foundAt === undefined ? 0.5 : 0)
      if (dialling || badness <= most) continue
      worst = key
      most = badness
    }
    return worst !== undefined && this.#all.delete(worst)
  }
}
