// What the sinks have in common that send each item to all who are connected.

import type { Server } from 'node:http'
import { chunksOf } from '../stream.ts'
import { ndjsonLine } from './ndjson-line.ts'
import { Audience } from './server-audience.ts'
import { finish, listen, type ServerAddress } from './server-listen.ts'
import { SinkError } from './sink-error.ts'

/** A timer that is set for longer rings at once. */
const MOST = 2 ** 31 - 1

export interface BroadcastOptions {
  /** 0 is any that is free: `listening` tells which. */
  readonly port: number
  /** Default 127.0.0.1, this machine only. */
  readonly host?: string
  /** The origin whose pages may read this, as `https://example.org`, or `*` for all. Default: pages of this server's own origin only. */
  readonly origin?: string
  /** Bytes that may wait for a client before the flow waits for it. Default 1 MiB. */
  readonly room?: number
  /** Milliseconds that the flow then waits for the client to take them, before that is dropped. Default 1000. */
  readonly patienceMs?: number
  /** Clients that may be connected at once; others are answered 503. Default 1000. */
  readonly maxClients?: number
  /** Milliseconds from one sign of life to the next. Default 15,000. */
  readonly beatMs?: number
}

/** What came of a sink that serves its items. */
export interface Broadcasted {
  readonly items: number
  /** Clients that were ever connected. */
  readonly clients: number
  /** Clients that were dropped, since they were too slow. */
  readonly dropped: number
}

/** A sink that serves its items, for one stream. */
export interface BroadcastSink<Item> {
  (items: AsyncIterable<Item>): Promise<Broadcasted>
  /** Resolves when it listens, which it does once it has a stream; rejects where it cannot. */
  readonly listening: Promise<ServerAddress>
}

/** What tells one of them from another. */
export interface Broadcast {
  readonly name: string
  readonly scheme: 'http' | 'ws'
  /** A server that takes clients into the audience. */
  open(audience: Audience): Server
  /** What clients get for some items, each in JSON. */
  frames(texts: readonly string[]): readonly Uint8Array[]
}

/** @throws RangeError for options out of range. */
export function broadcastSink<Item>(
  { name, scheme, open, frames }: Broadcast,
  options: BroadcastOptions
): BroadcastSink<Item> {
  const { port, host = '127.0.0.1' } = options
  const { room = 1024 * 1024, patienceMs = 1000, maxClients = 1000, beatMs = 15_000 } = options
  for (const [option, value] of Object.entries({ room, maxClients, patienceMs, beatMs })) {
    if (Number.isInteger(value) && value >= 1 && value <= MOST) continue
    throw new RangeError(`${name}: ${option} must be a whole number, 1 to ${MOST}; got ${value}`)
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`${name}: port must be a whole number, 0 to 65535; got ${port}`)
  }
  const listening = Promise.withResolvers<ServerAddress>()
  // Whoever does not ask is told by the sink.
  listening.promise.catch(() => {})
  let used = false

  async function sink(items: AsyncIterable<Item>): Promise<Broadcasted> {
    if (used)
      throw new SinkError(`${name}: wanted one stream, once; it has had one already, make another sink`)
    used = true
    const audience = new Audience({ room, patienceMs, maxClients, beatMs })
    const server = open(audience)
    try {
      const address = await listen(server, name, host, port)
      listening.resolve({ port: address.port, url: `${scheme}://${address.host}` })
    } catch (error) {
      audience.cut()
      listening.reject(error)
      throw error
    }
    let count = 0
    // Without the line's end.
    const json = (item: Item) => ndjsonLine(name, item, count++).slice(0, -1)
    try {
      for await (const chunk of chunksOf(items)) {
        const texts = Array.from(chunk, json)
        if (texts.length > 0) await audience.send(frames(texts))
      }
      await audience.end()
    } catch (error) {
      audience.cut()
      throw error
    } finally {
      await finish(server)
    }
    return { items: count, clients: audience.clients, dropped: audience.dropped }
  }
  return Object.assign(sink, { listening: listening.promise })
}
