import { once } from 'node:events'
import type { Server } from 'node:http'
import { reasonOf, SourceError } from './source-error.ts'

/** Where a server is reached. */
export interface ServerAddress {
  readonly port: number
  /** From this machine; a server on every interface is on the loopback too. */
  readonly url: string
}

/** Time that connections have to finish what they are at, in milliseconds. */
const FINISHING_MS = 1000

/**
 * Begins to listen; port 0 is any that is free.
 *
 * @throws SourceError where the host and port cannot be had.
 */
export async function listen(
  server: Server,
  source: string,
  host: string,
  port: number
): Promise<ServerAddress> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new SourceError(
      `${source}: ${host}:${port} cannot be had (${reasonOf(cause)}); give another port, or 0 for any`,
      { cause }
    )
  }
  // A connection that could not be accepted costs nobody else anything.
  server.on('error', () => {})
  return addressOf(server)
}

/** Resolves when the connections of a server that no longer listens have ended, cut after a time if need be. */
export async function finish(closed: Promise<void>, server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), FINISHING_MS)
  await closed
  clearTimeout(timer)
}

function addressOf(server: Server): ServerAddress {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error(`internal: a server at ${bound}`)
  const { address, port, family } = bound
  const host = family === 'IPv6' ? `[${address === '::' ? '::1' : address}]` : address
  return { port, url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}` }
}
