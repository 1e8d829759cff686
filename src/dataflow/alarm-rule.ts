/**
 * What makes a swarm adapt: `any` alarm; or alarms of `peers` different peers, of all where there are fewer, within so many ms.
 */
export type AlarmRule = 'any' | { readonly peers: number; readonly within: number }

/** The alarms of one stage, as the rule counts them. */
export class AlarmCount {
  readonly #peers: number
  readonly #within: number
  /** When each peer's last alarm was heard. */
  readonly #heard = new Map<string, number>()

  /** @throws RangeError for a rule out of range. */
  constructor(rule: AlarmRule) {
    const { peers, within } = rule === 'any' ? { peers: 1, within: 1 } : rule
    if (!Number.isSafeInteger(peers) || peers < 1)
      throw new RangeError(
        `swarmAlarms: rule.peers must be a whole number of peers, at least 1; got ${peers}`
      )
    if (!(within > 0))
      throw new RangeError(`swarmAlarms: rule.within must be a number of ms above 0; got ${within}`)
    this.#peers = peers
    this.#within = within
  }

  /** Takes an alarm that is heard now; whether the swarm, of so many members, is to adapt. */
  add(origin: string, now: number, members: number): boolean {
    this.#heard.set(origin, now)
    for (const [peer, heard] of this.#heard) if (now - heard > this.#within) this.#heard.delete(peer)
    return this.#heard.size >= Math.min(this.#peers, members)
  }

  reset(): void {
    this.#heard.clear()
  }
}
