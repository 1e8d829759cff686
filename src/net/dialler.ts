import { isOlder } from './age.ts'
import type { Candidate, Candidates } from './candidates.ts'
import type { Members } from './members.ts'
import type { Age } from './messages.ts'

const MOST_DIALS = 3
// So that addresses where nobody is cannot hold up those of living peers.
const MOST_DOUBTFUL = 2
const DIAL_MS = 20_000

/** Connect to a peer (to whoever answers, where `peer` is undefined). */
export interface Dial {
  readonly type: 'dial'
  /** By which the answer is told. */
  readonly dial: number
  readonly peer: string | undefined
  readonly addresses: readonly string[]
}

interface Pending {
  readonly candidate: Candidate
  readonly since: number
  /** Whether it was not known to live. */
  readonly doubtful: boolean
}

/** Decides whom to dial next, at most three at once, and two of which it is not known that they live. */
export class Dialler {
  readonly #self: Age
  readonly #candidates: Candidates
  readonly #members: Members
  readonly #isLinked: (peer: string) => boolean
  readonly #random: () => number
  readonly #pending = new Map<number, Pending>()
  #last = 0

  constructor(
    self: Age,
    candidates: Candidates,
    members: Members,
    isLinked: (peer: string) => boolean,
    random: () => number
  ) {
    this.#self = self
    this.#candidates = candidates
    this.#members = members
    this.#isLinked = isLinked
    this.#random = random
  }

  /** The dials to begin now; an `orphan` has no parent. */
  begin(orphan: boolean, now: number): Dial[] {
    if (this.#pending.size >= MOST_DIALS) return []
    const wanted = [...this.#candidates]
      .filter(candidate => this.#isWanted(candidate, orphan, now))
      .map(candidate => ({ candidate, doubtful: !this.#lives(candidate, now), chance: this.#random() }))
      .sort(
        (a, b) =>
          Number(a.doubtful) - Number(b.doubtful) ||
          (a.doubtful ? byTurn : byPromise)(a.candidate, b.candidate) ||
          a.chance - b.chance
      )
    const dials: Dial[] = []
    let doubts = [...this.#pending.values()].filter(pending => pending.doubtful).length
    for (const { candidate, doubtful } of wanted) {
      if (this.#pending.size >= MOST_DIALS || (doubtful && doubts++ >= MOST_DOUBTFUL)) break
      candidate.dialling = true
      candidate.triedAt = now
      this.#pending.set(++this.#last, { candidate, since: now, doubtful })
      const addresses = [...new Set([...candidate.recorded, ...candidate.found])]
      dials.push({ type: 'dial', dial: this.#last, peer: candidate.peer, addresses })
    }
    return dials
  }

  /** A dial is over; returns what was dialled, undefined where it was given up before. */
  end(dial: number, now: number): Candidate | undefined {
    const pending = this.#pending.get(dial)
    if (pending === undefined) return undefined
    this.#pending.delete(dial)
    pending.candidate.dialling = false
    pending.candidate.took = now - pending.since
    return pending.candidate
  }

  /** Gives up the dials that nobody has answered for long. */
  expire(now: number): void {
    for (const [dial, { since }] of this.#pending) {
      if (now - since >= DIAL_MS) this.#candidates.failed(this.end(dial, now), true, now)
    }
  }

  #lives({ owner }: Candidate, now: number): boolean {
    return owner !== undefined && this.#members.living(owner, now)
  }

  /**
   * Living peers are dialled by an orphan, if they are older. Of others it is not known whether they live, nor in which
   * tree: a root tries them all, a peer with a parent only what discovery told, and slowly, since its root does too.
   */
  #isWanted(candidate: Candidate, orphan: boolean, now: number): boolean {
    const { owner, age, foundAt, triedAt, jitter } = candidate
    if (candidate.dialling || now < candidate.notBefore) return false
    if (owner !== undefined && (owner === this.#self.peer || this.#isLinked(owner))) return false
    if (this.#lives(candidate, now)) return orphan && age !== undefined && isOlder(age, this.#self)
    if (owner !== undefined && this.#members.get(owner)?.left) return false
    if (orphan) {
      // Two that discover each other would dial both at once: as long as no age is known, the greater id goes first.
      const first =
        owner === undefined || age !== undefined || triedAt !== undefined || this.#self.peer > owner
      return first || now - (foundAt ?? 0) >= 1_000 + 500 * jitter
    }
    if (foundAt === undefined) return false
    if (triedAt === undefined) return now - foundAt >= 5_000 + 5_000 * jitter
    return now - triedAt >= 120_000 + 60_000 * jitter
  }
}

/** Living peers: first who was proposed last, then the nearest. */
function byPromise(a: Candidate, b: Candidate): number {
  return b.proposal - a.proposal || (a.took ?? DIAL_MS) - (b.took ?? DIAL_MS)
}

/** Others: first who has been announced since it was tried, then who has waited longest. */
function byTurn(a: Candidate, b: Candidate): number {
  const announced = ({ announcedAt, triedAt = -1 }: Candidate) => Number(announcedAt > triedAt)
  return announced(b) - announced(a) || (a.triedAt ?? -1) - (b.triedAt ?? -1)
}
