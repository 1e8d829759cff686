// Items between two processes on loopback, which an exchange routes by their keys.

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Order, Part, Told } from './dataflow-routing-peer.ts'
import { median } from './measure.ts'
import type { Report } from './report.ts'

const PEER = fileURLToPath(new URL('dataflow-routing-peer.ts', import.meta.url))
const BAR = 150_000 // items/s
const LATENCY_BAR = 20 // ms
const LATENCY_SECONDS = 6
/** Items that the receiver has had when it leaves, or is killed. */
const SOME = 50_000

type Over = Told & { event: 'over' }

/** Adds the rows, and says what was measured. */
export async function routing(count: number, runs: number, report: Report): Promise<string> {
  if (!(count >= 4 * SOME)) throw new Error(`dataflow: --items must be at least ${4 * SOME}; got ${count}`)
  const what = `${count.toLocaleString('en-US')} items of 200 bytes from one process to another, by key, on loopback`
  report.say(what)
  const add = (name: string, value: number, unit: string, more: Readonly<Record<string, number>> = {}) =>
    report.add({ bench: 'dataflow', name, value, unit, ...more })
  const speeds: number[] = []
  for (let run = 0; run < runs; run++) speeds.push((await twoPeers({ items: count })).sender.perSecond)
  add('routing', median(speeds), 'items/s', { bar: BAR, runs })

  const { receiver } = await twoPeers({ items: (LATENCY_SECONDS * BAR) / 2, rate: BAR / 2 })
  add('routing_latency', receiver.late.half, 'ms')
  add('routing_latency_p99', receiver.late.p99, 'ms', { bar: LATENCY_BAR })
  add('routing_latency_max', receiver.late.most, 'ms')

  const left = await twoPeers({ items: count }, async ({ receiver }) => {
    await receiver.came(SOME)
    receiver.order('leave')
  })
  if (left.doubled > 0) throw new Error(`dataflow: ${left.doubled} items came twice, though nobody was lost`)
  add('routing_leave', left.lost, 'items lost or doubled', { items: left.sender.sent })

  const killed = await twoPeers(
    { items: Number.MAX_SAFE_INTEGER, rate: BAR / 2 },
    async ({ sender, receiver, again }) => {
      await receiver.came(SOME)
      await receiver.kill()
      await again().came(SOME)
      sender.order('finish')
    }
  )
  add('routing_kill', killed.lost, 'items lost', { items: killed.sender.sent, doubled: killed.doubled })
  return what
}

interface Course {
  readonly sender: RoutingPeer
  readonly receiver: RoutingPeer
  /** Starts the receiver again. */
  again(): RoutingPeer
}

/** One peer that sends to another; what they came to when all is over, and all items have come. */
async function twoPeers(
  send: Part['send'],
  meanwhile: (course: Course) => Promise<void> = async () => {}
): Promise<{ sender: Over; receiver: Over; lost: number; doubled: number }> {
  const place = mkdtempSync(join(tmpdir(), 'tensair-routing-'))
  const part = (name: string, bootstrap: readonly string[] = []): Part => {
    return { folder: join(place, name), log: join(place, `${name}.log`), bootstrap }
  }
  const peers: RoutingPeer[] = []
  const begin = (part: Part) => {
    const peer = new RoutingPeer(part)
    peers.push(peer)
    return peer
  }
  try {
    const sender = begin({ ...part('sender'), ...(send && { send }) })
    const addresses = await sender.joined
    const receives = part('receiver', addresses)
    let receiver = begin(receives)
    const again = () => {
      receiver = begin(receives)
      return receiver
    }
    await Promise.all([meanwhile({ sender, receiver, again }), sender.over])
    const [sent, received] = await Promise.all([sender.over, receiver.over])
    const logs = ['sender', 'receiver'].map(name => part(name).log)
    return { sender: sent, receiver: received, ...account(logs, sent.sent) }
  } finally {
    for (const peer of peers) await peer.kill()
    rmSync(place, { recursive: true })
  }
}

/** @throws Error where one of the items is in no log. */
function account(logs: readonly string[], items: number): { lost: number; doubled: number } {
  const came = new Uint8Array(items)
  let doubled = 0
  for (const log of logs) {
    const bytes = readFileSync(log)
    for (let at = 0; at < bytes.length; at += 4) {
      const n = bytes.readUInt32LE(at)
      if (came[n] === 1) doubled++
      came[n] = 1
    }
  }
  const lost = came.reduce((sum, one) => sum + 1 - one, 0)
  if (lost > 0) throw new Error(`dataflow: ${lost} of ${items} routed items were lost`)
  return { lost, doubled }
}

/** A peer's process. */
class RoutingPeer {
  readonly joined: Promise<readonly string[]>
  readonly over: Promise<Over>
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(part: Part) {
    const child = fork(PEER, [JSON.stringify(part)])
    this.#child = child
    this.#ended = new Promise(resolve => child.on('close', resolve))
    this.joined = this.#tells(told => (told.event === 'joined' ? told.addresses : undefined))
    this.over = this.#tells(told => (told.event === 'over' ? told : undefined))
    // Whoever kills it does not wait for these.
    for (const promise of [this.joined, this.over]) promise.catch(() => {})
  }

  /** Resolves when so many items have come out there. */
  async came(items: number): Promise<void> {
    await this.#tells(told => (told.event === 'came' && told.items >= items ? true : undefined))
  }

  order(order: Order): void {
    this.#child.send(order)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  #tells<Result>(find: (told: Told) => Result | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (told: Told) => {
        const found = find(told)
        if (found !== undefined) resolve(found)
      })
      this.#ended.then(() => reject(new Error('dataflow: a peer of the routing bench ended too early')))
    })
  }
}
