/** What ends at a time, and was opened after so many others. */
export interface Ending {
  readonly end: number
  readonly opened: number
}

interface Entry<Of> {
  /** The end that `of` had when it was put here; it may have moved since. */
  readonly end: number
  readonly of: Of
}

/** What ends, by the end it had when it was put here, then by which was opened first: a binary heap. */
export class Ends<Of extends Ending> {
  readonly #heap: Entry<Of>[] = []

  /** The least end; Infinity where nothing is held. */
  get least(): number {
    return this.#heap[0]?.end ?? Number.POSITIVE_INFINITY
  }

  put(of: Of): void {
    const added = { end: of.end, of }
    let at = this.#heap.push(added) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.#heap[parent] as Entry<Of>
      if (isBefore(above, added)) break
      this.#heap[at] = above
      at = parent
    }
    this.#heap[at] = added
  }

  /** Takes the least out, where there is one. */
  take(): Entry<Of> | undefined {
    const least = this.#heap[0]
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return least
    let at = 0
    for (;;) {
      const left = this.#heap[2 * at + 1]
      const right = this.#heap[2 * at + 2]
      if (left === undefined) break
      const lesser = right !== undefined && isBefore(right, left) ? right : left
      if (isBefore(last, lesser)) break
      this.#heap[at] = lesser
      at = lesser === left ? 2 * at + 1 : 2 * at + 2
    }
    this.#heap[at] = last
    return least
  }
}

function isBefore(a: Entry<Ending>, b: Entry<Ending>): boolean {
  return a.end < b.end || (a.end === b.end && a.of.opened < b.of.opened)
}
