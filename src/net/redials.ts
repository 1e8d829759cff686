import type { Member } from './messages.ts'

const FIRST_BACK_OFF_MS = 500
const LONGEST_BACK_OFF_MS = 30_000
/** A link that lasted this long was no failure. */
const LASTED_MS = 10_000
/** How long a peer is left alone with which there is nothing to share. */
const PUT_OFF_MS = 300_000
const MOST_AT_ONCE = 8

interface Attempt {
  /** Of the peer's process; a later one is dialled at once. */
  readonly start: number
  failures: number
  notBefore: number
  dialling: boolean
}

/**
 * Whom to dial for channels, and when: of two peers the one with the lesser id dials, unless the other cannot be dialled. With a
 * back-off for each: half a second, 1 s, 2 s … 30 s, less up to a half. At most 8 at once.
 */
export class Redials {
  readonly #self: string
  readonly #attempts = new Map<string, Attempt>()
  readonly #random: () => number

  constructor(self: string, random: () => number) {
    this.#self = self
    this.#random = random
  }

  /** Those of the living members, this peer among them, that are to be dialled now; `ended` must be told of each. Others are forgotten. */
  begin(members: readonly Member[], linked: ReadonlySet<string>, now: number): Member[] {
    const living = new Map(members.map(member => [member.age.peer, member]))
    let dials = 0
    for (const [peer, { dialling }] of this.#attempts) {
      if (dialling) dials++
      else if (!living.has(peer)) this.#attempts.delete(peer)
    }
    const due: Member[] = []
    for (const [peer, member] of living) {
      if (dials >= MOST_AT_ONCE) break
      if (linked.has(peer) || !this.#dials(living.get(this.#self), member)) continue
      const attempt = this.#attemptOf(member)
      if (attempt.dialling || now < attempt.notBefore) continue
      attempt.dialling = true
      dials++
      due.push(member)
    }
    return due
  }

  /** A dial is over; `failed` where it came to nothing. */
  ended(peer: string, failed: boolean, now: number): void {
    const attempt = this.#attempts.get(peer)
    if (attempt === undefined) return
    attempt.dialling = false
    if (failed) this.#putBack(attempt, now)
  }

  /** A link that this side dialled is over. */
  broken(peer: string, lastedMs: number, now: number): void {
    const attempt = this.#attempts.get(peer)
    if (attempt === undefined) return
    if (lastedMs >= LASTED_MS) attempt.failures = 0
    this.#putBack(attempt, now)
  }

  /** There is nothing to share with this peer: it is left alone for some minutes. */
  putOff(peer: string, now: number): void {
    const attempt = this.#attempts.get(peer)
    if (attempt !== undefined) attempt.notBefore = now + PUT_OFF_MS
  }

  /** Both sides know both records, so one of them dials. */
  #dials(own: Member | undefined, { age, addresses }: Member): boolean {
    if (age.peer === this.#self) return false
    const canBeDialled = own === undefined || own.addresses.length > 0
    return canBeDialled === addresses.length > 0 ? this.#self < age.peer : !canBeDialled
  }

  #attemptOf({ age: { start, peer } }: Member): Attempt {
    const last = this.#attempts.get(peer)
    if (last !== undefined && (last.start >= start || last.dialling)) return last
    const first = { start, failures: 0, notBefore: 0, dialling: false }
    this.#attempts.set(peer, first)
    return first
  }

  #putBack(attempt: Attempt, now: number): void {
    const wait = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attempt.failures++)
    attempt.notBefore = Math.max(attempt.notBefore, now + wait * (1 - this.#random() / 2))
  }
}
