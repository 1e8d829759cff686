// One connection of webSocketSource.

/** How a connection came to its end. */
export interface Ending {
  /** Whether it was ever there. */
  readonly opened: boolean
  /** Whether a message came. */
  readonly heard: boolean
  /** The close code: 1000 where the server has no more to say. */
  readonly code: number
  readonly reason: string
}

export interface ConnectionOptions {
  /** Sent when it opens. */
  readonly greeting: string | undefined
  /** Milliseconds without a message after which it counts as lost. */
  readonly quietMs: number | undefined
  readonly signal: AbortSignal
  /** Hears a message. */
  readonly hear: (text: string) => void
}

/**
 * Opens a connection and reads it to its end, which is at once when the signal aborts.
 *
 * @throws SyntaxError where the address is none for a WebSocket.
 */
export function readConnection(url: string | URL, options: ConnectionOptions): Promise<Ending> {
  const { greeting, quietMs, signal, hear } = options
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const decoder = new TextDecoder()
  let opened = false
  let heard = false
  let failure = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  return new Promise(resolve => {
    const end = (code: number, reason: string) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      // Not waited for: whoever is gone would not answer.
      socket.close()
      resolve({ opened, heard, code, reason })
    }
    const stop = () => end(1000, 'stopped')
    const wait = () => {
      clearTimeout(timer)
      if (quietMs !== undefined) {
        timer = setTimeout(() => end(1006, `nothing came for ${quietMs} ms`), quietMs)
      }
    }
    socket.addEventListener('open', () => {
      opened = true
      if (greeting !== undefined) socket.send(greeting)
    })
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (signal.aborted) return
      heard = true
      wait()
      hear(typeof data === 'string' ? data : decoder.decode(data))
    })
    socket.addEventListener('error', event => {
      if ('message' in event && typeof event.message === 'string') failure = event.message
    })
    socket.addEventListener('close', ({ code, reason }) => end(code, reason || failure))
    signal.addEventListener('abort', stop)
    wait()
  })
}
