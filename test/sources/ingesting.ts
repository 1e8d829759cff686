import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { type HttpIngest, type HttpIngestOptions, httpIngest } from '../../src/sources/server-ingest.ts'

/** What a server of httpIngest answers. */
export interface Answer {
  readonly status: number
  readonly accepted: number
  readonly line?: number
  readonly error?: string
  readonly retryAfter?: string
}

export interface Serving<Item> {
  readonly ingest: HttpIngest<Item>
  readonly port: number
  readonly url: string
  /** The next chunk's items; undefined at the end. */
  next(): Promise<Item[] | undefined>
  /** The reader stops. */
  leave(): Promise<void>
  /** The signal aborts. */
  stop(): void
}

/** A server on a free port, whose first chunk is asked for already. */
export async function serve<Item = unknown>(
  t: TestContext,
  options: Partial<HttpIngestOptions<Item>> = {}
): Promise<Serving<Item>> {
  const abort = new AbortController()
  const ingest = httpIngest<Item>({ port: 0, signal: abort.signal, ...options })
  const chunks = ingest.chunks()
  let asked: ReturnType<typeof chunks.next> | undefined = chunks.next()
  const { port, url } = await ingest.listening
  const leave = async () => {
    await chunks.return(undefined)
  }
  t.after(async () => {
    abort.abort()
    await leave()
  })
  return {
    ingest,
    port,
    url: `${url}/ingest`,
    async next() {
      const { done, value } = await (asked ?? chunks.next())
      asked = undefined
      return done === true ? undefined : [...value]
    },
    leave,
    stop: () => abort.abort()
  }
}

/** Reads to the end; `items` fills meanwhile. */
export function readAll<Item>({ next }: Serving<Item>): { items: Item[]; ended: Promise<void> } {
  const items: Item[] = []
  const ended = (async () => {
    for (let chunk = await next(); chunk !== undefined; chunk = await next()) items.push(...chunk)
  })()
  return { items, ended }
}

export async function post(
  url: string,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {}
): Promise<Answer> {
  const all = { 'content-type': 'application/x-ndjson', ...headers }
  const request: RequestInit & { duplex: 'half' } = { method: 'POST', body, headers: all, duplex: 'half' }
  const response = await fetch(url, request)
  const retryAfter = response.headers.get('retry-after')
  const answer = { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) }
  return retryAfter === null ? answer : { ...answer, retryAfter }
}

/** Numbered values, a line each. */
export function numbered(count: number, first = 0): string {
  return Array.from({ length: count }, (_, i) => `{"n":${first + i}}\n`).join('')
}

export const HEAD =
  'POST /ingest HTTP/1.1\r\nhost: me\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n'

/** Part of a chunked body. */
export function part(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

/** A connection that has sent a text. */
export async function say(t: TestContext, port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** What comes through a connection until it matches, or until it is closed. */
export function heard(socket: Socket, wanted: RegExp): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    socket.on('data', data => {
      text += data
      if (wanted.test(text)) resolve(text)
    })
    socket.on('close', () => resolve(text))
  })
}
