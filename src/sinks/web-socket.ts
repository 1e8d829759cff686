import { chunksOf } from '../stream.ts'
import type { Chunk } from '../types.ts'
import { ndjsonLine } from './ndjson-line.ts'
import { SinkError } from './sink-error.ts'

export interface WebSocketSinkOptions {
  /** Bytes that may wait to be sent before the flow waits. Default 1 MiB. */
  readonly room?: number
}

/** Milliseconds between looks at what waits: a WebSocket does not say when it has sent something. */
const LOOK_MS = 5

/**
 * Sends items over a WebSocket, each a text message, as JSON. The flow waits while more than `room` bytes wait to be sent, so
 * it is as fast as the network and the other side. At the end it sends what waits and closes with code 1000.
 *
 * There are no acknowledgements: of what was sent before a connection is lost, the last may not have come. The sink then
 * rejects, and the stream is closed.
 *
 * @throws RangeError for options out of range; the sink rejects with SinkError where there is no connection, or it is lost.
 */
export function webSocketSink<Item = unknown>(
  url: string | URL,
  { room = 1024 * 1024 }: WebSocketSinkOptions = {}
): (items: AsyncIterable<Item>) => Promise<{ readonly items: number }> {
  if (!Number.isSafeInteger(room) || room < 1) {
    throw new RangeError(`webSocketSink: room must be a whole number of bytes, at least 1; got ${room}`)
  }
  return async items => {
    const connection = await connect(url)
    const chunks = chunksOf(items)
    let count = 0
    let waiting = false
    try {
      for (;;) {
        waiting = true
        const { done, value } = await connection.unlessLost(chunks.next())
        waiting = false
        if (done === true) break
        count += await sendAll(connection, value, count, room)
      }
      await connection.finish()
    } catch (error) {
      connection.close()
      const closed = chunks.return(undefined).catch(() => {})
      // A source that is still waiting for an item closes when it has that.
      if (!waiting) await closed
      throw error
    }
    return { items: count }
  }
}

async function sendAll(
  connection: Connection,
  items: Chunk<unknown>,
  before: number,
  room: number
): Promise<number> {
  let count = 0
  for (const item of items) {
    connection.send(ndjsonLine('webSocketSink', item, before + count++).slice(0, -1))
    if (connection.waiting > room) await connection.until(room / 2)
  }
  return count
}

/** @throws SinkError where there is none to be had. */
async function connect(url: string | URL): Promise<Connection> {
  let socket: WebSocket
  try {
    socket = new WebSocket(url)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SinkError(`webSocketSink: wanted a ws or wss address (${reason}); got ${url}`, { cause })
  }
  const connection = new Connection(url, socket)
  await connection.unlessLost(new Promise(resolve => socket.addEventListener('open', resolve)))
  return connection
}

class Connection {
  readonly #url: string | URL
  readonly #socket: WebSocket
  #closed: CloseEvent | undefined
  #failure = ''
  /** Called when the connection has ended. */
  #ring: () => void = () => {}

  constructor(url: string | URL, socket: WebSocket) {
    this.#url = url
    this.#socket = socket
    socket.addEventListener('error', event => {
      if ('message' in event && typeof event.message === 'string') this.#failure = event.message
    })
    socket.addEventListener('close', event => {
      this.#closed = event
      this.#ring()
    })
  }

  /** Bytes that wait to be sent. */
  get waiting(): number {
    return this.#socket.bufferedAmount
  }

  /** @throws SinkError where the connection is lost. */
  send(text: string): void {
    if (this.#closed !== undefined) throw this.#lost(this.#closed)
    this.#socket.send(text)
  }

  /**
   * Resolves when no more than `bytes` wait.
   *
   * @throws SinkError where the connection is lost before.
   */
  async until(bytes: number): Promise<void> {
    while (this.waiting > bytes) {
      await this.unlessLost(new Promise(resolve => setTimeout(resolve, LOOK_MS)))
    }
  }

  /**
   * What an act comes to.
   *
   * @throws SinkError where the connection is lost before.
   */
  unlessLost<Result>(act: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#ring = () => {
        if (this.#closed !== undefined) reject(this.#lost(this.#closed))
      }
      act.then(resolve, reject)
      this.#ring()
    })
  }

  /**
   * Sends what waits, and closes.
   *
   * @throws SinkError where the other side does not take it.
   */
  async finish(): Promise<void> {
    await this.until(0)
    if (this.#closed !== undefined) throw this.#lost(this.#closed)
    const closed = new Promise<CloseEvent>(resolve => this.#socket.addEventListener('close', resolve))
    this.#socket.close(1000)
    const event = await closed
    if (event.code !== 1000) throw this.#lost(event)
  }

  close(): void {
    this.#socket.close()
  }

  #lost({ code, reason }: CloseEvent): SinkError {
    const why = reason || this.#failure
    return new SinkError(
      `webSocketSink: ${this.#url}: no connection, or none any more (code ${code}${why === '' ? '' : `, ${why}`}); ` +
        'check the address and the network'
    )
  }
}
