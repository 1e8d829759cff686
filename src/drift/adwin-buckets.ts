const ROWS = 48 // row i has buckets of 2^i values: room for 10^15
const LEAST = 5 // buckets a row may have; one more, and its two oldest become one of the next row
const PLACES = LEAST + 1

/** ADWIN's window, an exponential histogram: at most 5 buckets of each power of two, the larger the older. */
export class AdwinBuckets {
  readonly #totals = new Float64Array(ROWS * PLACES) // [ROWS, PLACES], in a row the oldest first
  readonly #squares = new Float64Array(ROWS * PLACES) // of deviations from the bucket's own mean
  readonly #sizes = new Uint8Array(ROWS) // buckets in each row
  #rows = 1
  #width = 0
  #total = 0
  #deviations = 0 // squares of all deviations from the window's mean

  /** Values in the window. */
  get width(): number {
    return this.#width
  }

  /** Their sum. */
  get total(): number {
    return this.#total
  }

  /** Their mean; NaN of none. */
  get mean(): number {
    return this.#total / this.#width
  }

  /** Their variance. */
  get variance(): number {
    return this.#deviations / this.#width
  }

  add(value: number): void {
    if (this.#width > 0) {
      const deviation = value - this.#total / this.#width
      this.#deviations += (this.#width * deviation * deviation) / (this.#width + 1)
    }
    this.#width++
    this.#total += value
    this.#append(0, value, 0)
    for (let row = 0; this.#sizes[row] === PLACES; row++) this.#mergeOldest(row)
  }

  #append(row: number, total: number, squares: number): void {
    const place = row * PLACES + (this.#sizes[row] ?? 0)
    this.#totals[place] = total
    this.#squares[place] = squares
    this.#sizes[row] = (this.#sizes[row] ?? 0) + 1
    if (row >= this.#rows) this.#rows = row + 1
  }

  #mergeOldest(row: number): void {
    const first = row * PLACES
    const [a = 0, b = 0] = [this.#totals[first], this.#totals[first + 1]]
    const half = 2 ** row
    const apart = (a - b) / half
    const squares = (this.#squares[first] ?? 0) + (this.#squares[first + 1] ?? 0) + (half * apart * apart) / 2
    this.#removeOldest(row, 2)
    this.#append(row + 1, a + b, squares)
  }

  #removeOldest(row: number, count: number): void {
    const first = row * PLACES
    // A loop, since over so few copyWithin makes an update half as long again.
    for (let place = first; place < first + PLACES - count; place++) {
      this.#totals[place] = this.#totals[place + count] ?? 0
      this.#squares[place] = this.#squares[place + count] ?? 0
    }
    this.#sizes[row] = (this.#sizes[row] ?? 0) - count
  }

  /** Takes the oldest bucket out of the window, which must have more than one. */
  dropOldest(): void {
    const row = this.#rows - 1
    const size = 2 ** row
    const total = this.#totals[row * PLACES] ?? 0
    const squares = this.#squares[row * PLACES] ?? 0
    this.#width -= size
    this.#total -= total
    const apart = total / size - this.#total / this.#width
    this.#deviations -= squares + (size * this.#width * apart * apart) / (size + this.#width)
    // Rounding must not make it negative.
    this.#deviations = Math.max(0, this.#deviations)
    this.#removeOldest(row, 1)
    while (this.#rows > 1 && this.#sizes[this.#rows - 1] === 0) this.#rows--
  }

  /** Whether `holds` of some bucket's count and sum, asked from the oldest to the newest. */
  someOldestFirst(holds: (count: number, sum: number) => boolean): boolean {
    for (let row = this.#rows - 1; row >= 0; row--) {
      const size = this.#sizes[row] ?? 0
      for (let i = 0; i < size; i++) {
        if (holds(2 ** row, this.#totals[row * PLACES + i] ?? 0)) return true
      }
    }
    return false
  }

  /** Sums, then for each row its number of buckets and their totals and squares. */
  save(): number[] {
    const values = [this.#width, this.#total, this.#deviations]
    for (let row = 0; row < this.#rows; row++) {
      const size = this.#sizes[row] ?? 0
      values.push(size)
      const [first, end] = [row * PLACES, row * PLACES + size]
      values.push(...this.#totals.subarray(first, end), ...this.#squares.subarray(first, end))
    }
    return values
  }

  /**
   * The window that was saved.
   *
   * @throws RangeError where that cannot have been one.
   */
  static open(values: readonly number[]): AdwinBuckets {
    const buckets = new AdwinBuckets()
    const [width = 0, total = 0, deviations = 0] = values
    let held = 0
    let at = 3
    for (let row = 0; at < values.length && row < ROWS; row++) {
      const size = values[at++] ?? 0
      if (!(size <= LEAST)) break
      for (let i = 0; i < size; i++) buckets.#append(row, values[at + i] ?? 0, values[at + size + i] ?? 0)
      at += 2 * size
      held += size * 2 ** row
    }
    if (at !== values.length || held !== width || !values.every(Number.isFinite)) {
      throw new RangeError('adwin: a saved state must hold buckets of as many values as its width says')
    }
    buckets.#width = width
    buckets.#total = total
    buckets.#deviations = deviations
    return buckets
  }
}
