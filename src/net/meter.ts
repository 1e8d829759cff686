// What a peer says about its traffic: rates over the last seconds, staleness over the last minute.

const WINDOW_MS = 60_000

/** Bytes per second, from totals that are read now and then. */
export class Rate {
  perSecond = 0
  #total = 0
  #at: number

  constructor(now: number) {
    this.#at = now
  }

  /** Takes the total so far; the rate is renewed after half a second or more. */
  read(total: number, now: number): void {
    const passed = now - this.#at
    if (passed < 500) return
    this.perSecond = ((total - this.#total) * 1000) / passed
    this.#total = total
    this.#at = now
  }
}

/** Mean and greatest of the samples of the last minute, kept by the second. */
export class Staleness {
  readonly #seconds = new Map<number, { sum: number; count: number; most: number }>()

  add(ms: number, now: number): void {
    const second = Math.floor(now / 1000)
    const entry = this.#seconds.get(second) ?? { sum: 0, count: 0, most: 0 }
    entry.sum += ms
    entry.count++
    entry.most = Math.max(entry.most, ms)
    this.#seconds.set(second, entry)
    this.#forget(now)
  }

  /** Both 0 where there were no samples. */
  read(now: number): { mean: number; most: number } {
    this.#forget(now)
    let sum = 0
    let count = 0
    let most = 0
    for (const entry of this.#seconds.values()) {
      sum += entry.sum
      count += entry.count
      most = Math.max(most, entry.most)
    }
    return { mean: count === 0 ? 0 : sum / count, most }
  }

  #forget(now: number): void {
    for (const second of this.#seconds.keys()) {
      if (second * 1000 < now - WINDOW_MS) this.#seconds.delete(second)
      else return
    }
  }
}

/** The share of time that something takes, over about the last five seconds. */
export class BusyShare {
  #share = 0
  #at: number
  #busy = 0

  constructor(now: number) {
    this.#at = now
  }

  add(ms: number): void {
    this.#busy += ms
  }

  /** 0 to 1. */
  read(now: number): number {
    const passed = now - this.#at
    if (passed >= 1000) {
      const recent = Math.min(1, this.#busy / passed)
      const weight = Math.exp(-passed / 5000)
      this.#share = this.#share * weight + recent * (1 - weight)
      this.#busy = 0
      this.#at = now
    }
    return this.#share
  }
}
