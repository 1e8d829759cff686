/** Sum and sum of squares of a part of the window. */
class Part {
  sum = 0
  squares = 0

  add(x: number): void {
    this.sum += x
    this.squares += x * x
  }

  remove(x: number): void {
    this.sum -= x
    this.squares -= x * x
  }

  /** Standard deviation of the part's n values. Rounding can make what is under the root negative. */
  deviation(n: number): number {
    return Math.sqrt(Math.max(0, n * this.squares - this.sum * this.sum)) / n
  }

  /** Whether the part's n values are all equal, up to rounding. */
  isConstant(n: number): boolean {
    return n * this.squares - this.sum * this.sum <= 1e-12 * n * this.squares
  }
}

/** OPTWIN's window: a ring of values, cut into history and new part, each with its sums. */
export class OptwinWindow {
  readonly history = new Part()
  readonly fresh = new Part()
  readonly #most: number
  readonly #published: boolean
  #values: Float64Array // grows to `most`; less the anchor
  #start = 0
  #length = 0
  #cut = 0
  #anchor = 0 // the first value: sums of differences from it lose less to rounding
  #slides = 0

  constructor(most: number, published: boolean) {
    this.#most = most
    this.#published = published
    this.#values = new Float64Array(Math.min(64, most))
  }

  get length(): number {
    return this.#length
  }

  /** Values in the history. */
  get cut(): number {
    return this.#cut
  }

  /** Adds a value to the new part; where the window is full, the oldest goes, and the history takes one from the new part. */
  add(value: number): void {
    if (this.#length === 0 && !this.#published) this.#anchor = value
    const x = value - this.#anchor
    this.fresh.add(x)
    if (this.#length < this.#most) {
      if (this.#length === this.#values.length) this.#grow()
      this.#values[this.#place(this.#length)] = x
      this.#length++
      return
    }
    const oldest = this.#at(0)
    this.#values[this.#start] = x
    this.#start = (this.#start + 1) % this.#values.length
    this.history.remove(oldest)
    // The published code takes the value after the one that the cut passes.
    const passed = this.#at(this.#published ? this.#cut : this.#cut - 1)
    this.fresh.remove(passed)
    this.history.add(passed)
    this.#slides++
    if (this.#slides >= this.#most && !this.#published) this.#sumAnew()
  }

  /** Moves the cut. */
  cutAt(cut: number): void {
    for (; this.#cut < cut; this.#cut++) {
      const x = this.#at(this.#cut)
      this.fresh.remove(x)
      this.history.add(x)
    }
    // Upwards too, which is the order in which the published code rounds.
    for (let i = cut; i < this.#cut; i++) {
      const x = this.#at(i)
      this.history.remove(x)
      this.fresh.add(x)
    }
    this.#cut = cut
  }

  /** How many new values differ from a constant history: (Σd)² / Σd², so of differences of many sizes the large ones. */
  others(): number {
    const n = this.#length - this.#cut
    const constant = this.history.sum / this.#cut
    const sum = this.fresh.sum - n * constant
    const squares = this.fresh.squares - constant * (2 * this.fresh.sum - n * constant)
    return squares > 0 ? (sum * sum) / squares : 0
  }

  clear(): void {
    this.#start = 0
    this.#length = 0
    this.#slides = 0
    this.#cut = 0
    this.#anchor = 0
    this.#zeroSums()
  }

  /** Cut, slides, anchor and sums, then the values, oldest first. */
  save(): number[] {
    const { history, fresh } = this
    const sums = [history.sum, history.squares, fresh.sum, fresh.squares]
    const values = Array.from({ length: this.#length }, (_, i) => this.#at(i))
    return [this.#cut, this.#slides, this.#anchor, ...sums, ...values]
  }

  /** @throws RangeError where such a window cannot have been saved. */
  open(saved: readonly number[]): void {
    const [cut = 0, slides = 0, anchor = 0, oldSum = 0, oldSquares = 0, newSum = 0, newSquares = 0] = saved
    const values = saved.slice(7)
    if (
      saved.length < 7 ||
      values.length > this.#most ||
      !(Number.isSafeInteger(cut) && cut >= 0 && cut <= values.length)
    ) {
      const most = this.#most
      throw new RangeError(
        `optwin: a saved state must hold at most ${most} values and a cut among them; got ${values.length} and ${cut}`
      )
    }
    while (this.#values.length < values.length) this.#grow()
    this.#values.set(values)
    this.#length = values.length
    this.#cut = cut
    this.#slides = slides
    this.#anchor = anchor
    this.history.sum = oldSum
    this.history.squares = oldSquares
    this.fresh.sum = newSum
    this.fresh.squares = newSquares
  }

  /** Once in a window's length of slides, so that rounding does not pile up. */
  #sumAnew(): void {
    this.#slides = 0
    this.#zeroSums()
    for (let i = 0; i < this.#length; i++) (i < this.#cut ? this.history : this.fresh).add(this.#at(i))
  }

  #zeroSums(): void {
    for (const part of [this.history, this.fresh]) {
      part.sum = 0
      part.squares = 0
    }
  }

  #at(i: number): number {
    return this.#values[this.#place(i)] ?? 0
  }

  #place(i: number): number {
    const place = this.#start + i
    return place < this.#values.length ? place : place - this.#values.length
  }

  /** Only while nothing has been dropped, so the ring starts at 0. */
  #grow(): void {
    const values = new Float64Array(Math.min(this.#most, 2 * this.#values.length))
    values.set(this.#values)
    this.#values = values
  }
}
