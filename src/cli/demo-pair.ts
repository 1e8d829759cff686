import { randomBytes } from 'node:crypto'
import type { EndEvent } from '../jobs/events.ts'
import type { DemoDisplay, FoundBy } from './demo-display.ts'
import { hearsItself } from './demo-multicast.ts'
import { type PeerProcess, startPeer } from './demo-process.ts'
import { demoOutputs } from './options.ts'
import { noteIn, statusOf } from './running-peer.ts'
import { stateFolder } from './swarm-options.ts'

const LOOK_MS = 20

/** What both peers are started with. */
export interface PairOptions {
  readonly output: string
  readonly device: 'auto' | 'webgpu' | 'wasm'
  /** Of both together. */
  readonly threads: number
  /** Words after which a peer is done; default: at the text's end. */
  readonly words?: number
}

/** What the two have come to. */
export interface Pair {
  /** One of each, unless they were interrupted before both had begun. */
  readonly ends: readonly EndEvent[]
  readonly foundBy: FoundBy
}

/**
 * Runs the demo's two peers to their ends, and shows what they tell; when the signal aborts, or one of them was stopped,
 * both save and end. Where one fails, the other is ended at once; whatever happens, both are gone afterwards.
 * @throws Error, or UsageError, with what the first that failed said
 */
export async function runPair(
  { output, device, threads, words }: PairOptions,
  display: DemoDisplay,
  signal: AbortSignal
): Promise<Pair> {
  const swarm = `demo-${randomBytes(4).toString('hex')}`
  const share = Math.max(1, Math.floor(threads / 2))
  const running: PeerProcess[] = []
  const ends: EndEvent[] = []
  const stop = () => {
    for (const peer of running) peer.stop()
  }
  const start = (index: 0 | 1, more: readonly string[]): PeerProcess => {
    const place = ['--output', demoOutputs(output)[index], '--peer-of', swarm]
    const means = ['--device', device, '--threads', `${share}`]
    const length = words === undefined ? [] : ['--words', `${words}`]
    const peer = startPeer(index + 1, [...place, ...means, ...length, ...more], event => {
      display.tell(index + 1, event)
      if (event.event !== 'done' && event.event !== 'interrupted') return
      ends[index] = event
      // Somebody has stopped one of them.
      if (event.event === 'interrupted') stop()
    })
    running.push(peer)
    peer.ended.then(
      () => ends[index] ?? stop(),
      () => {}
    )
    return peer
  }
  signal.addEventListener('abort', stop)
  try {
    const first = start(0, [])
    const foundBy = (await hearsItself()) ? 'mDNS' : 'address'
    const address = foundBy === 'mDNS' ? undefined : await addressOf(first, demoOutputs(output)[0])
    if (!signal.aborted) start(1, address === undefined ? [] : ['--bootstrap', address])
    await Promise.all(running.map(peer => peer.ended))
    const all = ends.filter(end => end !== undefined)
    if (all.length === 2) display.end(all, foundBy)
    return { ends: all, foundBy }
  } finally {
    await Promise.all(running.map(peer => peer.kill()))
  }
}

/** Where a peer can be dialled, once it can be; undefined where it has ended before. */
async function addressOf(peer: PeerProcess, output: string): Promise<string | undefined> {
  let over = false
  const end = () => {
    over = true
  }
  peer.ended.then(end, end)
  while (!over) {
    const note = await noteIn(stateFolder(output))
    // One that was killed here before has left its note behind.
    const status = note !== undefined && note.process === peer.process ? await statusOf(note) : undefined
    if (status !== undefined) return status.members.find(member => member.peer === status.peer)?.addresses[0]
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  await peer.ended
  return undefined
}
