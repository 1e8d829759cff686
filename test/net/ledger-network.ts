// A simulated network of peers whose replicas are small rows of integers, driven by ledgers as real ones are.

import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { Ledger } from '../../src/net/ledger.ts'
import type { LedgerAction } from '../../src/net/ledger-action.ts'
import type { LedgerMessage, Origin, RowHashes, Vector } from '../../src/net/messages.ts'
import type { ContentRules } from '../../src/net/outbox.ts'
import { packsIn } from '../../src/net/vector.ts'

const ROWS = 6
/** What an honest pack changes a row by at most. */
const MOST_CHANGE = 1000
/** How often a peer refuses another's frames before that is shut out; nobody stays shut out for ever. */
const STRIKES = 3

/** What a pack changes: row → change. */
export type Changes = ReadonlyMap<number, number>

const changesRules: ContentRules<Changes> = {
  sum(parts) {
    ok(parts.length > 0)
    const sum = new Map<number, number>()
    for (const part of parts) add(sum, part)
    return sum
  },
  subtract(whole, part) {
    const rest = new Map(whole)
    for (const [row, change] of part) {
      if (!rest.has(row)) throw new RangeError(`row ${row} is not there`)
      rest.set(row, (rest.get(row) ?? 0) - change)
    }
    return rest
  },
  negate: changes => new Map([...changes].map(([row, change]) => [row, -change])),
  bytes: changes => 8 * changes.size
}

interface Limits {
  readonly logBytes: number
  readonly unacknowledgedFrames: number
  readonly unacknowledgedBytes: number
}

type Message = LedgerMessage<Changes>

/** A link of two peers; what is on its way to each of them comes in order. */
interface Wire {
  readonly name: string
  readonly ends: readonly [child: Peer, parent: Peer]
  readonly toEnds: readonly [Message[], Message[]]
  /** A wire that is down loses all that is sent; its ends notice at different times. */
  up: boolean
}

export interface Peer {
  readonly id: number
  readonly ledger: Ledger<Changes>
  /** The shared rows; one that is not there is as new, 0. */
  readonly shared: Map<number, number>
  readonly wires: Map<string, Wire>
  /** Whether it refuses packs of its neighbours that change a row by more than they should. */
  readonly strict: boolean
  /** How often it has refused frames, by the name of the neighbour. */
  readonly strikes: Map<number, number>
  /** The state that is arriving. */
  state: { rows: Map<number, number>; unknown: number[] }
  parent: Wire | undefined
  /** The names under which it has packed. */
  readonly names: Set<Origin>
  /** Which of its packs it was told to be forgotten: `origin#sequence`. */
  readonly forgotten: Set<string>
  /** Packs this peer came by one by one: the ones it made, and those that came in a frame of their own. */
  readonly single: Map<Origin, Set<number>>
}

