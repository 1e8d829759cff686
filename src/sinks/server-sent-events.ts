import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Audience, Client } from './server-audience.ts'
import { type BroadcastOptions, type BroadcastSink, broadcastSink } from './server-broadcast.ts'

export interface ServerSentEventsOptions extends BroadcastOptions {
  /** Default `/events`. */
  readonly path?: string
  /** Bytes of the latest events that are kept for clients that come back. Default 1 MiB. */
  readonly history?: number
}

/**
 * Serves items as server-sent events (`GET /events`, what a browser's EventSource reads): each item is an event to all who are
 * connected, with an id. Its data is the item as JSON.
 *
 * A client that comes back with the id it had last (`Last-Event-ID`, which an EventSource sends by itself) first gets what came
 * since. Where that is not kept any more, or the id is of another run, it gets an event `gap` and then all that is kept. One that
 * comes without an id gets what comes from now on. When the stream ends, all get an event `end`.
 *
 * The flow is as fast as its source, not as its clients: one for which more than `room` bytes wait is waited for, `patienceMs` at
 * most, and then dropped, and it may come back. In memory for each client: `room` and one chunk.
 *
 * @throws RangeError for options out of range; the sink rejects where the port cannot be had.
 */
export function serverSentEvents<Item = unknown>(options: ServerSentEventsOptions): BroadcastSink<Item> {
  const { path = '/events', origin, history = 1024 * 1024 } = options
  if (!Number.isSafeInteger(history) || history < 0) {
    throw new RangeError(`serverSentEvents: history must be a whole number of bytes; got ${history}`)
  }
  const kept = new History(history)
  const open = (audience: Audience): Server =>
    createServer((request, response) => {
      const refused = (status: number, text: string) =>
        response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
      if (request.url?.split('?')[0] !== path) return refused(404, `there is only ${path}`)
      if (request.method !== 'GET') return refused(405, 'wanted GET')
      if (audience.full) return refused(503, 'there are clients enough; come later')
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        connection: 'close',
        ...(origin === undefined ? {} : { 'access-control-allow-origin': origin, vary: 'origin' })
      })
      response.flushHeaders()
      const client = clientOf(response)
      audience.add(client, kept.since(request))
      response.on('close', () => audience.leave(client))
    })
  const frames = (texts: readonly string[]) => [Buffer.concat(texts.map(text => kept.add(text)))]
  return broadcastSink({ name: 'serverSentEvents', scheme: 'http', open, frames }, options)
}

function clientOf(response: ServerResponse): Client {
  return {
    write: (bytes, written) => void response.write(bytes, written),
    // A comment, which readers skip.
    beat: () => void response.write(':\n\n'),
    end: () => void response.end('event: end\ndata: {}\n\n'),
    cut: () => void response.destroy()
  }
}

/** The latest events, with ids that no other run has. */
class History {
  readonly #most: number
  readonly #run = Date.now().toString(36)
  readonly #events: Buffer[] = []
  #bytes = 0
  #count = 0

  constructor(most: number) {
    this.#most = most
  }

  /** The event of a text. */
  add(text: string): Buffer {
    const event = Buffer.from(`id: ${this.#run}-${++this.#count}\ndata: ${text}\n\n`)
    this.#events.push(event)
    this.#bytes += event.length
    while (this.#bytes > this.#most) this.#bytes -= this.#events.shift()?.length ?? 0
    return event
  }

  /** What a client has missed; undefined where that is nothing. */
  since({ headers }: IncomingMessage): Buffer | undefined {
    const id = headers['last-event-id']
    if (id === undefined) return undefined
    const [, run, number] = /^(\w+)-(\d{1,15})$/.exec(String(id)) ?? []
    const had = run === this.#run ? Number(number) : -1
    const missed = this.#count - had
    if (missed === 0) return undefined
    const known = had >= 0 && missed > 0 && missed <= this.#events.length
    if (known) return Buffer.concat(this.#events.slice(-missed))
    return Buffer.concat([Buffer.from('event: gap\ndata: {}\n\n'), ...this.#events])
  }
}
