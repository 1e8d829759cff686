// Those who listen to a server's items.

/** A connection, as an audience uses it. */
export interface Client {
  /** Sends bytes, and calls back when they are on their way. */
  write(bytes: Uint8Array, written: () => void): void
  /** Tells that this end is alive, and may look whether the other is. */
  beat(): void
  /** Ends the connection after what was written. */
  end(): void
  /** Ends it at once. */
  cut(): void
}

export interface AudienceLaws {
  /** Bytes that may wait for a client before the flow waits for it. */
  readonly room: number
  /** Milliseconds that the flow waits for it to take them all. */
  readonly patienceMs: number
  readonly maxClients: number
  /** Milliseconds from one sign of life to the next. */
  readonly beatMs: number
}

/** A client, and the bytes that wait for it. */
interface Listener {
  readonly client: Client
  waiting: number
  /** Called when nothing waits any more, or it has left. */
  ring: () => void
  readonly left: PromiseWithResolvers<void>
}

export class Audience {
  /** Clients there ever were. */
  clients = 0
  /** Clients that were dropped, since they were too slow. */
  dropped = 0
  readonly #laws: AudienceLaws
  readonly #listeners = new Map<Client, Listener>()
  readonly #beats: ReturnType<typeof setInterval>
  #ended = false

  constructor(laws: AudienceLaws) {
    this.#laws = laws
    this.#beats = setInterval(() => {
      for (const client of this.#listeners.keys()) client.beat()
    }, laws.beatMs)
    this.#beats.unref()
  }

  /** Whether it takes nobody in. */
  get full(): boolean {
    return this.#ended || this.#listeners.size >= this.#laws.maxClients
  }

  /** Takes a client in, and sends it what it missed. */
  add(client: Client, missed?: Uint8Array): void {
    const listener: Listener = {
      client,
      waiting: 0,
      ring: () => {},
      left: Promise.withResolvers()
    }
    this.#listeners.set(client, listener)
    this.clients++
    if (missed !== undefined) write(listener, missed)
  }

  leave(client: Client): void {
    const listener = this.#listeners.get(client)
    this.#listeners.delete(client)
    listener?.ring()
    listener?.left.resolve()
  }

  /**
   * Sends bytes to all. One for which more than `room` then wait has `patienceMs` to take them all, and is dropped if it has
   * not; so nobody holds the flow below `room` bytes in that time.
   */
  async send(parts: readonly Uint8Array[]): Promise<void> {
    for (const listener of this.#listeners.values()) for (const part of parts) write(listener, part)
    // Sockets need their turn, and a source may have nothing to wait for.
    await new Promise(resolve => setImmediate(resolve))
    const behind = [...this.#listeners.values()].filter(({ waiting }) => waiting > this.#laws.room)
    if (behind.length === 0) return
    await this.#wait(behind.map(drained))
    this.#dropSlow(behind)
  }

  /** Lets all take what waits for them and go, each for as long as the flow would wait; then ends their connections. */
  async end(): Promise<void> {
    this.#ended = true
    const listeners = [...this.#listeners.values()]
    await this.#wait(listeners.map(drained))
    this.#dropSlow(listeners)
    for (const client of this.#listeners.keys()) client.end()
    await this.#wait(listeners.map(({ left }) => left.promise))
    this.cut()
  }

  /** Ends all connections at once. */
  cut(): void {
    this.#ended = true
    clearInterval(this.#beats)
    for (const client of this.#listeners.keys()) client.cut()
  }

  #dropSlow(listeners: readonly Listener[]): void {
    for (const { client, waiting } of listeners) {
      if (waiting === 0 || !this.#listeners.has(client)) continue
      this.dropped++
      this.leave(client)
      client.cut()
    }
  }

  /** Resolves when all have, or the time is over. */
  async #wait(all: readonly Promise<void>[]): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const over = new Promise(resolve => {
      timer = setTimeout(resolve, this.#laws.patienceMs)
    })
    await Promise.race([Promise.all(all), over])
    clearTimeout(timer)
  }
}

function write(listener: Listener, bytes: Uint8Array): void {
  listener.waiting += bytes.length
  listener.client.write(bytes, () => {
    listener.waiting -= bytes.length
    if (listener.waiting === 0) listener.ring()
  })
}

function drained(listener: Listener): Promise<void> {
  return new Promise(resolve => {
    listener.ring = resolve
    if (listener.waiting === 0) resolve()
  })
}
