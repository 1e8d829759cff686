import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { test } from 'node:test'
import { exchange } from '../../src/dataflow/exchange.ts'
import { hashText } from '../../src/dataflow/line-hash.ts'
import type { Loss } from '../../src/dataflow/moving-state.ts'
import { ownersOf, partitionOf } from '../../src/dataflow/partitions.ts'
import { stream } from '../../src/stream.ts'
import type { KeyedState } from '../../src/types.ts'
import { randomOf, SimulatedChannels } from './simulated-channels.ts'

/** What an operator holds of each key: a text. */
class Texts implements KeyedState {
  readonly texts = new Map<string, string>()

  take(moves: (key: unknown) => boolean): readonly unknown[] {
    const taken = Array.from(this.texts).filter(([key]) => moves(key))
    for (const [key] of taken) this.texts.delete(key)
    return taken
  }

  put(entries: readonly unknown[]): void {
    for (const [key, text] of entries as [string, string][]) this.texts.set(key, text)
  }

  get keys(): string[] {
    return Array.from(this.texts.keys()).sort()
  }
}

const owners = ownersOf(Uint32Array.of(hashText('ann'), hashText('bob')))
/** Keys that are bob's once he is there. */
const bobs = Array.from({ length: 100 }, (_, n) => `k${n}`).filter(key => owners[partitionOf(key)] === 1)

/** What the two hold when bob has joined, and was sent an item of each key. */
async function joined(sizes: readonly number[]) {
  const keys = bobs.slice(0, sizes.length)
  const sim = new SimulatedChannels(randomOf(31))
  const losses: Loss[] = []
  const seen: Record<string, string[]> = { ann: [], bob: [] }
  const states = { ann: new Texts(), bob: new Texts() }
  const met = Promise.withResolvers<void>()
  let running = 2
  let lost = 0
  const run = async (name: 'ann' | 'bob', items: AsyncIterable<string>) => {
    const routed = exchange<string>(sim.peer(name), {
      key: item => item,
      clock: sim.clock,
      onLost: loss => losses.push(loss)
    })
    routed.keep(states[name])
    for await (const key of routed(items)) seen[name]?.push(key)
    lost += routed.lost
    running--
  }
  const ofAnn = stream<string>(async function* () {
    yield keys
    await met.promise
    yield keys
  })
  const ofBob = stream<string>(async function* () {
    await met.promise
    yield* []
  })
  run('ann', ofAnn)
  await sim.until(() => seen.ann?.length === keys.length)
  for (const [i, size] of sizes.entries()) states.ann.texts.set(keys[i] as string, 'x'.repeat(size))
  run('bob', ofBob)
  // Ann asks for more, and so hands over, when something comes.
  met.resolve()
  await sim.until(() => running === 0)
  deepStrictEqual(seen.bob?.sort(), keys.toSorted(), 'all that came later came out at bob')
  return { keys, states, losses, lost }
}

test('state of any size moves, in as many handovers as it needs', async () => {
  const { keys, states, losses } = await joined([7e6, 7e6, 7e6, 10])
  deepStrictEqual([states.ann.keys, states.bob.keys, losses], [[], keys.toSorted(), []])
  strictEqual(states.bob.texts.get(keys[1] as string)?.length, 7e6)
})

test('a partition whose state is too large to move is told once, and begins anew at its owner; what is held stays', async () => {
  const { keys, states, losses, lost } = await joined([10, 2 ** 24, 10])
  const large = keys[1] as string
  deepStrictEqual(states.ann.keys, [large])
  deepStrictEqual(states.bob.keys, keys.filter(key => key !== large).sort())
  deepStrictEqual(losses, [{ peer: 'ann', why: 'large', partitions: [partitionOf(large)] }])
  strictEqual(lost, 1)
  ok(states.ann.texts.get(large)?.length === 2 ** 24)
})
