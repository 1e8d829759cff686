import { deepStrictEqual, strictEqual } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import { Ledger } from '../../src/net/ledger.ts'
import type { LedgerAction } from '../../src/net/ledger-action.ts'
import type { Age, LedgerMessage } from '../../src/net/messages.ts'
import { history, play, randomFrom } from './histories.ts'
import { type Cargo, SimulatedNetwork } from './simulated-network.ts'

const ROWS = 4
const NO_ROWS = new Uint32Array(0)

/** Changes to a few rows. */
type Changes = Int32Array

const rules = {
  sum: (parts: readonly Changes[]) =>
    Int32Array.from({ length: ROWS }, (_, row) => parts.reduce((sum, part) => sum + part[row], 0)),
  subtract: (whole: Changes, part: Changes) => whole.map((value, row) => value - part[row]),
  negate: (content: Changes) => content.map(value => -value),
  bytes: () => 100
}

/** Every pack that was ever made, by origin. */
type Made = Map<string, Changes[]>

/** The part of a peer that the ledger speaks to: rows that are changed as it says. */
class Rows implements Cargo<Changes> {
  shared: Changes = new Int32Array(ROWS)
  /** Origins of which an adoption took packs that nobody could give back. */
  readonly forgotten = new Set<string>()
  readonly ledger: Ledger<Changes>
  readonly #made: Made
  readonly #now: () => number
  readonly #send: (link: string, message: LedgerMessage<Changes>) => void

  constructor(
    age: Age,
    logBytes: number,
    made: Made,
    now: () => number,
    send: (link: string, message: LedgerMessage<Changes>) => void
  ) {
    this.ledger = new Ledger({ origin: age, rules, logBytes })
    this.#made = made
    this.#now = now
    this.#send = send
  }

  linkUp(link: string, role: 'parent' | 'child'): void {
    this.#do(this.ledger.open(link, role))
  }

  linkDown(link: string): void {
    this.#do(this.ledger.close(link, this.#now()))
  }

  received(link: string, message: LedgerMessage<Changes>): void {
    this.#do(this.ledger.received(link, message, this.#now()))
    if (message.type !== 'state' || !this.ledger.expectsState(link, message.adoption)) return
    this.shared = message.state
    this.#do(this.ledger.adopted(link, message.vector, message.adoption, this.#now()))
  }

  work(random: () => number): void {
    if (this.ledger.adopting) return
    const changes = Int32Array.from({ length: ROWS }, () => Math.floor((random() - 0.5) * 2 ** 20))
    this.shared = rules.sum([this.shared, changes])
    const { origin } = this.ledger
    const actions = this.ledger.packed(changes, this.#now())
    const packs = this.#made.get(origin) ?? []
    packs.push(changes)
    this.#made.set(origin, packs)
    strictEqual(this.ledger.vector.get(origin), packs.length)
    this.#do(actions)
  }

  #do(actions: readonly LedgerAction<Changes>[]): void {
    for (const action of actions) {
      switch (action.type) {
        case 'apply':
          this.shared = rules.sum([this.shared, action.content])
          break
        case 'send':
          this.#send(action.link, action.message)
          break
        case 'send-hashes':
          this.#send(action.link, { type: 'want-state', hashes: { keys: NO_ROWS, tables: [NO_ROWS] } })
          break
        case 'send-state': {
          const { adoption, vector } = action
          const state = this.shared
          this.#send(action.link, { type: 'state', adoption, vector, state, unknown: NO_ROWS, last: true })
          break
        }
        case 'forgotten':
          this.forgotten.add(action.origin)
          break
        case 'violation':
          throw action.error
      }
    }
  }
}

test('whatever happens to a swarm, in the end there is one tree, one vector, and each pack is in it once', () => {
  const property = fc.property(history, fc.constantFrom(1_000, 10_000, 2 ** 30), (history, logBytes) => {
    const random = randomFrom(history.seed)
    const made: Made = new Map()
    const rows = new Map<Age, Rows>()
    const network: SimulatedNetwork<Changes> = new SimulatedNetwork({
      random,
      delay: history.delay,
      maxChildren: history.maxChildren,
      cargo: (age, send) => {
        const cargo = new Rows(age, logBytes, made, () => network.now, send)
        rows.set(age, cargo)
        return cargo
      }
    })
    const rowsOf = ({ age }: { age: Age }) => rows.get(age) as Rows
    play(network, history, { work: process => network.act(process, () => rowsOf(process).work(random)) })
    network.runUntil('one tree', () => network.flaw() === undefined, 300_000)
    network.runUntil('nothing on its way', () => network.alive.every(process => rowsOf(process).ledger.idle))
    network.run(5_000)

    strictEqual(network.flaw(), undefined)
    for (const process of network.alive) {
      const { ledger, shared } = rowsOf(process)
      const oldest = rowsOf(network.alive.find(one => one.side === process.side) ?? process)
      deepStrictEqual(new Map([...ledger.vector].sort()), new Map([...oldest.ledger.vector].sort()))
      const packs = [...ledger.vector].flatMap(([origin, last]) => made.get(origin)?.slice(0, last) ?? [])
      deepStrictEqual(shared, rules.sum(packs), 'the sum of exactly the packs in the vector')
      const own = [...made].filter(([origin]) => origin === `${process.name}/${process.age.start}`)
      for (const [origin, { length }] of own) {
        if (rowsOf(process).forgotten.size === 0) strictEqual(ledger.vector.get(origin), length, origin)
      }
    }
  })
  fc.assert(property, { numRuns: 400 })
})
