// Usage: npm run bench -- ingest [--json] [--seconds 60] [--rate 20000] [--write]
//
// What becomes of a flow to which is posted at twice its speed: httpIngest, then a flow that takes `--rate` items a second. Four
// senders in another process post numbered items of 130 bytes, 500 a request, at twice that rate, and go on so whatever they are
// answered (they should wait for Retry-After, but do not); what is turned away they send again.
//
//   offered              items that were sent, again or not
//   accepted, come_out   items; each that was accepted has come out once and in its sender's order, or there is no figure
//   turned_away          answers 429
//   rss_10s, rss_end     memory of the server's process after 10 s (a fifth of the time, if that is less) and at the end; `ratio` is
//                        the first over the second

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { throttle } from '../src/dataflow/throttle.ts'
import { httpIngest } from '../src/sources/server-ingest.ts'
import { chunksOf } from '../src/stream.ts'
import type { Posted, Sending, Sent } from './ingest-sender.ts'
import { machine } from './machine.ts'
import { runChild } from './peers/run-child.ts'
import { markdownTable, openReport } from './report.ts'
import { writeSection } from './results.ts'

const SENDERS = 4
const SENDER = fileURLToPath(new URL('ingest-sender.ts', import.meta.url))
const TICKS = 50 // parts of a second in which the flow takes its items

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' },
    write: { type: 'boolean', default: false }
  }
})
const seconds = Number(values.seconds)
const rate = Number(values.rate)
const loaded = machine()
const report = openReport(values.json)
const what = `posted at ${2 * rate} items/s for ${seconds} s to a flow that takes ${rate}`
report.say(what)

const stop = new AbortController()
// Room for half a second of the flow.
const room = Math.ceil(rate * 100)
const posts = httpIngest({ port: 0, room, waitMs: 20, as: value => value as Posted, signal: stop.signal })
const next = Array<number>(SENDERS).fill(0)
const flow = readAll()
const { url } = await posts.listening

const firstAt = Math.min(10, seconds / 5)
let early = 0
const timer = setTimeout(() => {
  early = process.memoryUsage.rss()
}, firstAt * 1000)
const sending: Sending = { url: `${url}/ingest`, senders: SENDERS, rate: 2 * rate, seconds }
const output = await runChild(process.execPath, [...process.execArgv, SENDER, JSON.stringify(sending)])
const late = process.memoryUsage.rss()
clearTimeout(timer)
stop.abort()
await flow

const sent = JSON.parse(output) as Sent
for (const [sender, accepted] of sent.accepted.entries()) {
  if (next[sender] !== accepted) {
    throw new Error(
      `ingest: of sender ${sender} ${accepted} items were accepted, and ${next[sender]} came out`
    )
  }
}
const out = next.reduce((sum, count) => sum + count, 0)
const { accepted, turnedAway } = posts.counts
if (accepted !== out || turnedAway !== sent.turnedAway) {
  throw new Error(
    `ingest: the server counts ${accepted} accepted and ${turnedAway} turned away; ${JSON.stringify(sent)}`
  )
}
const add = (
  name: string,
  value: number,
  unit: string,
  more: Readonly<Record<string, string | number>> = {}
) => report.add({ bench: 'ingest', name, value, unit, ...more })
add('offered', sent.offered, 'items')
add('accepted', accepted, 'items')
add('come_out', out, 'items')
add('speed', out / seconds, 'items/s')
add('turned_away', turnedAway, 'answers')
add('rss_10s', early / 2 ** 20, 'MB')
add('rss_end', late / 2 ** 20, 'MB', { peer: `after ${firstAt} s`, ratio: early / late })
if (values.write) writeSection('ingest', loaded, [what, markdownTable(report.rows)])
report.close()

/** The flow; its items must be each sender's next, so that none is missing and none comes twice. */
async function readAll(): Promise<void> {
  const items = throttle<Posted>({ items: Math.ceil(rate / TICKS), seconds: 1 / TICKS })(posts)
  for await (const chunk of chunksOf(items)) {
    for (const { sender, n } of chunk) {
      if (next[sender] !== n)
        throw new Error(`ingest: wanted item ${next[sender]} of sender ${sender}; got ${n}`)
      next[sender] = n + 1
    }
  }
}
