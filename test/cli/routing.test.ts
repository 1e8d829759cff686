import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { hashText } from '../../src/dataflow/line-hash.ts'
import { ownersOf, partitionOf } from '../../src/dataflow/partitions.ts'
import type { FlowEndEvent } from '../../src/jobs/flow-events.ts'
import type { Counted } from './jobs/routed.ts'
import { emitted, startJobPeer } from './routing-peers.ts'
import { found, type PeerProcess } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const place = folder({ after })

interface RoutedOptions {
  readonly sender: string
  readonly bootstrap?: readonly string[]
  /** The peer whose place it takes. Default: none. */
  readonly before?: PeerProcess
  readonly more?: readonly string[]
}

function routed(t: TestContext, { sender, bootstrap = [], before, more = [] }: RoutedOptions): PeerProcess {
  const home = before?.output ?? mkdtempSync(join(place, `${sender}-`))
  return startJobPeer(t, { job: 'routed', folder: home, bootstrap, more: ['--sender', sender, ...more] })
}

const counts = (peer: PeerProcess) => emitted<Counted>(peer)

/** Resolves when a peer has handed out so many items for which it holds. */
async function handsOut(
  peer: PeerProcess,
  many: number,
  holds: (item: Counted) => boolean = () => true
): Promise<void> {
  await found(`${peer.output} hands out ${many} items`, () => {
    ok(!peer.over, `${peer.output} has ended`)
    return counts(peer).filter(holds).length >= many || undefined
  })
}

/** The numbers of a sender's items, ascending. */
function numbersOf(sender: string, items: readonly Counted[]): number[] {
  return items
    .filter(item => item.sender === sender)
    .map(({ n }) => n)
    .sort((a, b) => a - b)
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Each of a key's counts must be there once: nothing of it was lost, and nothing is held twice. */
function countedOnce(items: readonly Counted[]): void {
  for (const [key, own] of Map.groupBy(items, ({ key }) => key)) {
    const sorted = own.map(({ count }) => count).sort((a, b) => a - b)
    deepStrictEqual(
      sorted,
      upTo(own.length).map(n => n + 1),
      key
    )
  }
}

/** The items of one key and sender must come in their order. */
function inOrder(items: readonly Counted[]): void {
  const last = new Map<string, number>()
  for (const { key, sender, n } of items) {
    const way = `${sender} ${key}`
    ok((last.get(way) ?? -1) < n, `${way}: ${n} came after ${last.get(way)}`)
    last.set(way, n)
  }
}

/** How many items a peer had read when it left. */
async function readBy(peer: PeerProcess): Promise<number> {
  const end: unknown = await peer.ended(130)
  return (end as FlowEndEvent).items
}

const keysOf = (items: readonly Counted[]) => new Set(items.map(({ key }) => key))

describe('items that are routed between peers', { concurrency: 2, timeout: 180_000 }, () => {
  test('come out once, in order, at the owner of their key, and are counted there', async t => {
    const first = routed(t, { sender: 'a', more: ['--items', '4000'] })
    const bootstrap = await first.addresses()
    const second = routed(t, { sender: 'b', bootstrap, more: ['--items', '2000'] })
    const ids = await Promise.all([first, second].map(async peer => (await peer.status()).peer))
    await Promise.all([first.ended(), second.ended()])
    const at = [counts(first), counts(second)]
    const all = at.flat()
    deepStrictEqual(numbersOf('a', all), upTo(4000))
    deepStrictEqual(numbersOf('b', all), upTo(2000))
    countedOnce(all)
    const sorted = ids.toSorted()
    const owners = ownersOf(Uint32Array.from(sorted, hashText))
    for (const [i, items] of at.entries()) {
      inOrder(items)
      ok(items.length > 0)
      for (const key of keysOf(items)) strictEqual(sorted[owners[partitionOf(key)] as number], ids[i], key)
    }
    deepStrictEqual([...first.warnings, ...second.warnings], [])
  })

  test('are none of them lost or doubled where one peer leaves in mid-stream, and counts go on at the others', async t => {
    const bounded = ['--items', '10000', '--every', '20', '--least', '3']
    const first = routed(t, { sender: 'a', more: bounded })
    const bootstrap = await first.addresses()
    const second = routed(t, { sender: 'b', bootstrap, more: bounded })
    // It has always some items in hand, and more that wait, also when it leaves.
    const third = routed(t, { sender: 'c', bootstrap, more: ['--least', '3', '--pause', '1'] })
    await handsOut(third, 100)
    third.kill('SIGINT')
    const read = await readBy(third)
    strictEqual(first.over || second.over, false)
    await Promise.all([first.ended(), second.ended()])
    const before = counts(third)
    const later = [counts(first), counts(second)]
    const all = [before, ...later].flat()
    for (const sender of ['a', 'b']) deepStrictEqual(numbersOf(sender, all), upTo(10_000))
    deepStrictEqual(numbersOf('c', all), upTo(read))
    countedOnce(all)
    for (const items of later) inOrder([...before, ...items])
    const [a, b] = later.map(keysOf)
    deepStrictEqual(keysOf(before).difference(a.union(b)), new Set())
    deepStrictEqual(a.intersection(b), new Set())
    deepStrictEqual([...first.warnings, ...second.warnings, ...third.warnings], [])
  })

  test('are none of them lost where a peer is killed and started again, and the loss of what it held is told', async t => {
    const sender = routed(t, { sender: 'a', more: ['--every', '10'] })
    const bootstrap = await sender.addresses()
    const killed = routed(t, { sender: 'b', bootstrap })
    await handsOut(killed, 1000)
    killed.kill('SIGKILL')
    await killed.outcome
    const again = routed(t, { sender: 'c', before: killed, bootstrap, more: ['--items', '3000'] })
    await handsOut(again, 1000, item => item.sender === 'a')
    sender.kill('SIGINT')
    const read = await readBy(sender)
    await again.ended()
    const [before, ...living] = [killed, sender, again].map(counts)
    const after = living.flat()
    const all = [...before, ...after]
    deepStrictEqual([...new Set(numbersOf('a', all))], upTo(read))
    const doubled = numbersOf('a', all).length - read
    t.diagnostic(`${doubled} of ${read} items came twice`)
    // Twice only where it was killed before it had answered.
    strictEqual(new Set(numbersOf('a', after)).size, numbersOf('a', after).length)
    deepStrictEqual(numbersOf('c', all), upTo(3000))
    countedOnce(after)
    for (const items of living) inOrder(items)
    strictEqual(sender.warnings.length, 1)
    match(sender.warnings[0], /^state of [1-9]\d* partitions was lost$/)
    deepStrictEqual(again.warnings, [])
  })
})
