import { SHARE_WORDS } from '../src/dataflow/share.ts'
import { type Content, contentRules } from '../src/net/content.ts'
import { ExchangePace } from '../src/net/exchange-pace.ts'
import { Ledger } from '../src/net/ledger.ts'
import type { LedgerAction } from '../src/net/ledger-action.ts'
import type { Age, Hello, LedgerMessage, Message, TreeMessage } from '../src/net/messages.ts'
import { Tree, type TreeAction } from '../src/net/tree.ts'
import { packsIn } from '../src/net/vector.ts'
import type { Clock, Wire } from './scaleout-network.ts'

// As in src/net/peer.ts.
const TICK_MS = 250
const MOST_APPLYING = 0.25
const MOST_EXCHANGING = 1 / 64

/** What all peers of a simulated swarm share. */
export interface World {
  readonly clock: Clock
  /** Bytes of a message on the wire, and whether it may overtake. */
  size(message: Message<Content>): { readonly bytes: number; readonly control: boolean }
  /** Milliseconds that packing and applying take. */
  packMs(content: Content): number
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

/** What a peer trains and plays back. */
export interface Script {
  /** Words a second while it does nothing else. */
  readonly speed: number
  /** What it packs at the n-th time, after so many words. */
  packs(n: number, words: number): readonly Content[]
}

/**
 * A peer as src/net/peer.ts drives one - events one after the other, a tree, a ledger, applying at most a quarter of the
 * time, packing as often as both take a sixteenth of it - with a replica that only takes time. While it packs or applies,
 * training stands still: all have the one thread.
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
  /** Times it packed, and the bytes of a copy of all its packs. */
  handouts = 0
  ownBytes = 0
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
  /** When the words that are not packed began, had nothing else been done since. */
  #trainedFrom = 0
  readonly #pace = new ExchangePace(MOST_EXCHANGING)

  constructor(
    world: World,
    age: Age,
    peers: ReadonlyMap<string, SimulatedPeer>,
    limits: { readonly logBytes: number }
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

  /** Begins to train, with `phase` of the first interval behind it. */
  train(script: Script, phase: number): void {
    const { now } = this.#world.clock
    this.#script = script
    this.#trainedFrom = now - (SHARE_WORDS / script.speed) * 1000 * phase
    this.#packLater(script)
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
    })
    clock.at(clock.now + TICK_MS, () => this.#tick())
  }

  #packLater(script: Script): void {
    const { clock } = this.#world
    const due = () =>
      Math.max(
        this.#trainedFrom + (SHARE_WORDS / script.speed) * 1000,
        this.#pace.notBefore(this.#peers.size - 1)
      )
    clock.at(due(), () => {
      if (this.#script !== script) return
      if (due() > clock.now) {
        this.#packLater(script)
        return
      }
      const words = Math.round(((clock.now - this.#trainedFrom) * script.speed) / 1000)
      this.post(() => this.#pack(script, words))
    })
  }

  #pack(script: Script, words: number): void {
    this.#pace.begin(this.#now)
    for (const content of script.packs(this.handouts++, words)) {
      const ms = this.#world.packMs(content)
      this.#now += ms
      this.#pace.packed(ms)
      this.fingerprint = (this.fingerprint + this.#world.fingerprint(content)) | 0
      this.born.push(this.#now)
      this.ownBytes += this.#world.size(frameOf(content)).bytes
      this.tree.report({ packs: this.born.length, words: this.tree.own.words + content.words })
      this.#move(this.ledger.packed(content, this.#now))
    }
    // While it packs it does not train, nor while it waits for its turn to.
    this.#trainedFrom = this.#now
    this.#packLater(script)
  }

  #receive(link: string, message: LedgerMessage<Content> | TreeMessage): void {
    if (!this.ends.has(link)) return
    if (isTreeMessage(message)) {
      this.#shape(this.tree.received(link, message, this.#now))
      return
    }
    this.tree.heard(link, this.#now)
    const { applied } = this
    this.#move(this.ledger.received(link, message, this.#now))
    if (message.type !== 'frame') return
    if (this.applied > applied) this.#pace.applied(packsIn(message.ranges), this.applied - applied)
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
    this.#trainedFrom += ms
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

function frameOf(content: Content): LedgerMessage<Content> {
  return { type: 'frame', ranges: new Map([['', [1, 1]]]), content, waited: 0 }
}

function isTreeMessage(message: LedgerMessage<Content> | TreeMessage): message is TreeMessage {
  return ['attach', 'attached', 'redirect', 'members', 'goodbye'].includes(message.type)
}
