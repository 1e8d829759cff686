// The bodies of requests, read whole within limits.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { encodingOf, openBody } from '../sources/server-body.ts'
import { reasonOf } from '../sources/source-error.ts'
import { Refusal } from './refusal.ts'

export interface BodyLaws {
  /** Bytes of a body, decompressed. */
  readonly maxBody: number
  readonly senderMs: number
}

/** Largest bodies for which there is room at once. */
const AT_ONCE = 8

export class Bodies {
  readonly #laws: BodyLaws
  /** Those that are being read. */
  readonly #open = new Set<Transform>()
  /** Bytes of these that have come. */
  #bytes = 0

  constructor(laws: BodyLaws) {
    this.#laws = laws
  }

  /** Refuses those that have not come whole yet. */
  stop(refusal: Refusal): void {
    for (const body of this.#open) body.destroy(refusal)
  }

  /** @throws Refusal where the body is too long, too slow, broken off, of another encoding, or there is no room. */
  async read(request: IncomingMessage, response: ServerResponse): Promise<Uint8Array> {
    const { maxBody, senderMs } = this.#laws
    const encoding = encodingOf(request)
    if (encoding === undefined) {
      const got = request.headers['content-encoding']
      throw new Refusal(415, `wanted a body that is plain, gzip or zstd; got ${got}`)
    }
    if (Number(request.headers['content-length'] ?? 0) > maxBody) throw tooLong(maxBody)
    if (request.headers.expect !== undefined) response.writeContinue()
    const body = openBody(request, encoding)
    const slow = new Refusal(408, `the body took longer than ${senderMs} ms`)
    const timer = setTimeout(() => body.destroy(slow), senderMs)
    const blocks: Uint8Array[] = []
    let length = 0
    this.#open.add(body)
    try {
      for await (const block of body) {
        length += block.length
        this.#bytes += block.length
        if (length > maxBody) throw tooLong(maxBody)
        if (this.#bytes > AT_ONCE * maxBody) throw Refusal.later('too many bodies come at once')
        blocks.push(block)
      }
      return Buffer.concat(blocks, length)
    } catch (error) {
      if (error instanceof Refusal) throw error
      throw new Refusal(400, `the body broke off: ${reasonOf(error)}`, { cause: error })
    } finally {
      clearTimeout(timer)
      this.#open.delete(body)
      this.#bytes -= length
    }
  }
}

function tooLong(maxBody: number): Refusal {
  return new Refusal(413, `a body has at most ${maxBody} bytes`)
}
