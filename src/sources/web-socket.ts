import { chunksOf, stream } from '../stream.ts'
import type { Stream } from '../types.ts'
import type { Fallible } from './bad-records.ts'
import { type ParseNdjsonOptions, parseNdjsonOf } from './parse-ndjson.ts'
import { SourceError } from './source-error.ts'
import { follow, type Reconnect } from './web-socket-follow.ts'
import { Messages } from './web-socket-messages.ts'

const RECONNECT: Reconnect = { tries: 10, firstMs: 500, mostMs: 30_000 }

/** A timer that is set for longer rings at once. */
const LONGEST_MS = 2 ** 31 - 1

export interface WebSocketSourceOptions<Item> extends ParseNdjsonOptions<Item> {
  /** How to go on when the connection is lost; false: the stream then ends with an error. */
  readonly reconnect?: false | Partial<Reconnect>
  /** Characters of messages that may wait for the flow, each message counted with 64 more. Default 16 Mi. */
  readonly room?: number
  /** What becomes of a message for which there is no room. Default `stop`: the stream ends with an error. */
  readonly whenFull?: 'stop' | 'drop-oldest'
  /** Sent each time the connection opens: a subscription, say. */
  readonly greeting?: string
  /** Milliseconds without a message after which the connection counts as lost. Default: none. */
  readonly quietMs?: number
  /** Ends the stream, after what has come; nothing is thrown. */
  readonly signal?: AbortSignal
}

export interface WebSocketSource<Item> extends Stream<Item>, Fallible {
  /** How often the connection was lost and tried again. What was sent meanwhile is not known here. */
  readonly reconnects: number
  /** Messages that were dropped, oldest first, since the flow was slower. */
  readonly dropped: number
}

/**
 * The values that a WebSocket sends: each message is one in JSON, or several, a line each; text, or its bytes in UTF-8.
 *
 * A WebSocket cannot be told to wait, so what comes faster than the flow takes it waits here, up to `room`. Beyond that the stream
 * ends with an error, after what waits; or with `drop-oldest` the oldest messages are dropped and counted, and the flow has the
 * newest. What is no JSON, or for which `as` throws, goes by `onError`.
 *
 * It connects when the stream is read, and the first time must succeed. A server that closes with code 1000 ends the stream; any
 * other end is a loss, after which it tries again: after `firstMs` (default 500), and after each failure twice as long, up to
 * `mostMs` (default 30,000), less up to half of it by chance. What was sent while it was away is lost.
 *
 * @throws RangeError or TypeError for options out of range; the stream throws SourceError.
 */
export function webSocketSource<Item = unknown>(
  url: string | URL,
  options: WebSocketSourceOptions<Item> = {}
): WebSocketSource<Item> {
  const { whenFull = 'stop', room = 16 * 1024 * 1024, greeting, quietMs } = options
  if (!Number.isSafeInteger(room) || room < 1) {
    throw new RangeError(
      `webSocketSource: room must be a whole number of characters, at least 1; got ${room}`
    )
  }
  if (whenFull !== 'stop' && whenFull !== 'drop-oldest') {
    throw new TypeError(`webSocketSource: whenFull must be 'stop' or 'drop-oldest'; got ${String(whenFull)}`)
  }
  const reconnect = { ...RECONNECT, ...(options.reconnect === false ? { tries: 0 } : options.reconnect) }
  const { tries, firstMs, mostMs } = reconnect
  if (!(tries >= 0)) throw new RangeError(`webSocketSource: tries must be at least 0; got ${tries}`)
  for (const [name, ms] of Object.entries({ firstMs, mostMs, quietMs: quietMs ?? 1 })) {
    if (ms > 0 && ms <= LONGEST_MS) continue
    throw new RangeError(
      `webSocketSource: ${name} must be a number of milliseconds above 0, at most ${LONGEST_MS}; got ${ms}`
    )
  }
  const messages = new Messages(room, whenFull === 'drop-oldest')
  let reconnects = 0
  const parse = parseNdjsonOf({ source: 'webSocketSource', of: ` of ${url}` }, options)

  async function* lines(): AsyncGenerator<string[]> {
    const stopped = new AbortController()
    const stop = () => {
      stopped.abort()
      messages.end()
    }
    options.signal?.addEventListener('abort', stop)
    if (options.signal?.aborted) stop()
    const full = new SourceError(
      `webSocketSource: ${url} sends faster than the flow takes it, and more than ${room} characters wait; ` +
        "make the flow faster, give more room, or whenFull: 'drop-oldest'"
    )
    const hear = (text: string) => {
      if (messages.put(text)) return
      messages.end(full)
      stopped.abort()
    }
    const onReconnect = () => {
      reconnects++
    }
    follow(url, { reconnect, greeting, quietMs, hear, onReconnect, signal: stopped.signal }).then(
      () => messages.end(),
      error => messages.end(error)
    )
    try {
      for (let texts = await messages.take(); texts !== undefined; texts = await messages.take()) {
        yield texts.flatMap(linesIn)
      }
    } finally {
      options.signal?.removeEventListener('abort', stop)
      stop()
    }
  }

  const values = parse(stream(lines))
  return {
    ...stream(() => chunksOf(values)),
    get failed() {
      return parse.failed
    },
    get reconnects() {
      return reconnects
    },
    get dropped() {
      return messages.dropped
    }
  }
}

/** The values of a message, each still as text; one alone may be written over several lines. */
function linesIn(message: string): string[] {
  return message.includes('\n') && !isJson(message) ? message.split('\n') : [message]
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
