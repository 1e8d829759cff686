import type { Age, Hello, LedgerMessage, TreeMessage } from '../../src/net/messages.ts'
import { Tree, type TreeAction } from '../../src/net/tree.ts'

// Whole peers over a network that exists only in this file: time is a number, messages are objects, and every delay,
// loss and death comes from the test. As with TCP, what is sent on a connection arrives in order, or never; in a
// partition it is held and arrives after the partition, if the connection still stands.

const DIAL_MS = 10_000
const ANNOUNCE_MS = 10_000

/** What rides on the links of a tree; the tests of the tree alone have none. */
export interface Cargo<Content> {
  linkUp(link: string, role: 'parent' | 'child'): void
  linkDown(link: string): void
  received(link: string, message: LedgerMessage<Content>): void
}

/** A running process; a peer that starts again is another. */
export interface Process<Content> {
  readonly name: string
  readonly age: Age
  readonly address: string
  readonly tree: Tree
  readonly cargo: Cargo<Content> | undefined
  state: 'running' | 'frozen' | 'dead'
  /** Which side of a partition it is on. */
  side: number
  /** Attached for the first time, in ms since its start. */
  attachedAfter: number | undefined
  /** How often it got a parent. */
  attachments: number
  /** Dials it began. */
  dials: number
}

export interface NetworkOptions<Content> {
  /** 0 to below 1. */
  readonly random: () => number
  /** Most milliseconds of a message's way; the least is 1. */
  readonly delay?: number
  readonly maxChildren?: number
  /** Whether all reachable peers hear of each other, at the start and every 10 s. */
  readonly discovery?: boolean
  /** What the links carry. */
  readonly cargo?: (age: Age, send: (link: string, message: LedgerMessage<Content>) => void) => Cargo<Content>
}

type Sent<Content> =
  | Pick<Hello, 'type' | 'age' | 'children' | 'maxChildren'>
  | TreeMessage
  | LedgerMessage<Content>
  | 'closed'

/** One process's end of a connection. */
interface End<Content> {
  readonly link: string
  readonly process: State<Content>
  readonly dial: number | undefined
  other: End<Content> | undefined
  /** Whether this process still has it. */
  open: boolean
  /** Whether the other's hello has come. */
  met: boolean
  role: 'parent' | 'child' | undefined
  arrives: number
  held: Sent<Content>[]
}

interface State<Content> extends Process<Content> {
  readonly ends: Map<string, End<Content>>
  readonly startedAt: number
  /** What happens once it is thawed. */
  readonly missed: (() => void)[]
}

export class SimulatedNetwork<Content = never> {
  now = 0
  /** Messages delivered. */
  messages = 0
  readonly #options: NetworkOptions<Content>
  readonly #all: State<Content>[] = []
  readonly #events: { readonly at: number; readonly act: () => void }[] = []
  #links = 0

  constructor(options: NetworkOptions<Content>) {
    this.#options = options
  }

  /** All that live, frozen ones too, oldest first. */
  get alive(): Process<Content>[] {
    return this.#all
      .filter(process => process.state !== 'dead')
      .sort((a, b) => a.age.start - b.age.start || (a.age.peer < b.age.peer ? -1 : 1))
  }

  /** The connections that stand at either end, as `a-b` of names in order. */
  get connections(): string[] {
    const seen = new Set<End<Content>>()
    const pairs: string[] = []
    for (const process of this.#all) {
      if (process.state === 'dead') continue
      for (const end of process.ends.values()) {
        if (end.other === undefined || seen.has(end)) continue
        seen.add(end.other)
        pairs.push([process.name, end.other.process.name].sort().join('-'))
      }
    }
    return pairs.sort()
  }

