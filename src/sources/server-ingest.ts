import { createServer, type RequestListener, type Server } from 'node:http'
import { stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import { finish, listen, type ServerAddress } from './server-listen.ts'
import { type IngestCounts, type RequestLaws, Requests } from './server-requests.ts'
import { Room } from './server-room.ts'
import { SourceError } from './source-error.ts'

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface HttpIngestOptions<Item = unknown> {
  /** 0 is any that is free: `listening` tells which. */
  readonly port: number
  /** Default 127.0.0.1, this machine only. */
  readonly host?: string
  /** Default `/ingest`. */
  readonly path?: string
  /** Makes an item of a value, or throws where it is none: the sender then hears why. Default: the value as it is. */
  readonly as?: (value: unknown) => Item
  /** What a sender has to give as `Authorization: Bearer …`. Default: nothing. */
  readonly token?: string
  /**
   * When a sender is told that its items are accepted: `accepted`, when they wait for the flow, or `taken`, when the flow has come
   * back for more after it had them. Default `accepted`.
   */
  readonly answer?: 'accepted' | 'taken'
  /** Bytes of lines that may wait for the flow, each counted with 64 more. Default 16 MiB. */
  readonly room?: number
  /** Bytes of a body, decompressed. Default 64 MiB. */
  readonly maxBody?: number
  /** Bytes of a line. Default 1 MiB. */
  readonly maxLineBytes?: number
  /** Requests that may be open at once; eight times as many connections. Default 64. */
  readonly maxRequests?: number
  /** Milliseconds that a request waits for room, in all. Default 5000. */
  readonly waitMs?: number
  /** Milliseconds that a sender may take for the head of a request, and then for each item. Default 30,000. */
  readonly senderMs?: number
  /** Ends the stream: nothing is thrown. */
  readonly signal?: AbortSignal
}

export interface HttpIngest<Item> extends Stream<Item> {
  /** Resolves when it listens, which it does once the stream is read; rejects where it cannot, or the stream ends before. */
  readonly listening: Promise<ServerAddress>
  /** What has come of the requests so far. */
  readonly counts: IngestCounts
}

/**
 * The values that others post as NDJSON (`POST /ingest`; one JSON value a line; plain, gzip or zstd).
 *
 * Every answer says in JSON how many values of the request were accepted: always its first ones, and after them nothing. So a
 * sender that has no 200 sends what comes after them again. What is accepted comes out once, in the order of its request.
 *
 *     200                  all were accepted
 *     429 and Retry-After  the flow is full: at once where there is no room when the request comes, else after waiting `waitMs`
 *     400 or 413           a line, whose number is given, is no JSON, not what `as` wants or too long; or the body is too long
 *     408                  the sender took longer than `senderMs` for an item
 *     503 and Retry-After  the stream is ending
 *
 * A line is taken when its end has come, or that of the whole body: of a sender that breaks off what came before is accepted,
 * though it hears of it no more. With `answer: 'taken'` a sender that repeats what it got no answer for loses nothing, whatever
 * becomes of the flow: at least once.
 *
 * When `signal` aborts it stops listening, hands out what was accepted, and ends; a reader that stops leaves what still waits.
 * In memory: the room, and for each open request a line and some blocks of 64 KiB.
 *
 * @throws RangeError or TypeError for options out of range; the stream throws SourceError where the port cannot be had.
 */
export function httpIngest<Item = unknown>(options: HttpIngestOptions<Item>): HttpIngest<Item> {
  const { port, host = '127.0.0.1', signal } = options
  const laws = lawsOf(options)
  const room = new Room<Item>(laws.room)
  const requests = new Requests(room, laws)
  const listening = Promise.withResolvers<ServerAddress>()
  // Whoever does not ask is told by the stream.
  listening.promise.catch(() => {})

  async function* chunks(): AsyncGenerator<readonly Item[]> {
    if (signal?.aborted) {
      listening.reject(new SourceError('httpIngest: ended before it listened'))
      return
    }
    const server = serverOf(requests, laws)
    const closed = Promise.withResolvers<void>()
    let listens = false
    const stop = () => {
      if (listens) server.close(() => closed.resolve())
      listens = false
      requests.stop()
      room.end()
    }
    try {
      const address = await listen(server, 'httpIngest', host, port)
      listens = true
      listening.resolve(address)
    } catch (error) {
      listening.reject(error)
      throw error
    }
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      yield* room.chunks()
    } finally {
      signal?.removeEventListener('abort', stop)
      stop()
      await finish(closed.promise, server)
    }
  }

  return {
    ...stream(chunks),
    listening: listening.promise,
    get counts() {
      return requests.counts
    }
  }
}

function serverOf<Item>(requests: Requests<Item>, { maxRequests, senderMs }: RequestLaws<Item>): Server {
  const server = createServer({
    headersTimeout: senderMs,
    // A long body is no fault; a slow one is noticed by its items.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.ceil(senderMs / 4)
  })
  server.maxConnections = 8 * maxRequests
  const receive: RequestListener = (request, response) => void requests.receive(request, response)
  return server.on('request', receive).on('checkContinue', receive)
}

function lawsOf<Item>(options: HttpIngestOptions<Item>): RequestLaws<Item> & { readonly room: number } {
  const { port, path = '/ingest', as = value => value as Item, token, answer = 'accepted' } = options
  const { room = 16 * 1024 * 1024, maxBody = 64 * 1024 * 1024, maxLineBytes = 1024 * 1024 } = options
  const { maxRequests = 64, waitMs = 5000, senderMs = 30_000 } = options
  check({ port }, 0, 65_535)
  check({ room, maxBody, maxLineBytes, maxRequests }, 1, Number.MAX_SAFE_INTEGER)
  check({ waitMs }, 0, LONGEST_MS)
  check({ senderMs }, 1, LONGEST_MS)
  if (!path.startsWith('/')) throw new RangeError(`httpIngest: path must begin with a /; got ${path}`)
  if (answer !== 'accepted' && answer !== 'taken') {
    throw new TypeError(`httpIngest: answer must be 'accepted' or 'taken'; got ${String(answer)}`)
  }
  return { path, as, token, answer, room, maxBody, maxLineBytes, maxRequests, waitMs, senderMs }
}

function check(options: Readonly<Record<string, number>>, least: number, most: number): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value >= least && value <= most) continue
    throw new RangeError(`httpIngest: ${name} must be a whole number, ${least} to ${most}; got ${value}`)
  }
}
