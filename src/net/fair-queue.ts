interface Lane<Entry> {
  entries: Entry[]
  /** Where the first of them that waits is. */
  first: number
  /** Bytes it has had, by the queue's count. */
  had: number
}

/** An entry costs this much beside its bytes. */
const ENTRY_BYTES = 64

/**
 * What waits for one way out, in lanes: in a lane first come first served; of the lanes the one goes next that has had the
 * fewest bytes. What a lane did not use while it was empty is not kept for it.
 */
export class FairQueue<Entry extends { readonly bytes: number }> {
  readonly #lanes = new Map<number, Lane<Entry>>()
  /** What the lane that went last had had before. */
  #level = 0
  #size = 0
  #bytes = 0

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Entries that wait. */
  get size(): number {
    return this.#size
  }

  add(number: number, entry: Entry): void {
    const lane = this.#lanes.get(number) ?? { entries: [], first: 0, had: this.#level }
    if (lane.first === lane.entries.length) lane.had = Math.max(lane.had, this.#level)
    lane.entries.push(entry)
    this.#lanes.set(number, lane)
    this.#size++
    this.#bytes += entry.bytes
  }

  /** The next entry; undefined where none waits. */
  take(): Entry | undefined {
    let next: Lane<Entry> | undefined
    for (const lane of this.#lanes.values()) {
      if (lane.first < lane.entries.length && (next === undefined || lane.had < next.had)) next = lane
    }
    const entry = next?.entries[next.first]
    if (next === undefined || entry === undefined) return undefined
    next.first++
    this.#bytes -= entry.bytes
    // Each entry is moved once at most on the average.
    if (next.first * 2 > next.entries.length) {
      next.entries = next.entries.slice(next.first)
      next.first = 0
    }
    this.#level = next.had
    next.had += entry.bytes + ENTRY_BYTES
    if (--this.#size === 0) this.#lanes.clear()
    return entry
  }

  /** Forgets those of a lane's entries that are not to be kept. */
  keep(number: number, isKept: (entry: Entry) => boolean): void {
    const lane = this.#lanes.get(number)
    if (lane === undefined) return
    const waiting = lane.entries.slice(lane.first)
    lane.entries = waiting.filter(isKept)
    lane.first = 0
    this.#size -= waiting.length - lane.entries.length
    this.#bytes -= bytesOf(waiting) - bytesOf(lane.entries)
    if (this.#size === 0) this.#lanes.clear()
  }
}

function bytesOf(entries: readonly { readonly bytes: number }[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0)
}
