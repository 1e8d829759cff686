/** Work that must not overlap: each piece begins when the one before it has ended, well or not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Whether nothing runs or waits. */
  get free(): boolean {
    return this.#waiting === 0
  }

  /** Runs `act` when everything given before has ended. */
  take<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#waiting++
    const result = this.#last.then(act)
    const end = () => {
      this.#waiting--
    }
    this.#last = result.then(end, end)
    return result
  }
}
