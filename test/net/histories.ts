import fc from 'fast-check'
import type { Process, SimulatedNetwork } from './simulated-network.ts'

/** Something that happens to one peer of a network, or to all; `who` counts the living, round and round. */
export type Step =
  | { readonly type: 'start'; readonly name: string; readonly early: number; readonly who: number }
  | { readonly type: 'kill'; readonly who: number; readonly silent: boolean }
  | { readonly type: 'leave' | 'freeze' | 'thaw' | 'work'; readonly who: number }
  | { readonly type: 'move'; readonly who: number; readonly side: number }
  | { readonly type: 'cut'; readonly who: number; readonly whom: number }
  | { readonly type: 'merge' }
  | { readonly type: 'wait'; readonly ms: number }

/** A life of a swarm of up to 12 peers. */
export interface History {
  readonly seed: number
  readonly delay: number
  readonly maxChildren: number
  /** Share of the moments in which a peer makes a pack. */
  readonly busy: number
  readonly first: number
  readonly steps: readonly Step[]
  /** Whether the partitions are healed before it ends. */
  readonly merge: boolean
}

const MOST_PEERS = 12
const who = fc.nat({ max: 11 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('wait'), ms: fc.integer({ min: 0, max: 9000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('start'),
      // Ids in any order, and clocks that do not agree.
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      early: fc.integer({ min: -2000, max: 2000 }),
      who
    })
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('kill'), who, silent: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('work'), who }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('leave', 'freeze', 'thaw'), who }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('move'), who, side: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut'), who, whom: who }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('merge') }) }
) as fc.Arbitrary<Step>

/** Histories for fast-check, which prints the seed of one that fails and makes it short. */
export const history: fc.Arbitrary<History> = fc.record({
  seed: fc.integer(),
  delay: fc.constantFrom(5, 50, 400),
  maxChildren: fc.constantFrom(1, 2, 4),
  busy: fc.constantFrom(0, 0.1, 0.9),
  first: fc.integer({ min: 2, max: 6 }),
  steps: fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }),
  merge: fc.boolean()
})

/**
 * Lets a history happen; at its end everybody who lives is awake. `known`: nobody discovers anybody, but all are told the
 * address of the first, who never dies.
 */
export function play<Content>(
  network: SimulatedNetwork<Content>,
  { seed, busy, first, steps, merge }: History,
  { work = () => {}, known = false }: { work?: (process: Process<Content>) => void; known?: boolean } = {}
): void {
  const random = randomFrom(seed)
  const wait = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 300) {
      network.run(Math.min(300, ms - passed))
      for (const process of network.alive) if (process.state === 'running' && random() < busy) work(process)
    }
  }
  const started: Process<Content>[] = []
  const start = (name: string, early: number, side: number) => {
    const clock = Math.max(0, network.now - early)
    const bootstrap = known ? started.slice(0, 1) : []
    started.push(network.start(`${name}${started.length}`, { start: clock, side, bootstrap }))
  }
  for (let i = 0; i < first; i++) start('abc'.charAt(i % 3), i % 2, 0)
  for (const step of steps) {
    const { alive } = network
    const process = 'who' in step ? alive[step.who % alive.length] : undefined
    if (step.type === 'wait') wait(step.ms)
    if (step.type === 'merge') for (const one of alive) network.move(one, 0)
    if (process === undefined) continue
    if (step.type === 'start' && alive.length < MOST_PEERS) start(step.name, step.early, process.side)
    const mayEnd = alive.length > 2 && !(known && process === started[0])
    if (step.type === 'kill' && mayEnd) network.kill(process, step.silent)
    if (step.type === 'leave' && mayEnd) network.leave(process)
    if (step.type === 'freeze') network.freeze(process)
    if (step.type === 'thaw') network.thaw(process)
    if (step.type === 'work' && process.state === 'running') work(process)
    if (step.type === 'move') network.move(process, step.side)
    if (step.type === 'cut') network.cut(process, alive[step.whom % alive.length])
  }
  for (const process of network.alive) {
    network.thaw(process)
    if (merge || known) network.move(process, 0)
  }
  // What is still on its way is of the history too.
  network.run(1_000)
}

/** Numbers from 0 to below 1 from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
