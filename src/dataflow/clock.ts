/** What operators know of time; tests pass their own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number
  /** Resolves after `ms` milliseconds, or earlier, as at once when the signal aborts: whoever waits looks at the time again. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

const wait: Clock['wait'] = (ms, signal) =>
  new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, signal.aborted ? 0 : Math.min(ms, LONGEST_MS))
    signal.addEventListener('abort', done)
  })

/** A clock that nobody sets, for spans of time. */
export const steadyClock: Clock = { now: () => performance.now(), wait }

/** The computer's own clock, which may be set: milliseconds since 1970. */
export const wallClock: Clock = { now: () => Date.now(), wait }

/** @throws RangeError where `seconds` is not a number above 0. */
export function checkSeconds(operator: string, seconds: number): void {
  if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${operator}: seconds must be a number of seconds above 0; got ${seconds}`)
  }
}
