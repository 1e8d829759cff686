// The answers of httpIngest: one request from its head to its answer.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { dropRest, encodingOf, openBody } from './server-body.ts'
import { Receipt, type Room } from './server-room.ts'
import { Refusal, type ValueLimits, ValueReader, type Values } from './server-values.ts'
import { reasonOf } from './source-error.ts'

/**
 * Not what a page of another origin can send unasked (a form, text/plain, or no type): nothing else keeps a page that somebody
 * looks at from posting to a server on his machine.
 */
const CONTENT_TYPE = /^(application|text)\/(x-)?(ndjson|jsonl|json-?lines|json)\s*(;|$)/i

const RETRY = { 'retry-after': '1' } // seconds
const HEADERS: Readonly<Record<number, OutgoingHttpHeaders>> = {
  401: { 'www-authenticate': 'Bearer' },
  405: { allow: 'POST' },
  429: RETRY,
  503: RETRY
}

export interface IngestCounts {
  /** Values that were accepted. */
  readonly accepted: number
  /** Requests answered 429, since the flow was full. */
  readonly turnedAway: number
  /** Requests answered with another error, or broken off. */
  readonly refused: number
}

/** The options of httpIngest that bear on a request. */
export interface RequestLaws<Item> extends ValueLimits {
  readonly path: string
  readonly as: (value: unknown) => Item
  readonly token: string | undefined
  readonly answer: 'accepted' | 'taken'
  readonly maxRequests: number
  readonly waitMs: number
  readonly senderMs: number
}

export class Requests<Item> {
  readonly #room: Room<Item>
  readonly #laws: RequestLaws<Item>
  /** Those that are being read. */
  readonly #bodies = new Set<Transform>()
  #open = 0
  #turnedAway = 0
  #refused = 0
  #stopped = false

  constructor(room: Room<Item>, laws: RequestLaws<Item>) {
    this.#room = room
    this.#laws = laws
  }

  get counts(): IngestCounts {
    return { accepted: this.#room.accepted, turnedAway: this.#turnedAway, refused: this.#refused }
  }

  /** Answers 503 from now on, to those that are under way too. */
  stop(): void {
    this.#stopped = true
    for (const body of this.#bodies) body.destroy(ending())
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const receipt = new Receipt()
    this.#open++
    const refusal = await this.#accept(request, response, receipt)
    this.#open--
    if (refusal?.status === 429) this.#turnedAway++
    else if (refusal !== undefined) this.#refused++
    const status = refusal?.status ?? 200
    // Nobody else takes what a reader that has stopped left.
    const accepted = this.#room.state === 'closed' ? receipt.taken : receipt.accepted
    response.writeHead(status, {
      'content-type': 'application/json',
      ...HEADERS[status],
      ...(this.#stopped && request.complete ? { connection: 'close' } : {})
    })
    response.end(`${JSON.stringify({ accepted, line: refusal?.line, error: refusal?.message })}\n`)
    dropRest(request)
  }

  /** Why not all of a request was accepted; undefined where it was. */
  async #accept(
    request: IncomingMessage,
    response: ServerResponse,
    receipt: Receipt
  ): Promise<Refusal | undefined> {
    let refusal = this.#unwanted(request)
    if (refusal !== undefined) return refusal
    if (request.headers.expect !== undefined) response.writeContinue()
    refusal = await this.#read(request, receipt)
    if (this.#laws.answer === 'taken') await this.#room.taken(receipt)
    return this.#room.state === 'closed' && receipt.taken < receipt.accepted ? ending() : refusal
  }

  /** Why nothing of a request is read. */
  #unwanted(request: IncomingMessage): Refusal | undefined {
    const { path, token, maxBody, maxRequests } = this.#laws
    const { method, url = '', headers } = request
    if (url.split('?')[0] !== path) return new Refusal(404, `there is only ${path}`)
    if (method !== 'POST') return new Refusal(405, 'wanted POST')
    if (token !== undefined && !same(headers.authorization ?? '', `Bearer ${token}`)) {
      return new Refusal(401, 'wanted the token, as authorization: Bearer TOKEN')
    }
    const type = headers['content-type'] ?? 'none'
    if (!CONTENT_TYPE.test(type)) {
      return new Refusal(415, `wanted content-type: application/x-ndjson; got ${type}`)
    }
    if (encodingOf(request) === undefined) {
      return new Refusal(415, `wanted a body that is plain, gzip or zstd; got ${headers['content-encoding']}`)
    }
    if (Number(headers['content-length'] ?? 0) > maxBody) {
      return new Refusal(413, `a body has at most ${maxBody} bytes; send several`)
    }
    if (this.#stopped) return ending()
    if (this.#open > maxRequests) return new Refusal(429, `${maxRequests} requests are open already`)
    return this.#room.full ? full() : undefined
  }

  /** Reads a body into the room; the answer is why not to its end. */
  async #read(request: IncomingMessage, receipt: Receipt): Promise<Refusal | undefined> {
    const { as, senderMs } = this.#laws
    const body = openBody(request, encodingOf(request) ?? 'identity')
    const slow = () => body.destroy(new Refusal(408, `no item came for ${senderMs} ms`))
    let timer = setTimeout(slow, senderMs)
    let waitMs = this.#laws.waitMs
    const deliver = async (values: Values<Item>) => {
      const { items, refusal } = values
      if (items.length > 0) {
        clearTimeout(timer)
        waitMs -= await this.#deliver(values, receipt, waitMs)
        timer = setTimeout(slow, senderMs)
      }
      if (refusal !== undefined) throw refusal
    }
    this.#bodies.add(body)
    try {
      const reader = new ValueReader(as, this.#laws)
      for await (const block of body) await deliver(reader.read(block))
      await deliver(reader.end())
      return undefined
    } catch (error) {
      if (error instanceof Refusal) return error
      return new Refusal(400, `the body broke off: ${reasonOf(error)}`)
    } finally {
      clearTimeout(timer)
      this.#bodies.delete(body)
    }
  }

  /**
   * Puts values into the room; the answer is how many milliseconds that took.
   *
   * @throws Refusal where some had to stay outside.
   */
  async #deliver(values: Values<Item>, receipt: Receipt, waitMs: number): Promise<number> {
    const start = performance.now()
    const wanted = receipt.accepted + values.items.length
    await this.#room.deliver(values, receipt, waitMs)
    if (receipt.accepted < wanted) throw this.#room.state === 'open' ? full() : ending()
    return performance.now() - start
  }
}

function ending(): Refusal {
  return new Refusal(503, 'the stream is ending')
}

function full(): Refusal {
  return new Refusal(429, 'the flow is full; send what was not accepted later')
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
function same(a: string, b: string): boolean {
  const [hashA, hashB] = [a, b].map(text => createHash('sha256').update(text).digest())
  return hashA !== undefined && hashB !== undefined && timingSafeEqual(hashA, hashB)
}
