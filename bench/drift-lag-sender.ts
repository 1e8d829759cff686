// A feed of tweets for bench/drift-lag.ts, in a process of its own that was forked: it says where it listens, and when a feed begins. GET
// /?rate=R&seconds=S gives R · S tweets as NDJSON, by the clock, whether they are read or not: tweet n, from 1, is due n / R seconds
// after the beginning.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readTweets } from './drift-sentiment-data.ts'

/** What the process says. */
export type Said =
  | { readonly url: string }
  /** A feed has begun: ms since 1970, with fractions. */
  | { readonly start: number }

/** Milliseconds between two looks at the clock. */
const TICK_MS = 1

/** Milliseconds since 1970, finer than Date.now(); the same for all processes of a machine, but for a fraction of a millisecond. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

if (import.meta.main) {
  const sample = await readTweets()
  if (sample === undefined) throw new Error('drift: no ../shared/data/tweets here')
  // What comes after is of one class.
  const lines = sample.tweets.slice(0, sample.balanced).map(tweet => `${JSON.stringify(tweet)}\n`)
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '', 'http://feed').searchParams
    feed(lines, Number(asked.get('rate')), Number(asked.get('seconds')), response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  say({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  // Nobody is left to feed.
  process.on('disconnect', () => process.exit())
}

/** Sends so many tweets a second, round the sample if need be. */
function feed(lines: readonly string[], rate: number, seconds: number, response: ServerResponse): void {
  const total = Math.round(rate * seconds)
  const start = now()
  let sent = 0
  say({ start })
  const tick = () => {
    const due = Math.min(total, Math.floor(((now() - start) / 1000) * rate))
    let text = ''
    for (; sent < due; sent++) text += lines[sent % lines.length]
    if (text !== '') response.write(text)
    if (sent === total) response.end()
    else if (!response.destroyed) setTimeout(tick, TICK_MS)
  }
  tick()
}

function say(said: Said): void {
  process.send?.(said)
}
