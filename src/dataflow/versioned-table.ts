// A table with as much of its past as is still needed.

/** Updates of one key in the order of their times, each time once; index i of both belongs together. */
interface Versions<Value> {
  readonly times: number[]
  readonly values: (Value | undefined)[]
}

/** Updates that may be held before it is looked which can be forgotten. */
const FEW = 1024

export class VersionedTable<Key, Value> {
  /** Updates that are held, those of the past included. */
  held = 0
  readonly #rows = new Map<Key, Versions<Value>>()
  #most = FEW

  /** The key's value as of `time`. */
  get(key: Key, time: number): Value | undefined {
    const row = this.#rows.get(key)
    return row?.values[upTo(row.times, time) - 1]
  }

  /** The key's value from `time` on, up to its next update's; undefined where the row is deleted. */
  set(key: Key, time: number, value: Value | undefined): void {
    const row = this.#rows.get(key)
    if (row === undefined) {
      this.#rows.set(key, { times: [time], values: [value] })
      this.held++
      return
    }
    const at = upTo(row.times, time)
    if (row.times[at - 1] === time) {
      row.values[at - 1] = value
      return
    }
    row.times.splice(at, 0, time)
    row.values.splice(at, 0, value)
    this.held++
  }

  /** Forgets what nobody who asks as of `time` or later can meet: seldom, so that it costs little an update. */
  forget(time: number): void {
    if (this.held <= this.#most) return
    for (const [key, { times, values }] of this.#rows) {
      const first = upTo(times, time) - 1 // the row as of `time`
      // A row that is deleted is like one that never was.
      const old = first >= 0 && values[first] === undefined ? first + 1 : Math.max(0, first)
      this.held -= old
      if (old === times.length) this.#rows.delete(key)
      else if (old > 0) {
        times.splice(0, old)
        values.splice(0, old)
      }
    }
    this.#most = 2 * this.held + FEW
  }
}

/** How many of `times`, which rise, are up to and including `time`. */
function upTo(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) <= time) low = middle + 1
    else high = middle
  }
  return low
}
