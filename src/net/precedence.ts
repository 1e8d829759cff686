// Streams to one peer share a connection, and libp2p gives all of it to the one that was opened first: a delta of 4 MB that
// was sent behind 120 MB of items came after the last of them, 0.9 s late. So both kinds ask here before they write.

import { MAX_WRITE_BYTES } from './frame.ts'
import type { LinkStream } from './link.ts'

/** Deltas, and what keeps the tree, or items. */
export type Freight = 'deltas' | 'items'

/** While both wait, so many bytes of deltas go for one of items: on a slow link deltas wait always, and items must get on too. */
const DELTAS_FOR_ITEMS = 4
const LEAST_LEAD = -DELTAS_FOR_ITEMS * MAX_WRITE_BYTES

/** One stream to a peer. */
interface Entrant {
  readonly freight: Freight
  readonly stream: LinkStream
  /** Whether its link has something to write. */
  readonly waits: () => boolean
  /** Has its link try again. */
  readonly wake: () => void
}

interface Shared {
  readonly entrants: Set<Entrant>
  /** Bytes of deltas that went while both kinds waited, less 4 times those of items: from 0 on items go first. */
  lead: number
}

/** Decides, for the streams to each peer, which may write next. */
export class Precedence {
  readonly #peers = new Map<string, Shared>()

  /** The stream as its link is to see it; `waits` says whether the link has something to write, `wrote` hears of each write. */
  enter(
    peer: string,
    freight: Freight,
    stream: LinkStream,
    waits: () => boolean,
    wrote: () => void = () => {}
  ): LinkStream {
    const shared = this.#peers.get(peer) ?? { entrants: new Set(), lead: 0 }
    const drained = new EventTarget()
    const wake = () => void drained.dispatchEvent(new Event('drain'))
    const entrant = { freight, stream, waits, wake }
    if (stream.status === 'open') {
      this.#peers.set(peer, shared)
      shared.entrants.add(entrant)
    }
    stream.addEventListener('close', () => {
      shared.entrants.delete(entrant)
      if (shared.entrants.size === 0) this.#peers.delete(peer)
    })
    return {
      get status() {
        return stream.status
      },
      get readableEnded() {
        return stream.readableEnded
      },
      get writableNeedsDrain() {
        return stream.writableNeedsDrain || mustWait(shared, entrant)
      },
      addEventListener: ((type: 'drain', listener: (event: Event) => void) => {
        stream.addEventListener(type, listener)
        if (type === 'drain') drained.addEventListener(type, listener)
      }) as LinkStream['addEventListener'],
      send(bytes) {
        account(shared, entrant, bytes.byteLength)
        const hasRoom = stream.send(bytes)
        wrote()
        return hasRoom
      },
      close: options => stream.close(options),
      abort: error => stream.abort(error)
    }
  }
}

/** Whether one of the other kind could write now and goes first; then it does, and after it this one tries again. */
function mustWait({ entrants, lead }: Shared, entrant: Entrant): boolean {
  const first: Freight = lead >= 0 ? 'items' : 'deltas'
  if (entrant.freight === first) return false
  const before = [...entrants].filter(
    ({ freight, stream, waits }) => freight === first && waits() && !stream.writableNeedsDrain
  )
  if (before.length === 0) return false
  queueMicrotask(() => {
    for (const { wake } of before) wake()
    entrant.wake()
  })
  return true
}

function account(shared: Shared, { freight }: Entrant, bytes: number): void {
  const contended = [...shared.entrants].some(other => other.freight !== freight && other.waits())
  const lead = shared.lead + (freight === 'deltas' ? bytes : -DELTAS_FOR_ITEMS * bytes)
  shared.lead = contended ? Math.min(0, Math.max(LEAST_LEAD, lead)) : 0
}