export class Network {
  readonly peers: Peer[] = []
  readonly dead: Peer[] = []
  readonly counts = {
    packs: 0,
    applied: 0,
    lost: 0,
    adoptions: 0,
    forgotten: 0,
    replayed: 0,
    subtracted: 0,
    merged: 0,
    refused: 0,
    recalled: 0,
    recalls: 0,
    recallsLetIn: 0,
    shutOut: 0
  }
  readonly #limits: Limits
  readonly #rules: ContentRules<Changes> = {
    ...changesRules,
    subtract: (whole, part) => {
      this.counts.subtracted++
      return changesRules.subtract(whole, part)
    }
  }
  readonly #random: () => number
  readonly #long: number
  /** Every pack that was ever made: for each origin the sums of its first n, by row. */
  readonly #sums = new Map<Origin, Int32Array[]>()
  readonly #wires = new Set<Wire>()
  #named = 0
  #now = 0

  /** `random`: numbers in [0, 1); `long`: of so many packs the steps are ten times too long. */
  constructor(limits: Limits, random: () => number, long: number) {
    this.#limits = limits
    this.#long = long
    this.#random = random
  }

  /** A number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  any<Value>(values: readonly Value[]): Value | undefined {
    return values[this.below(values.length)]
  }

  /** A new peer, the youngest; with the state that a dead one has saved, if one is given. */
  join(saved?: Peer): Peer {
    const id = this.#named++
    const origin = { peer: `peer${saved?.id ?? id}`, start: 1000 * (id + 1) }
    const initial = new Map(saved?.ledger.vector)
    const ledger = new Ledger({ origin, rules: this.#rules, initial, ...this.#limits })
    const peer: Peer = {
      id,
      ledger,
      shared: new Map(saved?.shared),
      wires: new Map(),
      strict: this.#random() < 0.5,
      strikes: new Map(),
      state: { rows: new Map(), unknown: [] },
      parent: undefined,
      names: new Set(),
      forgotten: new Set(),
      single: new Map()
    }
    this.peers.push(peer)
    return peer
  }

  pack(peer: Peer): void {
    if (peer.ledger.adopting) return
    const changes = new Map<number, number>()
    const longer = this.#random() < this.#long ? 10 : 1
    for (let n = 1 + this.below(3); n > 0; n--) {
      const change = this.below(2 * MOST_CHANGE + 1) - MOST_CHANGE
      changes.set(this.below(ROWS), change * longer)
    }
    add(peer.shared, changes)
    const sequence = this.#made(peer, changes)
    this.counts.packs++
    this.#carryOut(peer, peer.ledger.packed(changes, this.#now))
    strictEqual(peer.ledger.vector.get(peer.ledger.origin), sequence)
  }

  /** Notes the next pack of a peer, and returns its number. */
  #made(peer: Peer, changes: Changes): number {
    const { origin } = peer.ledger
    const sums = this.#sums.get(origin) ?? [new Int32Array(ROWS)]
    this.#sums.set(origin, sums)
    const sum = Int32Array.from(sums[sums.length - 1])
    for (const [row, change] of changes) sum[row] += change
    sums.push(sum)
    peer.names.add(origin)
    this.#noteSingle(peer, origin, sums.length - 1)
    return sums.length - 1
  }

  /** Makes a peer the child of an older one. */
  attach(child: Peer, parent: Peer): void {
    ok(parent.id < child.id && child.parent === undefined)
    const wire: Wire = { name: `wire${this.#named++}`, ends: [child, parent], toEnds: [[], []], up: true }
    this.#wires.add(wire)
    child.parent = wire
    child.wires.set(wire.name, wire)
    parent.wires.set(wire.name, wire)
    this.#carryOut(child, child.ledger.open(wire.name, 'parent'))
    this.#carryOut(parent, parent.ledger.open(wire.name, 'child'))
  }

  /** What is on its way is lost; the ends have not noticed. */
  cut(wire: Wire): void {
    wire.up = false
    wire.toEnds[0].length = 0
    wire.toEnds[1].length = 0
  }

  notice(peer: Peer, wire: Wire): void {
    if (!peer.wires.delete(wire.name)) return
    if (peer.parent === wire) peer.parent = undefined
    if (!wire.ends.some(end => end.wires.has(wire.name))) this.#wires.delete(wire)
    this.#carryOut(peer, peer.ledger.close(wire.name, this.#now))
  }

  die(peer: Peer): void {
    for (const wire of peer.wires.values()) {
      this.cut(wire)
      if (wire.ends.every(end => end === peer || !end.wires.has(wire.name))) this.#wires.delete(wire)
    }
    peer.wires.clear()
    this.peers.splice(this.peers.indexOf(peer), 1)
    this.dead.push(peer)
  }

  get wires(): Wire[] {
    return [...this.#wires]
  }

  /** Delivers one message of any wire; false where there is none. */
  deliver(): boolean {
    const busy: [Wire, 0 | 1][] = []
    for (const wire of this.#wires) {
      if (wire.toEnds[0].length > 0) busy.push([wire, 0])
      if (wire.toEnds[1].length > 0) busy.push([wire, 1])
    }
    const next = this.any(busy)
    if (next === undefined) return false
    this.#now++
    const [wire, end] = next
    const message = wire.toEnds[end].shift()
    const peer = wire.ends[end]
    if (message !== undefined && peer.wires.has(wire.name)) this.#receive(peer, wire, message)
    return true
  }

  #receive(peer: Peer, wire: Wire, message: Message): void {
    const { ledger } = peer
    if (message.type === 'frame' && this.#refuses(peer, wire, message)) {
      this.#carryOut(peer, ledger.refuse(wire.name, message))
      this.notice(peer, wire)
      return
    }
    const pack = message.type === 'frame' ? onlyPack(message.ranges) : undefined
    const isNew = pack !== undefined && !ledger.holds(...pack)
    this.#carryOut(peer, ledger.received(wire.name, message, this.#now))
    if (message.type === 'refused') this.notice(peer, wire)
    if (pack !== undefined && isNew && ledger.holds(...pack)) this.#noteSingle(peer, ...pack)
    if (message.type === 'frame' && pack === undefined) this.counts.merged++
    if (message.type !== 'state') return
    for (const [row, value] of message.state) peer.state.rows.set(row, value)
    for (let i = 0; i < message.unknown.length; i += 2) peer.state.unknown.push(message.unknown[i])
    if (!message.last) return
    for (const [row, value] of peer.state.rows) peer.shared.set(row, value)
    for (const row of peer.state.unknown) peer.shared.delete(row)
    this.counts.adoptions++
    this.#carryOut(peer, ledger.adopted(wire.name, message.vector, message.adoption, this.#now))
  }

  /** Packs meet their first other peer: it judges them by their longest step, with what they take back. */
  #refuses(peer: Peer, wire: Wire, frame: Extract<Message, { type: 'frame' }>): boolean {
    const sender = wire.ends[peer === wire.ends[0] ? 1 : 0]
    if (!peer.strict || ![...frame.ranges.keys()].some(origin => sender.names.has(origin))) return false
    const { content, packs } = peer.ledger.remainder(wire.name, frame)
    const tooLong = (changes: Changes, packs: number) =>
      [...changes.values()].some(change => Math.abs(change) > packs * MOST_CHANGE)
    if (!tooLong(content, packs)) {
      if (tooLong(frame.content, packsIn(frame.ranges))) this.counts.recallsLetIn++
      return false
    }
    const strikes = peer.strikes.get(sender.id) ?? 0
    if (strikes >= STRIKES) {
      this.counts.shutOut++
      return false
    }
    peer.strikes.set(sender.id, strikes + 1)
    this.counts.refused++
    return true
  }

  #carryOut(peer: Peer, actions: LedgerAction<Changes>[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'apply':
          add(peer.shared, action.content)
          this.counts.applied++
          if (action.link === undefined) this.counts.replayed++
          break
        case 'take-back':
          add(peer.shared, action.content)
          this.#made(peer, action.content)
          this.counts.recalled++
          break
        case 'send':
          this.#post(peer, action.link, action.message)
          break
        case 'send-hashes':
          peer.state = { rows: new Map(), unknown: [] }
          this.#post(peer, action.link, { type: 'want-state', hashes: hashesOf(peer.shared) })
          break
        case 'send-state':
          this.#postState(peer, action)
          break
        case 'violation':
          throw action.error
        case 'lost-place':
          this.counts.lost++
          break
        case 'forgotten':
          this.counts.forgotten++
          for (let pack = action.first; pack <= action.last; pack++)
            peer.forgotten.add(`${action.origin}#${pack}`)
      }
    }
  }

  #postState(
    peer: Peer,
    { link, adoption, vector, hashes }: Extract<LedgerAction<Changes>, { type: 'send-state' }>
  ): void {
    const theirs = new Map<number, number>()
    for (let i = 0; i < hashes.keys.length; i += 2) theirs.set(hashes.keys[i], hashes.tables[0][i] | 0)
    const rows = [...peer.shared].filter(([row, value]) => theirs.get(row) !== value)
    const unknown = [...theirs.keys()].filter(row => !peer.shared.has(row))
    const most = 1 + this.below(4)
    do {
      const state = new Map(rows.splice(0, most))
      const keys = Uint32Array.from(unknown.splice(0).flatMap(row => [row, 0]))
      const last = rows.length === 0
      this.#post(peer, link, { type: 'state', adoption, vector, state, unknown: keys, last })
    } while (rows.length > 0)
  }

  #post(from: Peer, link: string, message: Message): void {
    const wire = from.wires.get(link)
    ok(wire !== undefined, `${link} is closed`)
    if (wire.up) wire.toEnds[from === wire.ends[0] ? 1 : 0].push(message)
  }

  #noteSingle(peer: Peer, origin: Origin, sequence: number): void {
    const packs = peer.single.get(origin) ?? new Set()
    peer.single.set(origin, packs.add(sequence))
  }

  /** Fails unless the shared rows are the sum of exactly the packs that the vector names. */
  checkSum({ id, ledger, shared }: Peer): void {
    const expected = new Int32Array(ROWS)
    for (const [origin, last] of ledger.vector) {
      const sum = this.#sums.get(origin)?.[last]
      ok(sum !== undefined, `peer ${id} holds pack ${last} of ${origin}, which nobody made`)
      for (let row = 0; row < ROWS; row++) expected[row] += sum[row]
    }
    const actual = Int32Array.from(expected, (_, row) => shared.get(row) ?? 0)
    deepStrictEqual(actual, expected, `the rows of peer ${id} are not the sum of the packs in its vector`)
  }

  /** Fails unless what a peer says it took back, and what it did so by, together change nothing. */
  checkRecalls({ id, ledger }: Peer): void {
    for (const action of ledger.open('a new link', 'child')) {
      if (action.type !== 'send' || action.message.type !== 'recall') continue
      const sum = new Int32Array(ROWS)
      for (const ranges of [action.message.packs, action.message.by]) {
        for (const [origin, [first, last]] of ranges) {
          const sums = this.#sums.get(origin) ?? []
          for (let row = 0; row < ROWS; row++) sum[row] += sums[last][row] - sums[first - 1][row]
        }
      }
      deepStrictEqual(sum, new Int32Array(ROWS), `what peer ${id} took back is not gone`)
      this.counts.recalls++
    }
  }

  /** Packs that an origin has made. */
  madeBy(origin: Origin): number {
    return (this.#sums.get(origin)?.length ?? 1) - 1
  }

  get origins(): Origin[] {
    return [...this.#sums.keys()]
  }
}

function add(to: Map<number, number>, changes: Changes): void {
  for (const [row, change] of changes) to.set(row, (to.get(row) ?? 0) + change)
}

function onlyPack(ranges: ReadonlyMap<Origin, readonly [number, number]>): [Origin, number] | undefined {
  const [[origin, [first, last]], ...others] = ranges
  return others.length === 0 && first === last ? [origin, first] : undefined
}

function hashesOf(shared: Map<number, number>): RowHashes {
  return {
    keys: Uint32Array.from([...shared.keys()].flatMap(row => [row, 0])),
    tables: [Uint32Array.from([...shared.values()].flatMap(value => [value, 0]))]
  }
}

/** The vector as a plain object, for comparison. */
export function plain(vector: Vector): Record<Origin, number> {
  return Object.fromEntries([...vector].sort(([a], [b]) => (a < b ? -1 : 1)))
}
