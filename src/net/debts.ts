// What a neighbour owes an answer to. A slow link takes its time for what was sent; whoever never answers is told from it.

/** Bytes a second that the slowest link brings over. */
const SLOWEST = 256

export type Answer = 'acknowledgement' | 'vector' | 'state'

/** What was sent to a neighbour that wants an answer, oldest first. */
export class Debts {
  readonly #owed: { readonly answer: Answer; readonly bytes: number }[] = []
  #since = 0

  /** So many bytes were sent now (ms) that want an answer. */
  owe(answer: Answer, bytes: number, now: number): void {
    if (this.#owed.length === 0) this.#since = now
    this.#owed.push({ answer, bytes })
  }

  /** Answers came now (ms). */
  settle(answer: Answer, count: number, now: number): void {
    for (let i = 0; i < count; i++) {
      const at = this.#owed.findIndex(owed => owed.answer === answer)
      if (at < 0) return
      this.#owed.splice(at, 1)
      this.#since = now
    }
  }

  /** Whether such an answer is owed. */
  has(answer: Answer): boolean {
    return this.#owed.some(owed => owed.answer === answer)
  }

  /** An answer is on its way, at least some of it came now (ms). */
  renew(now: number): void {
    this.#since = now
  }

  /** The answer that has not come in time: within `patience` ms and what the slowest link takes for all that wants one. */
  overdue(now: number, patience: number): Answer | undefined {
    const [first] = this.#owed
    if (first === undefined) return undefined
    const bytes = this.#owed.reduce((sum, owed) => sum + owed.bytes, 0)
    return now - this.#since > patience + (bytes * 1000) / SLOWEST ? first.answer : undefined
  }
}
