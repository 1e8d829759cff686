// Peers that break the rules are counted, told to the user once, and shut out after a while.

const STRIKES = 3
const MEMORY_MS = 600_000
const BAN_MS = 600_000

/** What may be wrong with what a peer sends. */
export type Offence = 'malformed' | 'protocol' | 'bounds' | 'room' | 'oversize' | 'slow' | 'flood' | 'silent'

/** Remembers who broke which rule. */
export class Strikes {
  /** How often each rule was broken since the start. */
  readonly counts: Partial<Record<Offence | 'mismatch', number>> = {}
  readonly #times = new Map<string, number[]>()
  readonly #told = new Set<string>()
  readonly #warn: (message: string) => void

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /** Counts a peer that is in another swarm or job, which is no offence; tells of it once. */
  mismatch(peer: string, message: string): void {
    this.counts.mismatch = (this.counts.mismatch ?? 0) + 1
    this.#tell(`${peer} mismatch`, message)
  }

  /** Counts an offence of a peer; returns for how many milliseconds it must be shut out, 0 where it may try again. */
  add(peer: string, offence: Offence, reason: string, now: number): number {
    this.counts[offence] = (this.counts[offence] ?? 0) + 1
    const times = (this.#times.get(peer) ?? []).filter(time => now - time < MEMORY_MS)
    times.push(now)
    this.#times.set(peer, times)
    if (this.#times.size > 1024) this.#times.delete(this.#times.keys().next().value ?? '')
    const banned = times.length >= STRIKES
    this.#tell(`${peer} ${offence}`, `peer ${peer}: ${reason}; its link was cut`)
    if (!banned) return 0
    this.#times.delete(peer)
    this.#tell(
      `${peer} banned`,
      `peer ${peer} broke the rules ${STRIKES} times and is shut out for ${BAN_MS / 60_000} minutes`
    )
    return BAN_MS
  }

  #tell(what: string, message: string): void {
    if (this.#told.has(what) || this.#told.size > 1024) return
    this.#told.add(what)
    this.#warn(`swarm: ${message}`)
  }
}
