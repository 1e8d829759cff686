// A peer of bench/dataflow-routing.ts, in a process of its own: node bench/dataflow-routing-peer.ts PART, as JSON.

import { openSync, writeSync } from 'node:fs'
import { exchange } from '../src/dataflow/exchange.ts'
import { hashText } from '../src/dataflow/line-hash.ts'
import { ownersOf, partitionOf } from '../src/dataflow/partitions.ts'
import { emptyReplica } from '../src/jobs/empty-replica.ts'
import { openNode } from '../src/net/node.ts'
import { loadIdentity } from '../src/net/node-identity.ts'
import { joinSwarm } from '../src/net/swarm.ts'
import { chunksOf, stream } from '../src/stream.ts'
import type { Swarm } from '../src/types.ts'

/** What a peer does. */
export interface Part {
  /** Where its identity is kept. */
  readonly folder: string
  /** Gets the numbers of all items that come out here, as u32, before they are answered. */
  readonly log: string
  readonly bootstrap: readonly string[]
  /** What it sends; a peer without that only receives. */
  readonly send?: {
    readonly items: number
    /** Items a second; undefined for as many as go. */
    readonly rate?: number
  }
}

/** What a peer is told. */
export type Order = 'leave' | 'finish'

/** What a peer tells. */
export type Told =
  | { readonly event: 'joined'; readonly addresses: readonly string[] }
  /** Items that came out here so far. */
  | { readonly event: 'came'; readonly items: number }
  | {
      readonly event: 'over'
      /** Items that were sent. */
      readonly sent: number
      /** Those after the first fifth, a second, until all were answered. */
      readonly perSecond: number
      /** Of what came out here, but for the first: ms from when an item was due to when it came out. */
      readonly late: { readonly half: number; readonly most: number; readonly p99: number }
    }

/** 200 bytes of JSON. */
export interface Visit {
  readonly user: string
  readonly n: number
  /** When it was due, by `hostMs`. */
  readonly at: number
  readonly page: string
  readonly referrer: string
  readonly seconds: number
  readonly tags: readonly string[]
  readonly mobile: boolean
}

const KEYS = 4096
const CHUNK = 256
/** Items whose latencies are not counted: processes that have just started are slower. */
const WARM_UP = 75_000
/** Latencies are counted in steps of so many ms, up to a second. */
const STEP_MS = 0.1
const STEPS = 10_000

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? '') as Part)

async function run({ folder, log, bootstrap, send }: Part): Promise<void> {
  const identity = await loadIdentity(folder)
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await openNode({ swarm: 'routing', identity, listen, bootstrap, mdns: false })
  const warn = (message: string) => console.error(message)
  const swarm = await joinSwarm({ swarm: 'routing', node, replica: emptyReplica, job: {}, warn })
  tell({ event: 'joined', addresses: node.addresses() })

  const [leaving, finish] = [new AbortController(), new AbortController()]
  process.on('message', (order: Order) => (order === 'leave' ? leaving : finish).abort())
  process.on('disconnect', () => process.exit()) // also where the bench was interrupted
  const routed = exchange<Visit>(swarm, { key: ({ user }) => user, least: 2, leaving: leaving.signal })
  const sending = { sent: 0, begun: performance.now() }
  const file = openSync(log, 'a')
  const late = new Uint32Array(STEPS)
  let came = 0
  let counted = 0
  for await (const chunk of chunksOf(routed(send === undefined ? none() : visits(send)))) {
    const now = hostMs()
    const numbers = new Uint32Array(chunk.length)
    let i = 0
    for (const { n, at } of chunk) {
      numbers[i++] = n
      if (n < WARM_UP) continue
      counted++
      const step = Math.max(0, Math.min(STEPS - 1, Math.floor((now - at) / STEP_MS)))
      late[step] = (late[step] ?? 0) + 1
    }
    writeSync(file, numbers)
    if (Math.floor(came / 10_000) < Math.floor((came + chunk.length) / 10_000))
      tell({ event: 'came', items: came + chunk.length })
    came += chunk.length
  }
  const perSecond = ((0.8 * sending.sent) / (performance.now() - sending.begun)) * 1000
  const share = (part: number) => percentile(late, counted, part)
  tell({
    event: 'over',
    sent: sending.sent,
    perSecond,
    late: { half: share(0.5), p99: share(0.99), most: share(1) }
  })
  await swarm.leave()
  await node.close()
  process.disconnect?.()

  function visits({ items, rate }: NonNullable<Part['send']>) {
    return stream(async function* () {
      const keys = await keysOfOther(swarm)
      const start = hostMs()
      for (let n = 0; n < items && !finish.signal.aborted; n += CHUNK) {
        const due = rate === undefined ? hostMs() : start + (n / rate) * 1000
        await sleep(due - hostMs())
        if (n < items / 5) sending.begun = performance.now()
        const length = Math.min(CHUNK, items - n)
        yield Array.from({ length }, (_, i) => visit(n + i, due, keys))
        sending.sent = n + length
      }
    })
  }
}

/** Keys that the other peer owns while there are two. */
async function keysOfOther(swarm: Swarm): Promise<string[]> {
  const members = () => swarm.status().members.map(({ peer }) => peer)
  while (members().length < 2) await sleep(10)
  const names = members().sort()
  const owners = ownersOf(Uint32Array.from(names, hashText))
  const keys: string[] = []
  for (let i = 0; keys.length < KEYS; i++) {
    const key = `user ${i}`
    if (names[owners[partitionOf(key)] as number] !== swarm.peer) keys.push(key)
  }
  return keys
}

function visit(n: number, at: number, keys: readonly string[]): Visit {
  return {
    user: keys[Math.imul(n, 0x9e37_79b1) >>> 20] as string,
    n,
    at,
    page: `/articles/2026/${n % 977}/how-it-came-to-this`,
    referrer: 'https://search.example/?q=how+it+came',
    seconds: (n % 600) / 4,
    tags: ['news', 'politics'],
    mobile: n % 3 === 0
  }
}

function percentile(late: Uint32Array, all: number, share: number): number {
  let before = 0
  for (let step = 0; step < STEPS; step++) {
    before += late[step] as number
    if (before >= share * all) return (step + 1) * STEP_MS
  }
  return STEPS * STEP_MS
}

async function* none(): AsyncGenerator<Visit> {}

/** A clock that all processes of this host share, in ms. */
function hostMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function tell(told: Told): void {
  process.send?.(told)
}

function sleep(ms: number): Promise<void> | undefined {
  return ms > 0 ? new Promise(resolve => setTimeout(resolve, Math.ceil(ms))) : undefined
}
