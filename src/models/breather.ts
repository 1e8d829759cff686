// Milliseconds that work on the event loop may take at once.
const MOST = 4

/** Cuts long work on the event loop into short pieces. */
export class Breather {
  #since = performance.now()

  /** Lets everything else that waits go first, if it has waited for some milliseconds. */
  async rest(): Promise<void> {
    if (performance.now() - this.#since < MOST) return
    await nextTurn()
    this.#since = performance.now()
  }
}

// Timers wait for at least 1 ms in Node and 4 ms in a page.
const nextTurn: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise(resolve => setImmediate(resolve))
    : () => new Promise(resolve => setTimeout(resolve))
