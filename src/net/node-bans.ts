const MAX_BANS = 1000

/** Peers that are refused for a while. Identities cost nothing, so only the last 1000 are remembered. */
export interface BanList {
  /** Refuses the peer from now on for so many milliseconds; 0 lifts its ban. */
  ban(peer: string, milliseconds: number): void
  isBanned(peer: string): boolean
}

/** A list without bans. */
export function banList(): BanList {
  const until = new Map<string, number>() // by performance.now(), oldest ban first
  return {
    ban(peer, milliseconds) {
      until.delete(peer)
      if (milliseconds > 0) until.set(peer, performance.now() + milliseconds)
      const [oldest] = until.keys()
      if (until.size > MAX_BANS && oldest !== undefined) until.delete(oldest)
    },
    isBanned: peer => (until.get(peer) ?? 0) > performance.now()
  }
}
