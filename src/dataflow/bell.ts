/** Wakes one who waits; a ring while nobody does counts for the next. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when it was rung since this resolved last. */
  async rung(): Promise<void> {
    while (!this.#rung) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    this.#rung = false
  }
}
