import { readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { JobEvent } from '../jobs/events.ts'
import type { FlowEvent } from '../jobs/flow-events.ts'
import { fileStore } from '../sinks/file-store.ts'
import type { Swarm } from '../types.ts'
import { describe, UsageError } from './exit.ts'
import { openMetrics } from './metrics.ts'
import { STATUS_FILE, type StatusNote } from './status-note.ts'

export interface StatusServerOptions {
  readonly swarm: Pick<Swarm, 'peer' | 'status'>
  /** The peer's state folder, in which the address is noted. */
  readonly state: string
  /** Default 127.0.0.1: this machine only, since nothing here asks who is reading. */
  readonly host?: string
  /** Default 0: any. */
  readonly port?: number
}

/** Serves `/metrics` (Prometheus) and `/status` (SwarmStatus as JSON). */
export interface StatusServer {
  readonly address: string
  /** Takes words or items, pace and loss from the job's events. */
  tell(event: JobEvent | FlowEvent): void
  close(): Promise<void>
}

/**
 * Opens the server and notes its address in the state folder; the note goes when it is closed, or with the process.
 * @throws UsageError where the host and port cannot be had
 */
export async function openStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { swarm, state, host = '127.0.0.1', port = 0 } = options
  const metrics = openMetrics(() => swarm.status())
  const pages: Readonly<Record<string, () => Promise<readonly [type: string, body: string]>>> = {
    '/metrics': async () => [metrics.contentType, await metrics.text()],
    '/status': async () => ['application/json', `${JSON.stringify(swarm.status())}\n`]
  }
  const server = createServer(async ({ method, url = '' }, response) => {
    const page = pages[url.split('?')[0] ?? '']
    if (page === undefined) return answer(response, 404, 'text/plain', 'there is /metrics and /status\n')
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, 'text/plain', 'only GET\n')
    try {
      answer(response, 200, ...(await page()))
    } catch (error) {
      answer(response, 500, 'text/plain', `${describe(error)}\n`)
    }
  })
  await listen(server, host, port).catch(cause => {
    metrics.close()
    throw new UsageError(
      `start: --metrics: ${host}:${port} cannot be had (${describe(cause)}); give another port`,
      { cause }
    )
  })
  // A peer that is done should not wait for whoever still reads its status.
  server.unref()
  const address = addressOf(server)
  const note: StatusNote = { address, peer: swarm.peer, process: process.pid }
  const forget = () => forgetNote(join(state, STATUS_FILE), address)
  process.once('exit', forget)
  const close = async () => {
    process.off('exit', forget)
    forget()
    metrics.close()
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  try {
    await fileStore(state).write(STATUS_FILE, [new TextEncoder().encode(`${JSON.stringify(note)}\n`)])
  } catch (error) {
    await close()
    throw error
  }
  return { address, tell: event => metrics.tell(event), close }
}

function answer(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type }).end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** From this machine; a server on every interface is on the loopback too. */
function addressOf(server: Server): string {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error(`internal: a status server at ${bound}`)
  const { address, port, family } = bound
  if (family === 'IPv6') return `http://[${address === '::' ? '::1' : address}]:${port}`
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${port}`
}

/** Removes the note, unless another peer has written its own since. */
function forgetNote(path: string, address: string): void {
  try {
    if (JSON.parse(readFileSync(path, 'utf8')).address === address) rmSync(path)
  } catch {
    // It is gone already.
  }
}
