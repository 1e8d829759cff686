import { type Content, contentRules } from '../src/net/content.ts'
import { Ledger } from '../src/net/ledger.ts'
import type { LedgerAction } from '../src/net/ledger-action.ts'
import type { Age, Hello, LedgerMessage, Message, TreeMessage } from '../src/net/messages.ts'
import { Tree, type TreeAction } from '../src/net/tree.ts'
import type { Clock, Wire } from './scaleout-network.ts'

// As in src/net/peer.ts.
const TICK_MS = 250
const MOST_APPLYING = 0.25

/** What all peers of a simulated swarm share. */
export interface World {
  readonly clock: Clock
  /** Bytes of a message on the wire, and whether it may overtake. */
  size(message: Message<Content>): { readonly bytes: number; readonly control: boolean }
  /** Milliseconds that applying takes. */
  applyMs(content: Content): number
  /** A number that is the sum of those of a sum's parts, modulo 2^32. */
  fingerprint(content: Content): number
  dial(from: SimulatedPeer, dial: number, peer: string): void
  random(): number
}

/** One side of a connection. */
export interface End {
  readonly link: string
  readonly wire: Wire
  readonly far: SimulatedPeer
  role: 'parent' | 'child' | undefined
}

/** What a peer plays back: the n-th of its handouts, without an end, and the milliseconds that it trains for each. */
export type Script = (n: number) => { readonly ms: number; readonly packs: readonly Content[] }

/**
 * A peer as src/net/peer.ts drives one - events one after the other, a tree, a ledger, applying at most a quarter of the
 * time - with a replica that only takes time. While it applies, training stands still: both have the one thread.
 */
export class SimulatedPeer {
  readonly age: Age
  readonly tree: Tree
  readonly ledger: Ledger<Content>
  readonly ends = new Map<string, End>()
  readonly #world: World
  /** Of all that was applied. */
  fingerprint = 0
  bytesIn = 0
  bytesOut = 0
  framesIn = 0
  applied = 0 // ms
  summed = 0 // ms of this machine
  /** When each pack of this peer was made. */
  readonly born: number[] = []
  /** Milliseconds from the making of packs to their application here. */
  readonly staleness = { sum: 0, count: 0, most: 0 }
  readonly #peers: ReadonlyMap<string, SimulatedPeer>
  readonly #events: (() => void)[] = []
  #busy = false
  /** The time of the event, as far as it has come. */
  #now = 0
  #applyNotBefore = 0
  #script: Script | undefined
  #handouts = 0
  #packAt = 0

