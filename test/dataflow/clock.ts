import type { Clock } from '../../src/dataflow/clock.ts'

/** A clock that stands still until it is told to go on. */
export class HandClock implements Clock {
  #now = 0
  #waits: { readonly until: number; readonly resolve: () => void }[] = []

  now(): number {
    return this.#now
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wait = { until: this.#now + ms, resolve }
    this.#waits.push(wait)
    signal?.addEventListener('abort', () => {
      this.#waits = this.#waits.filter(one => one !== wait)
      resolve()
    })
    return promise
  }

  /** How many wait for a time to come. */
  get waiting(): number {
    return this.#waits.length
  }

  /** Lets time pass, waking who waits one moment after the other; in between, all that can run runs. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    await idle()
    for (;;) {
      const next = Math.min(...this.#waits.map(wait => wait.until))
      if (next > end) break
      this.#now = Math.max(this.#now, next)
      for (const wait of this.#waits) if (wait.until <= this.#now) wait.resolve()
      this.#waits = this.#waits.filter(wait => wait.until > this.#now)
      await idle()
    }
    this.#now = end
    await idle()
  }
}

/** Resolves when nothing is left that runs without waiting. */
export const idle = () => new Promise<void>(resolve => setImmediate(resolve))
