// One connection after another.

import { reasonOf, SourceError } from './source-error.ts'
import { type ConnectionOptions, type Ending, readConnection } from './web-socket-connection.ts'

/** How a connection that was lost is opened again. */
export interface Reconnect {
  /** Tries without a message in between, after which the stream ends with an error. Default 10. */
  readonly tries: number
  /** Milliseconds before the first try. Default 500. */
  readonly firstMs: number
  /** Milliseconds before any try, at most. Default 30,000. */
  readonly mostMs: number
}

export interface FollowOptions extends ConnectionOptions {
  readonly reconnect: Reconnect
  /** Hears that it tries again. */
  readonly onReconnect: () => void
}

/**
 * Reads one connection after another; resolves when the server has no more to say, or the signal aborts.
 *
 * @throws SourceError where there is none to be had.
 */
export async function follow(url: string | URL, options: FollowOptions): Promise<void> {
  const { reconnect, onReconnect, signal } = options
  let failures = 0
  for (let first = true; !signal.aborted; first = false) {
    if (!first) onReconnect()
    const ending = await connect(url, options)
    if (signal.aborted || (ending.opened && ending.code === 1000)) return
    failures = ending.heard ? 1 : failures + 1
    if (failures > reconnect.tries || (first && !ending.opened)) throw lost(url, ending, failures)
    await pause(delayOf(failures, reconnect, Math.random()), signal)
  }
}

/** Milliseconds before the `failures`-th try in a row: twice as many each time, of which the second half is left to chance; `random` is 0 to 1. */
export function delayOf(
  failures: number,
  { firstMs, mostMs }: Omit<Reconnect, 'tries'>,
  random: number
): number {
  return Math.min(mostMs, firstMs * 2 ** (failures - 1)) * (0.5 + random / 2)
}

async function connect(url: string | URL, options: ConnectionOptions): Promise<Ending> {
  try {
    return await readConnection(url, options)
  } catch (cause) {
    throw new SourceError(`webSocketSource: wanted a ws or wss address (${reasonOf(cause)}); got ${url}`, {
      cause
    })
  }
}

/** Resolves after so many milliseconds, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, signal.aborted ? 0 : ms)
    signal.addEventListener('abort', done)
  })
}

function lost(url: string | URL, { opened, code, reason }: Ending, failures: number): SourceError {
  const what = opened ? 'the connection was lost' : 'no connection'
  const why = reason === '' ? `code ${code}` : `code ${code}, ${reason}`
  const times = failures > 1 ? `, ${failures} times in a row` : ''
  return new SourceError(
    `webSocketSource: ${url}: ${what} (${why})${times}; check the address and the network`
  )
}
