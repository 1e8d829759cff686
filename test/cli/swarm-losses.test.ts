import { ok, strictEqual } from 'node:assert'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { canCut, Network } from './network.ts'
import { Pauses } from './pauses.ts'
import { Feeding } from './swarm-feeding.ts'
import { agreed, found, learning, oneTree, type PeerProcess, startPeer, together } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const place = folder({ after })
const LONGEST_PAUSE_MS = 2_000

/** Trains by itself meanwhile, in a swarm of its own. */
const alone = startPeer({ after }, { output: join(place, 'alone'), swarm: 'alone' })
const feedingAlone = new Feeding([alone])
after(() => feedingAlone.end())

/** Four peers that learn from one another; the first is the root. */
async function four(t: TestContext, name: string, network?: Network) {
  const open = async (i: number, bootstrap: readonly string[]) => {
    const gateway = await network?.gateway()
    const more = gateway === undefined ? [] : ['--announce', gateway.address]
    const peer = startPeer(t, { output: join(place, `${name}-${i}`), bootstrap, more })
    gateway?.leadTo(peer)
    return peer
  }
  const first = await open(0, [])
  const bootstrap = await first.addresses()
  const others = await Promise.all([1, 2, 3].map(i => open(i, bootstrap)))
  const peers = [first, ...others]
  await together(peers)
  strictEqual((await first.status()).root, true)
  const feeding = new Feeding(peers)
  t.after(() => feeding.end())
  await learning(peers)
  return { first, others, peers, feeding }
}

/** Begins to look for pauses and for losses that do not fall; `end` says whether there were any. */
function watch(peers: readonly PeerProcess[]) {
  const pauses = new Pauses(peers, alone)
  const before = peers.map(peer => peer.losses.at(-1) ?? 0)
  return {
    end() {
      const { longest, alone } = pauses.end()
      const said = `training paused for ${longest} ms; that of one alone for ${alone} ms`
      ok(longest < LONGEST_PAUSE_MS + alone, said)
      for (const [i, { losses }] of peers.entries()) {
        ok((losses.at(-1) ?? 0) < before[i], `the loss was ${before[i]}: ${losses}`)
      }
    }
  }
}

describe('four processes', { concurrency: true, timeout: 240_000 }, () => {
  test('the root is killed, and one comes late: training goes on, and all agree', async t => {
    const { first, others, feeding } = await four(t, 'killed')
    const training = watch(others)
    first.kill('SIGKILL')
    feeding.leave(first)
    await oneTree(others)

    const late = startPeer(t, { output: join(place, 'late'), bootstrap: await others[2].addresses() })
    await late.status()
    feeding.add(late)
    const peers = [...others, late]
    await together(peers)
    await learning(peers)
    training.end()
    feeding.end()
    await agreed(peers)
    // It did not begin where the others began; the first seconds it may have been by itself.
    ok(late.losses[3] < others[0].losses[3], `${late.losses}; others: ${others[0].losses}`)
  })

  test('the root stands still for 20 s and goes on: training goes on elsewhere, and all agree', async t => {
    const { first, others, peers, feeding } = await four(t, 'stopped')
    const training = watch(others)
    first.kill('SIGSTOP')
    feeding.leave(first)
    await sleep(20_000)
    first.kill('SIGCONT')
    feeding.add(first)
    await together(peers)
    await oneTree(peers)
    await learning(peers)
    training.end()
    feeding.end()
    await agreed(peers)
  })

  const skip = canCut ? false : 'needs /proc, to tell whose connections to cut'
  test('one is cut off and let back: training goes on everywhere, and all agree', { skip }, async t => {
    const network = new Network(t)
    const { others, peers, feeding } = await four(t, 'cut', network)
    const [, , away] = others
    const rest = peers.filter(peer => peer !== away)
    const training = watch(peers)
    network.cut(away)
    await oneTree(rest)
    await found('each side takes the other for gone', async () => {
      const { members, links } = await away.status()
      const known = await Promise.all(rest.map(async peer => (await peer.status()).members.length))
      return (members.length === 1 && links.length === 0 && known.every(count => count === 3)) || undefined
    })
    network.restore(away)
    await together(peers)
    await oneTree(peers)
    await learning(peers)
    training.end()
    feeding.end()
    // Of a link that was cut in the middle of a message nobody can tell what became of it.
    await agreed(peers, /a message got no further/)
  })
})
