import { once } from 'node:events'
import type { Server } from 'node:http'
import { SinkError } from './sink-error.ts'

/** Where a server is reached. */
export interface ServerAddress {
  readonly port: number
  /** From this machine, without the path; a server on every interface is on the loopback too. */
  readonly url: string
}

/** Time that connections have to take what is left for them, in milliseconds. */
const FINISHING_MS = 1000

/**
 * Begins to listen; port 0 is any that is free.
 *
 * @throws SinkError where the host and port cannot be had.
 */
export async function listen(
  server: Server,
  sink: string,
  host: string,
  port: number
): Promise<Omit<ServerAddress, 'url'> & { readonly host: string }> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SinkError(
      `${sink}: ${host}:${port} cannot be had (${reason}); give another port, or 0 for any`,
      {
        cause
      }
    )
  }
  // A connection that could not be accepted costs nobody else anything.
  server.on('error', () => {})
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error(`internal: a server at ${bound}`)
  const { address, port: own, family } = bound
  if (family === 'IPv6') return { port: own, host: `[${address === '::' ? '::1' : address}]:${own}` }
  return { port: own, host: `${address === '0.0.0.0' ? '127.0.0.1' : address}:${own}` }
}

/** Listens no more, and resolves when all connections have ended, cut after a time if need be. */
export async function finish(server: Server): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  const timer = setTimeout(() => server.closeAllConnections(), FINISHING_MS)
  await closed
  clearTimeout(timer)
}
