import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Audience, Client } from './server-audience.ts'
import { type BroadcastOptions, type BroadcastSink, broadcastSink } from './server-broadcast.ts'

export interface WebSocketServerOptions extends BroadcastOptions {
  /** Default `/`. */
  readonly path?: string
}

/** Bytes of a message from a client; nobody reads them. */
const MAX_MESSAGE_BYTES = 1024

/**
 * Serves items to WebSocket clients: each item is a text message to all who are connected, as JSON. What comes from them is not
 * read. A client gets what comes while it is there; messages have no ids to come back with, as server-sent events have.
 *
 * When the stream ends, all are closed with code 1000, so that a `webSocketSource` that reads them ends too; when it fails, they
 * are cut. A slow client is waited for and dropped as with `serverSentEvents`; one that has not answered a sign of life by the next
 * is cut, but not counted.
 *
 * @throws RangeError for options out of range; the sink rejects where the port cannot be had.
 */
export function webSocketServer<Item = unknown>(options: WebSocketServerOptions): BroadcastSink<Item> {
  const { path = '/', origin } = options
  const open = (audience: Audience): Server => {
    const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
    const server = createServer((_request, response) => {
      response
        .writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' })
        .end('wanted a WebSocket\n')
    })
    server.on('upgrade', (request, socket, head) => {
      const status = refusalOf(request, path, origin, audience)
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n\r\n`)
        return
      }
      sockets.handleUpgrade(request, socket, head, socket => {
        const client = clientOf(socket)
        audience.add(client)
        socket.on('close', () => audience.leave(client))
        // What it sends wrongly closes it.
        socket.on('error', () => {})
      })
    })
    return server
  }
  const frames = (texts: readonly string[]) => texts.map(text => Buffer.from(text))
  return broadcastSink({ name: 'webSocketServer', scheme: 'ws', open, frames }, options)
}

/** The status that a client is refused with; undefined where it is welcome. */
function refusalOf(
  { url, headers }: IncomingMessage,
  path: string,
  origin: string | undefined,
  audience: Audience
): number | undefined {
  if (url?.split('?')[0] !== path) return 404
  // Browsers let any page open a WebSocket and leave it to the server to look whose it is.
  const own = [undefined, `http://${headers.host}`, `https://${headers.host}`, origin]
  if (origin !== '*' && !own.includes(headers.origin)) return 403
  return audience.full ? 503 : undefined
}

function clientOf(socket: WebSocket): Client {
  let alive = true
  socket.on('pong', () => {
    alive = true
  })
  return {
    write: (bytes, written) => socket.send(bytes, { binary: false }, written),
    beat() {
      if (!alive) return socket.terminate()
      alive = false
      socket.ping()
    },
    end: () => socket.close(1000),
    cut: () => socket.terminate()
  }
}
