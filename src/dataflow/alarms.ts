import type { Clock } from './clock.ts'

/** Things to do later, each set once at a time. */
export class Alarms {
  readonly #clock: Clock
  readonly #set = new Set<() => void>()
  readonly #stopped = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Does it after `ms`, unless it is set already. */
  later(act: () => void, ms: number): void {
    if (this.#set.has(act) || this.#stopped.signal.aborted) return
    this.#set.add(act)
    this.#clock.wait(ms, this.#stopped.signal).then(() => {
      this.#set.delete(act)
      if (!this.#stopped.signal.aborted) act()
    })
  }

  stop(): void {
    this.#stopped.abort()
  }
}
