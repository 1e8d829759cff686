// Time and wires that exist only here: events in order of time, and connections that carry so many bytes a second, each
// message whole and in order, with a delay.

/** Things to do, in order of time (ms). */
export class Clock {
  now = 0
  readonly #heap: { readonly at: number; readonly order: number; readonly act: () => void }[] = []
  #added = 0

  /** Acts at a time, after all that was set for it before. */
  at(time: number, act: () => void): void {
    const heap = this.#heap
    const event = { at: Math.max(time, this.now), order: this.#added++, act }
    let place = heap.length
    heap.push(event)
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (isBefore(heap[parent], event)) break
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = event
  }

  /** Lets time pass. */
  run(until: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= until; first = this.#heap[0]) {
      this.#removeFirst()
      this.now = first.at
      first.act()
    }
    this.now = until
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let place = 0
    for (;;) {
      let child = place * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
      if (isBefore(last, heap[child])) break
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
  }
}

interface Timed {
  readonly at: number
  readonly order: number
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** One direction of a connection. */
export class Wire {
  readonly #clock: Clock
  readonly #bytesPerMs: number
  readonly #latency: number
  #free = 0
  #arrived = 0

  /** Bytes a second, and ms from a byte's sending to its arrival. */
  constructor(clock: Clock, bytesPerSecond: number, latency: number) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#latency = latency
  }

  /** Sends a message; control goes at once, between the writes of what is not (src/net/frame-writer.ts). */
  send(bytes: number, control: boolean, arrive: () => void): void {
    const { now } = this.#clock
    const sent = (control ? now : Math.max(now, this.#free)) + bytes / this.#bytesPerMs
    if (control) {
      this.#arrived = Math.max(this.#arrived, sent + this.#latency)
      this.#clock.at(this.#arrived, arrive)
    } else {
      this.#free = sent
      this.#clock.at(sent + this.#latency, arrive)
    }
  }
}