  constructor(
    world: World,
    age: Age,
    peers: ReadonlyMap<string, SimulatedPeer>,
    limits: { readonly logBytes: number; readonly trafficLimit: number }
  ) {
    this.#world = world
    this.#peers = peers
    this.age = age
    this.tree = new Tree({ self: age, addresses: [`/dns4/${age.peer}/tcp/4001`], random: world.random })
    const sum = (parts: readonly Content[]) => {
      const start = performance.now()
      const whole = contentRules.sum(parts)
      this.summed += performance.now() - start
      return whole
    }
    this.ledger = new Ledger({ origin: age, rules: { ...contentRules, sum }, ...limits })
    world.clock.at(world.clock.now + TICK_MS * world.random(), () => this.#tick())
  }

  get hello(): Hello {
    const { age, tree } = this
    const children = tree.children.length
    return {
      type: 'hello',
      swarm: '',
      job: '',
      jobText: '',
      age,
      features: [],
      children,
      maxChildren: tree.maxChildren,
      parent: tree.parent
    }
  }

  discovered(other: Age): void {
    this.post(() => this.#shape(this.tree.discovered({ peer: other.peer, addresses: [''] }, this.#now)))
  }

  connected(end: End, hello: Hello, dial: number | undefined): void {
    this.ends.set(end.link, end)
    this.post(() => this.#shape(this.tree.opened(end.link, hello, dial, this.#now)))
  }

  /** Begins to train: the first packs are due after `phase` of their time. */
  train(script: Script, phase: number): void {
    this.#script = script
    this.#packAt = this.#world.clock.now + script(0).ms * phase
    this.#packLater()
  }

  finish(): void {
    this.#script = undefined
  }

  /** Events run one after the other, each when the one before it is done. */
  post(event: () => void): void {
    this.#events.push(event)
    if (!this.#busy) this.#next()
  }

  #next(): void {
    const event = this.#events.shift()
    if (event === undefined) return
    this.#busy = true
    this.#now = this.#world.clock.now
    event()
    this.#world.clock.at(this.#now, () => {
      this.#busy = false
      this.#next()
    })
  }

  #tick(): void {
    const { clock } = this.#world
    this.post(() => {
      this.#shape(this.tree.tick(this.#now))
      const { ledger } = this
      this.#move(this.#script === undefined ? ledger.release(this.#now) : ledger.tick(this.#now))
    })
    clock.at(clock.now + TICK_MS, () => this.#tick())
  }

  #packLater(): void {
    const { clock } = this.#world
    clock.at(this.#packAt, () => {
      if (this.#script === undefined) return
      if (this.#packAt > clock.now) this.#packLater()
      else this.post(() => this.#pack())
    })
  }

  #pack(): void {
    if (this.#script === undefined) return
    for (const content of this.#script(this.#handouts++).packs) {
      this.fingerprint = (this.fingerprint + this.#world.fingerprint(content)) | 0
      this.born.push(this.#now)
      this.tree.report({ packs: this.born.length, words: this.tree.own.words + content.words })
      this.#move(this.ledger.packed(content, this.#now))
    }
    this.#packAt = this.#now + this.#script(this.#handouts).ms
    this.#packLater()
  }

  #receive(link: string, message: LedgerMessage<Content> | TreeMessage): void {
    if (!this.ends.has(link)) return
    if (isTreeMessage(message)) {
      this.#shape(this.tree.received(link, message, this.#now))
      return
    }
    this.tree.heard(link, this.#now)
    this.#move(this.ledger.received(link, message, this.#now))
    if (message.type !== 'frame') return
    this.framesIn++
    for (const [origin, [first, last]] of message.ranges) {
      const born = this.#peers.get(origin.slice(0, origin.indexOf('/')))?.born ?? []
      for (let pack = first; pack <= last; pack++) {
        const passed = this.#now - born[pack - 1]
        this.staleness.sum += passed
        this.staleness.count++
        this.staleness.most = Math.max(this.staleness.most, passed)
      }
    }
  }

  #move(actions: readonly LedgerAction<Content>[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'apply':
          this.#apply(action.content)
          break
        case 'send':
          this.#send(action.link, action.message)
          break
        default:
          throw new Error(`scaleout: nothing is lost in this network; got ${action.type}`)
      }
    }
  }

  #apply(content: Content): void {
    if (this.#script !== undefined) this.#now = Math.max(this.#now, this.#applyNotBefore)
    const ms = this.#world.applyMs(content)
    this.#now += ms
    this.#packAt += ms
    this.applied += ms
    this.#applyNotBefore = this.#now + ms * (1 / MOST_APPLYING - 1)
    this.fingerprint = (this.fingerprint + this.#world.fingerprint(content)) | 0
  }

  #shape(actions: readonly TreeAction[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'dial':
          this.#world.dial(this, action.dial, action.peer ?? '')
          break
        case 'send':
          this.#send(action.link, action.message)
          break
        case 'link-up': {
          const end = this.ends.get(action.link)
          if (end !== undefined) end.role = action.role
          this.#move(this.ledger.open(action.link, action.role))
          break
        }
        case 'close':
          this.#close(action.link)
      }
    }
  }

  #close(link: string): void {
    const end = this.ends.get(link)
    if (end === undefined) return
    this.ends.delete(link)
    this.#move(this.ledger.close(link, this.#now))
    const { far, wire } = end
    this.#world.clock.at(this.#now, () => wire.send(0, true, () => far.post(() => far.#closed(link))))
  }

  #closed(link: string): void {
    if (!this.ends.delete(link)) return
    this.#move(this.ledger.close(link, this.#now))
    this.#shape(this.tree.closed(link, this.#now))
  }

  /** Sends when the event has come so far. */
  #send(link: string, message: LedgerMessage<Content> | TreeMessage): void {
    const end = this.ends.get(link)
    if (end === undefined) return
    const { bytes, control } = this.#world.size(message)
    this.#world.clock.at(this.#now, () => {
      this.bytesOut += bytes
      end.wire.send(bytes, control, () => {
        end.far.bytesIn += bytes
        end.far.post(() => end.far.#receive(link, message))
      })
    })
  }
}

function isTreeMessage(message: LedgerMessage<Content> | TreeMessage): message is TreeMessage {
  return ['attach', 'attached', 'redirect', 'members', 'goodbye'].includes(message.type)
}
