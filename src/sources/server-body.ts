// The bytes of a request's body, decompressed.

import type { IncomingMessage } from 'node:http'
import { PassThrough, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'

const ENCODINGS: Readonly<Record<string, () => Transform>> = {
  identity: () => new PassThrough(),
  gzip: () => createGunzip(),
  zstd: () => createZstdDecompress()
}

/** Time that a sender has, after its answer, to finish what it sends, in milliseconds. */
const LINGER_MS = 1000

/** What a body is compressed with: identity, gzip or zstd; undefined where it is something else. */
export function encodingOf({ headers }: IncomingMessage): string | undefined {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  return Object.hasOwn(ENCODINGS, encoding) ? encoding : undefined
}

/** A body of one of these encodings. Destroying it leaves the connection as it is, so that there can still be an answer. */
export function openBody(request: IncomingMessage, encoding: string): Transform {
  const body = (ENCODINGS[encoding] as () => Transform)()
  // Its reader may have left already.
  body.on('error', () => {})
  request.on('error', error => body.destroy(error))
  return request.pipe(body)
}

/**
 * Reads and drops what a sender goes on to send after its answer, and cuts it off if that is much: at a connection that is
 * closed on the spot, a sender in the midst of writing may not get to read the answer.
 */
export function dropRest(request: IncomingMessage): void {
  request.unpipe()
  request.resume()
  if (request.complete) return
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS)
  request.once('close', () => clearTimeout(timer))
}
