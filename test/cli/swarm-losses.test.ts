import { ok, strictEqual } from 'node:assert'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { Pauses } from './pauses.ts'
import { Feeding } from './swarm-feeding.ts'
import { agreed, found, type PeerProcess, startPeer, together } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const place = folder({ after })
const LONGEST_PAUSE_MS = 2_000

/** Four peers that train together, and have learned from one another; the first is the root. */
async function four(t: TestContext, name: string) {
  const first = startPeer(t, { output: join(place, `${name}-0`) })
  const bootstrap = await first.addresses()
  const others = [1, 2, 3].map(i => startPeer(t, { output: join(place, `${name}-${i}`), bootstrap }))
  const peers = [first, ...others]
  await together(peers)
  strictEqual((await first.status()).root, true)
  const feeding = new Feeding(peers)
  t.after(() => feeding.end())
  await Promise.all(peers.map(peer => learnsFromOthers(peer)))
  return { first, others, bootstrap, feeding }
}

/** Resolves when the peer has applied ten more frames of others, and has told of a loss. */
async function learnsFromOthers(peer: PeerProcess): Promise<void> {
  const { framesApplied } = await peer.status()
  const losses = peer.losses.length
  await found(`${peer.output} learns from others`, async () => {
    const now = await peer.status()
    return now.framesApplied >= framesApplied + 10 && peer.losses.length > losses ? true : undefined
  })
}

/** Resolves when the peers are one tree: all have links to one another only, and one of them is the root. */
async function healed(peers: readonly PeerProcess[]): Promise<void> {
  await found('the peers are one tree', async () => {
    const states = await Promise.all(peers.map(peer => peer.status()))
    const ids = new Set(states.map(({ peer }) => peer))
    const linked = states.every(({ links }) => links.length > 0 && links.every(({ peer }) => ids.has(peer)))
    return linked && states.filter(({ root }) => root).length === 1 ? true : undefined
  })
}

describe('four processes', { concurrency: true, timeout: 180_000 }, () => {
  test('when the root is killed in the middle of training, the others go on without a pause, one that comes late learns what they know, and all agree', async t => {
    const { first, others, feeding } = await four(t, 'killed')
    const pauses = new Pauses()
    pauses.watch(...others)
    const before = others.map(peer => peer.losses.at(-1) ?? 0)
    first.kill('SIGKILL')
    feeding.leave(first)
    await healed(others)

    const late = startPeer(t, { output: join(place, 'late'), bootstrap: await others[2].addresses() })
    await late.status()
    feeding.add(late)
    const peers = [...others, late]
    await together(peers)
    await Promise.all(peers.map(learnsFromOthers))
    const longest = pauses.end()
    feeding.end()
    await agreed(peers)
    ok(longest < LONGEST_PAUSE_MS, `a pause of ${longest} ms`)
    for (const [i, peer] of others.entries()) ok((peer.losses.at(-1) ?? 9) < before[i], `${before[i]} ${peer.losses}`)
    ok(late.losses[0] < others[0].losses[0], `${late.losses} ${others[0].losses}`)
    console.log(longest, peers.map(p => p.losses))
  })

  test('when the root stands still for 20 s and goes on, the others go on without a pause, and all agree', async t => {
    const { first, others, feeding } = await four(t, 'stopped')
    const pauses = new Pauses()
    pauses.watch(...others)
    const before = others.map(peer => peer.losses.at(-1) ?? 0)
    first.kill('SIGSTOP')
    feeding.leave(first)
    await new Promise(resolve => setTimeout(resolve, 20_000))
    first.kill('SIGCONT')
    feeding.add(first)
    const peers = [first, ...others]
    await together(peers)
    await healed(peers)
    await Promise.all(peers.map(learnsFromOthers))
    const longest = pauses.end()
    feeding.end()
    await agreed(peers)
    ok(longest < LONGEST_PAUSE_MS, `a pause of ${longest} ms`)
    for (const [i, peer] of others.entries()) ok((peer.losses.at(-1) ?? 9) < before[i], `${before[i]} ${peer.losses}`)
    console.log(longest, peers.map(p => p.losses))
  })
})
