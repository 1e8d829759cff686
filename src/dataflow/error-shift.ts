/** Errors that count as the last ones: about what a detector needs to find a great drift. */
const LAST = 32

/** How far the last errors of a phase are from those before them. */
export class ErrorShift {
  readonly #last = new Float64Array(LAST) // a ring
  #count = 0
  /** Of all before the last ones. */
  #beforeSum = 0

  add(error: number): void {
    const at = this.#count % LAST
    if (this.#count >= LAST) this.#beforeSum += this.#last[at] ?? 0
    this.#last[at] = error
    this.#count++
  }

  /** The mean of the last 32 errors less that of those before; 0 while there are none before. */
  get magnitude(): number {
    const before = this.#count - LAST
    if (before <= 0) return 0
    return this.#last.reduce((sum, error) => sum + error) / LAST - this.#beforeSum / before
  }

  reset(): void {
    this.#count = 0
    this.#beforeSum = 0
  }
}
