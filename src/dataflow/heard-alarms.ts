import { type Alarm, MOST_ALARMS } from './alarm-messages.ts'

/** Sessions of peers of which it is known what was heard. */
const MOST_SESSIONS = 1024

/** What was heard of one session of a peer. */
interface Session {
  greatest: number
  /** Those that came, of the last 64 up to the greatest. */
  readonly numbers: Set<number>
}

/**
 * Tells alarms that are new from those that came before, by whatever way. Memory: the last 64 alarms, and for 1024 sessions of
 * peers that raised one the numbers of the last 64; an alarm older than these counts as heard.
 */
export class HeardAlarms {
  /** The last ones, in the order they were heard. */
  readonly last: Alarm[] = []
  /** How many were new. */
  count = 0
  readonly #sessions = new Map<string, Session>()

  /** Whether it is new. */
  add(alarm: Alarm): boolean {
    if (!isNew(this.#sessionOf(alarm), alarm.number)) return false
    this.last.push(alarm)
    if (this.last.length > MOST_ALARMS) this.last.shift()
    this.count++
    return true
  }

  #sessionOf({ origin, session }: Alarm): Session {
    const key = `${session} ${origin}`
    const known = this.#sessions.get(key) ?? { greatest: 0, numbers: new Set<number>() }
    // Moved to the end: the one that was silent for longest is forgotten first.
    this.#sessions.delete(key)
    this.#sessions.set(key, known)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest)
    return known
  }
}

function isNew(session: Session, number: number): boolean {
  const { numbers } = session
  if (numbers.has(number) || number <= session.greatest - MOST_ALARMS) return false
  numbers.add(number)
  session.greatest = Math.max(session.greatest, number)
  for (const one of numbers) if (one <= session.greatest - MOST_ALARMS) numbers.delete(one)
  return true
}
