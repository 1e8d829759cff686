import { join } from 'node:path'
import { test } from 'node:test'
import { localNetwork, refused } from './namespaces.ts'
import { Feeding } from './swarm-feeding.ts'
import { agreed, found, type PeerProcess, startPeer } from './swarm-processes.ts'
import { folder } from './tensair.ts'

const skip = refused() ?? false

test('peers on three hosts find each other, and one whose plug is pulled agrees with the others once it is back', {
  skip,
  timeout: 240_000
}, async t => {
  const place = folder(t)
  const hosts = localNetwork(t, 3)
  const peers = hosts.map(({ address, program }, i) =>
    startPeer(t, {
      output: join(place, `host-${i}`),
      listen: `/ip4/${address}/tcp/0`,
      mdns: true,
      on: program
    })
  )
  const feeding = new Feeding(peers)
  t.after(() => feeding.end())
  await knowing(peers, 3)

  hosts[2]?.unplug()
  await Promise.all([knowing(peers.slice(0, 2), 2), knowing(peers.slice(2), 1)])
  hosts[2]?.plugIn()
  await knowing(peers, 3)
  feeding.end()
  // Of a link that was cut in the middle of a message nobody can tell what became of it.
  await agreed(peers, /a message got no further/)
})

/** Resolves when each of the peers has told of so many peers in its swarm, itself included. */
async function knowing(peers: readonly PeerProcess[], count: number): Promise<void> {
  await found(`${peers.length} peers know ${count}`, () => {
    const known = peers.map(({ told }) => told.findLast(event => event.event === 'progress')?.swarm?.peers)
    return known.every(peers => peers === count) || undefined
  })
}