  /** Starts a peer; `start` is its age's, by default the network's time. */
  start(
    name: string,
    {
      start = this.now,
      bootstrap = [],
      side = 0,
      maxChildren
    }: {
      start?: number
      bootstrap?: readonly Process<Content>[]
      side?: number
      maxChildren?: number
    } = {}
  ): Process<Content> {
    const age = { start, peer: name }
    const address = `/sim/${name}/${this.#all.length}`
    const ends = new Map<string, End<Content>>()
    const most = maxChildren ?? this.#options.maxChildren ?? 4
    const process: State<Content> = {
      name,
      age,
      address,
      tree: new Tree({ self: age, addresses: [address], maxChildren: most, random: this.#options.random }),
      cargo: this.#options.cargo?.(age, (link, message) => {
        const end = ends.get(link)
        if (end?.open) this.#post(end, message)
      }),
      state: 'running',
      side,
      attachedAfter: undefined,
      attachments: 0,
      dials: 0,
      ends,
      startedAt: this.now,
      missed: []
    }
    this.#all.push(process)
    this.#after(Math.floor(500 * this.#options.random()), () => this.#tick(process))
    for (const { address } of bootstrap) {
      this.#do(process, () => process.tree.discovered({ addresses: [address] }, this.now))
    }
    if (this.#options.discovery ?? true) this.#announce(process)
    return process
  }

  /** Ends a process at once. Its connections are reset, or, where `silent` (its machine lost power), never heard of again. */
  kill(process: Process<Content>, silent = false): void {
    const state = this.#state(process)
    state.state = 'dead'
    for (const end of state.ends.values()) {
      end.open = false
      if (!silent) this.#post(end, 'closed')
    }
    state.ends.clear()
  }

  /** Lets a process leave politely. */
  leave(process: Process<Content>): void {
    const state = this.#state(process)
    this.#do(state, () => state.tree.leave(this.now))
    this.#do(state, () => {
      this.kill(state)
      return []
    })
  }

  /** Stops a process as SIGSTOP does, or lets it go on. */
  freeze(process: Process<Content>): void {
    if (process.state === 'running') process.state = 'frozen'
  }

  thaw(process: Process<Content>): void {
    const state = this.#state(process)
    if (state.state !== 'frozen') return
    state.state = 'running'
    for (const act of state.missed.splice(0)) act()
  }

  /** Puts a process on a side; only those on the same side reach each other. */
  move(process: Process<Content>, side: number): void {
    process.side = side
    for (const from of this.#all) {
      for (const end of [...from.ends.values()]) this.#release(end)
    }
  }

  /** Tells a process of another, or only of its address. */
  discover(
    process: Process<Content>,
    other: Process<Content>,
    how: 'by name' | 'by address' = 'by name'
  ): void {
    const found = { addresses: [other.address], ...(how === 'by name' && { peer: other.name }) }
    const state = this.#state(process)
    this.#after(this.#delay(), () => this.#do(state, () => state.tree.discovered(found, this.now)))
  }

  /** Cuts the connection of two processes, as a middle box might. */
  cut(a: Process<Content>, b: Process<Content>): void {
    for (const end of [...this.#state(a).ends.values()]) {
      if (end.other?.process !== b) continue
      this.#after(this.#delay(), () => this.#arrive(end, 'closed'))
      this.#post(end, 'closed')
    }
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.now + ms
    for (let next = this.#events[0]; next !== undefined && next.at <= end; next = this.#events[0]) {
      this.#events.shift()
      this.now = next.at
      next.act()
    }
    this.now = end
  }

  /** Lets time pass until the condition holds; returns the ms it took. @throws Error after `most` ms. */
  runUntil(what: string, condition: () => boolean, most = 120_000): number {
    const from = this.now
    while (!condition()) {
      if (this.now - from >= most) throw new Error(`after ${most} ms still not: ${what}\n${this.describe()}`)
      this.run(50)
    }
    return this.now - from
  }

  /** Something that a process does by itself. */
  act(process: Process<Content>, act: () => void): void {
    this.#do(this.#state(process), () => {
      act()
      return []
    })
  }

  /** A line a process: who its parent and its children are. */
  describe(): string {
    const lines = this.alive.map(({ name, age, state, side, tree }) => {
      const children = tree.children.map(child => child.peer).join(' ')
      return `${name} (${age.start}, ${state}, side ${side}): parent ${tree.parent?.peer}, children ${children}`
    })
    return `${lines.join('\n')}\nconnections ${this.connections.join(' ')}`
  }

  /** What is wrong with the shape now: of each side one tree, its root the oldest; undefined where all is well. */
  flaw(): string | undefined {
    const running = this.alive
    for (const process of running) {
      const { name, side, tree } = process
      const peers = running.filter(one => one.side === side)
      const parent = tree.parent && peers.find(one => one.age.peer === tree.parent?.peer)
      if (process === peers[0] && !tree.root) return `the oldest, ${name}, has a parent`
      if (process !== peers[0] && parent === undefined) return `${name} has no living parent`
      if (parent && !parent.tree.children.some(child => child.peer === name))
        return `${parent.name} does not know ${name}`
      if (tree.children.length > tree.maxChildren) return `${name} has ${tree.children.length} children`
      for (const child of tree.children) {
        const one = peers.find(one => one.age.peer === child.peer)
        if (one?.tree.parent?.peer !== name) return `${child.peer} is no child of ${name}`
      }
      if (tree.members.map(member => member.age.peer).join() !== peers.map(one => one.name).join()) {
        return `${name} takes ${tree.members.map(member => member.age.peer)} for living`
      }
    }
    const links = running
      .filter(process => !process.tree.root)
      .map(one => [one.name, one.tree.parent?.peer].sort().join('-'))
    if (links.sort().join() !== this.connections.join())
      return `connections that are no links: ${this.connections}`
    return undefined
  }

  #state(process: Process<Content>): State<Content> {
    const state = this.#all.find(one => one === process)
    if (state === undefined) throw new Error(`${process.name} is not of this network`)
    return state
  }

  #delay(): number {
    return 1 + Math.floor(this.#options.random() * (this.#options.delay ?? 20))
  }

  #after(ms: number, act: () => void): void {
    const at = this.now + ms
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle]?.at ?? 0) <= at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, { at, act })
  }

  /** Runs an event of a process, later where it is frozen, and what the tree then wants. */
  #do(process: State<Content>, event: () => readonly TreeAction[]): void {
    if (process.state === 'dead') return
    if (process.state === 'frozen') {
      process.missed.push(() => this.#do(process, event))
      return
    }
    for (const action of event()) this.#carryOut(process, action)
  }

  #carryOut(process: State<Content>, action: TreeAction): void {
    if (action.type === 'dial') {
      process.dials++
      this.#dial(process, action)
      return
    }
    const end = process.ends.get(action.link)
    if (end === undefined) return
    if (action.type === 'send') this.#post(end, action.message)
    else if (action.type === 'link-up') {
      if (action.role === 'parent') {
        process.attachedAfter ??= this.now - process.startedAt
        process.attachments++
      }
      end.role = action.role
      process.cargo?.linkUp(end.link, action.role)
    } else this.#close(end)
  }

  #close(end: End<Content>): void {
    if (!end.open) return
    end.open = false
    end.process.ends.delete(end.link)
    this.#post(end, 'closed')
    if (end.role !== undefined) end.process.cargo?.linkDown(end.link)
  }

  #dial(from: State<Content>, { dial, peer, addresses }: Extract<TreeAction, { type: 'dial' }>): void {
    const to = this.#all.find(one => addresses.includes(one.address))
    const fail = (ms: number) =>
      this.#after(ms, () => this.#do(from, () => from.tree.dialFailed(dial, this.now)))
    if (to === undefined || (peer !== undefined && to.name !== peer) || to === from) {
      fail(this.#delay())
      return
    }
    this.#after(this.#delay(), () => {
      if (from.state === 'dead') return
      if (to.side !== from.side || to.state === 'dead') {
        fail(to.side === from.side ? this.#delay() : DIAL_MS)
        return
      }
      const end = this.#end(from, dial)
      end.other = this.#end(to, undefined)
      end.other.other = end
      for (const one of [end, end.other]) this.#after(DIAL_MS, () => this.#giveUp(one))
      this.#hello(end)
      this.#hello(end.other)
    })
  }

  /** Closes a connection on which no hello came. */
  #giveUp(end: End<Content>): void {
    const { process, dial } = end
    this.#do(process, () => {
      if (end.met || !end.open) return []
      this.#close(end)
      return dial === undefined ? [] : process.tree.dialFailed(dial, this.now)
    })
  }

  #end(process: State<Content>, dial: number | undefined): End<Content> {
    const link = `link ${++this.#links}`
    const end: End<Content> = {
      link,
      process,
      dial,
      other: undefined,
      open: true,
      met: false,
      role: undefined,
      arrives: 0,
      held: []
    }
    process.ends.set(link, end)
    return end
  }

  #hello(end: End<Content>): void {
    const { process } = end
    this.#do(process, () => {
      const { self: age, children, maxChildren } = process.tree
      this.#post(end, { type: 'hello', age, children: children.length, maxChildren })
      return []
    })
  }

  #post(end: End<Content>, message: Sent<Content>): void {
    end.held.push(message)
    this.#release(end)
  }

  /** Sends on what is held, where the other side can be reached. */
  #release(end: End<Content>): void {
    const { other } = end
    if (other === undefined || other.process.side !== end.process.side) return
    for (const message of end.held.splice(0)) {
      end.arrives = Math.max(end.arrives, this.now + this.#delay())
      this.#after(end.arrives - this.now, () => this.#arrive(other, message))
    }
  }

  #arrive(end: End<Content>, message: Sent<Content>): void {
    const { process, link } = end
    this.#do(process, () => {
      if (!end.open) return []
      this.messages++
      if (message === 'closed') {
        end.open = false
        process.ends.delete(link)
        if (end.role !== undefined) process.cargo?.linkDown(link)
        if (end.dial !== undefined && !end.met) return process.tree.dialFailed(end.dial, this.now)
        return process.tree.closed(link, this.now)
      }
      switch (message.type) {
        case 'hello':
          end.met = true
          return process.tree.opened(link, message, end.dial, this.now)
        case 'attach':
        case 'attached':
        case 'redirect':
        case 'members':
        case 'goodbye':
          return process.tree.received(link, message, this.now)
        default:
          process.tree.heard(link, this.now)
          if (end.role !== undefined) process.cargo?.received(link, message)
          return []
      }
    })
  }

  #tick(process: State<Content>): void {
    if (process.state === 'dead') return
    // A frozen process has one tick to make up for, not all.
    if (process.state === 'running') this.#do(process, () => process.tree.tick(this.now))
    this.#after(500, () => this.#tick(process))
  }

  #announce(process: State<Content>): void {
    if (process.state === 'dead') return
    for (const other of this.#all) {
      if (other === process || other.state !== 'running' || other.side !== process.side) continue
      if (process.state !== 'running') continue
      this.discover(process, other)
      this.discover(other, process)
    }
    this.#after(ANNOUNCE_MS, () => this.#announce(process))
  }
}
